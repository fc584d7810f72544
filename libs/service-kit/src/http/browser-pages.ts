/**
 * What a browser is shown that follows a link into the interface: the same JSON, indented, with its links,
 * and the words of a refusal above it. Programs are not concerned: who asks for `application/json`, for
 * anything, or for nothing gets JSON.
 */
import type { NextFunction, Request, Response } from 'express';
import { escapedHtml } from './escaped-html';

/** A path of ours, as documents name others. */
const OWN_PATH = /^\/(api|docs|schemas|health)\/[^\s<>"]*$/;
const JSON_TYPE = /^application\/(problem\+)?json\b/;
/** A document that is asked for by its file's name is wanted as it is. */
const FILE = /\.(json|yaml)$/;

/** Turns the JSON of an answer into a small page where the request prefers one. */
export function pagesForBrowsers(request: Request, response: Response, next: NextFunction): void {
  if (request.method !== 'GET' || FILE.test(request.path)) return next();
  response.vary('Accept');
  if (request.accepts(['json', 'html']) !== 'html') return next();
  const send = response.send.bind(response);
  response.send = (body: unknown) => {
    const type = String(response.getHeader('Content-Type') ?? '');
    if (typeof body !== 'string' || !JSON_TYPE.test(type)) return send(body);
    response.send = send;
    response.type('html');
    return send(pageOf(request.originalUrl, JSON.parse(body) as unknown));
  };
  next();
}

/** @param address what was asked for, which stands above the answer */
function pageOf(address: string, answer: unknown): string {
  const { title, detail, status } = (answer ?? {}) as Partial<Record<string, unknown>>;
  const isProblem = typeof detail === 'string' && typeof status === 'number';
  const words = isProblem
    ? `<p><strong>${escapedHtml(String(title))}</strong> ${escapedHtml(detail)}</p>${remedyOf(status)}`
    : '';
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapedHtml(address)}</title>`,
    '<meta name="viewport" content="width=device-width">',
    '<style>body{font-family:system-ui,sans-serif;margin:1.5rem;color-scheme:light dark}',
    'pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head>',
    `<body><h1>${escapedHtml(address)}</h1>${words}<pre>${linked(answer)}</pre>`,
    '<p><a href="/">Start</a> · <a href="/api/docs">The interface</a> · <a href="/docs/">Documents</a></p>',
    '</body></html>\n',
  ].join('\n');
}

function remedyOf(status: number): string {
  if (status !== 401) return '';
  return (
    '<p>A link carries no token. Ask for one at <code>/oauth/token</code> and send it as ' +
    '<code>Authorization: Bearer …</code>, or use <code>flexledger</code> on the command line.</p>'
  );
}

/** Indented JSON as HTML, in which a text that is a path of ours is a link. */
function linked(answer: unknown): string {
  return JSON.stringify(answer, null, 2)
    .split('\n')
    .map((line) => {
      const [, before, text, after] = /^(.*)"([^"]*)"(,?)$/.exec(line) ?? [];
      if (text === undefined || !OWN_PATH.test(text)) return escapedHtml(line);
      return `${escapedHtml(before!)}"<a href="${escapedHtml(text)}">${escapedHtml(text)}</a>"${after}`;
    })
    .join('\n');
}
