/** What a request says before its body: to which host it is, and by which method of a path. */
import { isLoopbackHost } from '@flexledger/messaging';
import { HttpException } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

const MISDIRECTED_REQUEST = 421;

/**
 * Refuses a request to another host than ours where we listen for this machine alone: a page of anybody's
 * whose name is made to point here (DNS rebinding) would otherwise speak to us as if it were from here.
 *
 * @param publicUrl where a proxy of this machine is reached, whose host it may hand on
 */
export function refuseForeignHosts({
  host = '127.0.0.1',
  publicUrl,
}: {
  readonly host?: string;
  readonly publicUrl?: string;
}): (request: Request, response: Response, next: NextFunction) => void {
  const ofProxy = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return (request, _, next) => {
    const named = hostnameOf(request.headers.host);
    if (!isLoopbackHost(host) || isLoopbackHost(named) || named === ofProxy) return next();
    next(
      new HttpException(
        `The request is to ${JSON.stringify(named.slice(0, 100))}, and this listens for 127.0.0.1 and ` +
          'localhost only; behind a proxy, name its address as identity.publicUrl.',
        MISDIRECTED_REQUEST,
      ),
    );
  };
}

/** Without port and brackets, in small letters. */
function hostnameOf(host = ''): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/** A layer of Express' router, as far as it is looked at. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** Methods that a path has, sorted, in capitals; none where there is no such path. */
export function methodsOfRoutes(app: NestExpressApplication, path: string): readonly string[] {
  const { router } = app.getHttpAdapter().getInstance() as unknown as {
    readonly router: { readonly stack: readonly Layer[] };
  };
  const methods = new Set<string>();
  for (const layer of router.stack) {
    if (!layer.route || !matches(layer, path)) continue;
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

/** A path that cannot be decoded matches nothing. */
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
