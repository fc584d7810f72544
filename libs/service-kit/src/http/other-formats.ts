/**
 * `?format=platone`: the same in the names and units of the seeds (D2.4); `?format=csv`: as a file. Each
 * stands at a path of its own below the one that is asked, `/platone`, `/csv`, with a type of its own; the
 * parameter leads there.
 */
import type { NextFunction, Request, Response } from 'express';

const FORMATS: readonly unknown[] = ['platone', 'csv'];

/**
 * Leads a GET with a known `format` to the path of that format. What has none there is not found; a format
 * that nobody knows is refused like any other parameter that a route does not have.
 */
export function otherFormats(request: Request, _: Response, next: NextFunction): void {
  const [path = '', search] = request.url.split('?');
  if (request.method === 'GET' && search !== undefined) {
    const query = new URLSearchParams(search);
    const format = query.get('format');
    if (FORMATS.includes(format) && query.getAll('format').length === 1) {
      query.delete('format');
      const rest = query.toString();
      request.url = `${path.replace(/\/$/, '')}/${format}${rest === '' ? '' : `?${rest}`}`;
    }
  }
  next();
}
