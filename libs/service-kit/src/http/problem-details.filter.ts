import { randomBytes } from 'node:crypto';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  MethodNotAllowedException,
  NotFoundException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  concernsOperator,
  problemOf,
  retryAfterSeconds,
  unexpectedProblem,
} from './problem-details';

/** Answers every error as `application/problem+json`; the unforeseen also get a line in the log. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  /** @param methodsAt the methods of a path, in capitals */
  constructor(
    private readonly log: (line: string) => void,
    private readonly methodsAt: (path: string) => readonly string[],
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = this.orMethod(thrown, request, response);
    const problem =
      problemOf(error, request.path, request.header('idempotency-key')) ??
      unexpectedProblem(this.logged(error, request), request.path);
    if (response.headersSent) {
      // A stream that has begun cannot become an error; cut off, it is not taken for complete.
      response.destroy();
      return;
    }
    const retryAfter = retryAfterSeconds(error);
    if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
    if (concernsOperator(error)) this.logged(error, request);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  /** Where nothing was found because the path has other methods, that, with the methods in `Allow`. */
  private orMethod(error: unknown, { method, path }: Request, response: Response): unknown {
    if (!(error instanceof NotFoundException)) return error;
    const allowed = this.methodsAt(path);
    if (allowed.length === 0 || allowed.includes(method)) return error;
    if (!response.headersSent) response.setHeader('Allow', allowed.join(', '));
    return new MethodNotAllowedException(`${path} has no ${method}; it has ${allowed.join(', ')}.`);
  }

  private logged(error: unknown, { method, path }: Request): string {
    const reference = randomBytes(6).toString('hex');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log(JSON.stringify({ level: 'error', reference, method, path, error: reason }));
    return reference;
  }
}
