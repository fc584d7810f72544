import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { type Observable, of } from 'rxjs';
import type { LogReads } from './http-bus';

const LIVE = 'flexledger/live';

/** The answer depends on more than the log: health, clock, chain. It is never answered by 304. */
export function Live(): MethodDecorator & ClassDecorator {
  return SetMetadata(LIVE, true);
}

/**
 * Answers 304 where nothing was written since the version that the caller holds. The version is taken
 * before the answer is made, so that an answer is never older than its tag.
 */
export class NotModifiedInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly reads: LogReads,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.method !== 'GET' || this.isLive(context, request)) return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    response.setHeader('ETag', `W/"${await this.reads.version()}"`);
    response.setHeader('Vary', 'Authorization, Accept');
    response.setHeader('Cache-Control', 'private, no-cache');
    if (!request.fresh) return next.handle();
    response.status(304);
    return of(undefined);
  }

  private isLive(context: ExecutionContext, request: Request): boolean {
    if (request.headers.accept?.includes('text/event-stream') === true) return true;
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean | undefined>(LIVE, places) === true;
  }
}
