import type { Request } from 'express';

/** Where a request comes from, as far as the connection says. */
export function addressOf(request: Request): string {
  return request.ip ?? request.socket.remoteAddress ?? 'unknown';
}
