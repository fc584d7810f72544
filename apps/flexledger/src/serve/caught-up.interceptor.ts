import { DomainError } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { InvalidQuery, type ProjectionRunner } from '@flexledger/projections';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type Observable, catchError, of, throwError } from 'rxjs';

/** What is read from the read models; health and tokens must not wait for them. */
const FROM_VIEWS = /^\/(api\/|contracts\/|$)/;
/** What is built from the read models even where it writes: offers from portfolio and baselines. */
const BUILT_ON_VIEWS = /^\/api\/v1\/portfolio\//;
/** What follows from the log alone, so that the log's position says whether it has changed. */
const FROM_LOG_ALONE = /^\/api\/(v1\/(?!status)|certification\/)/;

/**
 * Lets every reading request see what was written before it, and answers 304 where nothing was
 * written since the position that the caller knows.
 */
export class CaughtUpInterceptor implements NestInterceptor {
  private logStart: string | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly runner: ProjectionRunner,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    if (request.method === 'GET' && FROM_VIEWS.test(request.path)) {
      await this.runner.catchUp();
      if (await this.isKnown(request, response)) return of(undefined);
    } else if (BUILT_ON_VIEWS.test(request.path)) {
      await this.runner.catchUp();
    }
    return next.handle().pipe(catchError((error: unknown) => throwError(() => explained(error))));
  }

  private async isKnown(request: Request, response: Response): Promise<boolean> {
    const isStream = request.headers.accept?.includes('text/event-stream') === true;
    if (!FROM_LOG_ALONE.test(request.path) || isStream) return false;
    response.setHeader('ETag', `W/"${await this.startOfLog()}-${await this.store.head()}"`);
    response.setHeader('Vary', 'Authorization, Accept');
    response.setHeader('Cache-Control', 'private, no-cache');
    if (!request.fresh) return false;
    response.status(304);
    return true;
  }

  /** Tells logs apart that were served at the same address one after the other. */
  private async startOfLog(): Promise<string> {
    if (this.logStart !== undefined) return this.logStart;
    for await (const { hash } of this.store.readAll({ limit: 1 })) {
      this.logStart = hash.slice(0, 16);
    }
    return this.logStart ?? 'empty';
  }
}

/** A query that the read models cannot answer is the caller's mistake. */
function explained(error: unknown): unknown {
  if (!(error instanceof InvalidQuery)) return error;
  const { field, message } = error;
  return new DomainError('query-malformed', message, [{ field, reason: message }]);
}
