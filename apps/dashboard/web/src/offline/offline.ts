/** Runs beside the pages, so that they open where nobody answers. Figures are never kept: they would be old. */
import { fileOf, kindOf, pageOf } from './shell';

/** What of a service worker is used; the page's own names do not know it. */
interface Working {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: 'install' | 'activate' | 'fetch',
    listener: (event: {
      readonly request: Request;
      waitUntil(done: Promise<unknown>): void;
      respondWith(answer: Promise<Response>): void;
    }) => void,
  ): void;
}

const CACHE = 'flexledger-screens';
const working = globalThis as unknown as Working;

working.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((kept) => pageOf(kept, () => fetch('/')))
      .then(() => working.skipWaiting()),
  );
});
working.addEventListener('activate', (event) => event.waitUntil(working.clients.claim()));
working.addEventListener('fetch', (event) => {
  const { request } = event;
  const kind = kindOf(request, location.origin);
  if (kind === 'other') return;
  event.respondWith(
    caches
      .open(CACHE)
      .then((kept) =>
        kind === 'page'
          ? pageOf(kept, () => fetch(request))
          : fileOf(kept, request.url, () => fetch(request)),
      ),
  );
});
