/** Both ends of a call between platforms, telling the message that it carries. */
import type { PlatformClient } from '@flexledger/ports';
import { tellFlow } from '@flexledger/runtime';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import type { AuthorisedRequest } from '../access/scopes';
import { flowOfCall } from './flow-of-call';

/** A client that tells what it sends and what it receives. @param actor as whom it calls */
export function toldClient(client: PlatformClient, actor: string): PlatformClient {
  return async <Answer>(call: Parameters<PlatformClient>[0]): Promise<Answer> => {
    const carried = flowOfCall({ ...call, actor });
    if (!carried) return client<Answer>(call);
    const { flow, sentBy, caller: platform, referenceId } = carried;
    if (sentBy === 'caller') tellFlow({ flow, step: 'message_sent', platform, referenceId });
    const answer = await client<Answer>(call);
    if (sentBy === 'called') tellFlow({ flow, step: 'message_received', platform, referenceId });
    return answer;
  };
}

/** Tells what a platform is sent by others, and what it answers them with. */
export class FlowInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuthorisedRequest>();
    const actor = request.principal?.actor;
    const idempotencyKey = request.header('idempotency-key');
    const carried =
      actor === undefined
        ? undefined
        : flowOfCall({
            method: request.method,
            path: request.path,
            actor,
            ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
          });
    if (!carried) return next.handle();
    const { flow, sentBy, called: platform, referenceId } = carried;
    if (sentBy === 'caller') {
      tellFlow({ flow, step: 'message_received', platform, referenceId });
      return next.handle();
    }
    const tell = (): void => tellFlow({ flow, step: 'message_sent', platform, referenceId });
    return next.handle().pipe(tap({ next: tell }));
  }
}
