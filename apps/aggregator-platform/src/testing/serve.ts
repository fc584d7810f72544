/** An aggregator platform over real HTTP, with a token for each party. */
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { createHttpApp } from '@flexledger/service-kit';
import type { Trial } from './trial';

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface Served {
  readonly url: string;
  /** Calls as a party, or without a token. */
  call(
    actor: string | null,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

const ACTORS = ['aggregator:AGG1', 'aggregator:AGG2', 'aggregator:AGG9', 'dso', 'operator'];
/** AGG1, by a token that is good for offers and for nothing else. */
export const OFFERS_ALONE = 'AGG1 for its offers alone';
const REALM = { issuer: 'flexledger', audience: 'flexledger' };

/** Serves a trial's platform at a free port. */
export async function serveTrial({ platform, store, views, clock }: Trial): Promise<Served> {
  // Tokens hold however far the trial's clock goes.
  const startMs = clock.nowMs();
  const realm = { ...REALM, clock: { nowMs: () => startMs } };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  const tokens = new Map<string, string>();
  for (const actor of ACTORS) tokens.set(actor, (await issuer.issueFor(actor)).accessToken);
  const narrow = await issuer.issueFor('aggregator:AGG1', ['offers:write']);
  tokens.set(OFFERS_ALONE, narrow.accessToken);
  const http = await createHttpApp(platform.http, {
    title: 'Aggregators',
    description: 'An aggregator platform on trial.',
    port: 0,
    access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    reads: {
      caughtUp: async () => void (await views.runner.catchUp()),
      version: async () => `trial-${await store.head()}`,
    },
    log: (line) => process.stderr.write(`${line}\n`),
  });
  return {
    url: http.url,
    async call(actor, method, path, body, headers = {}) {
      const response = await fetch(new URL(path, http.url), {
        method,
        headers: {
          ...(actor === null ? {} : { authorization: `Bearer ${tokens.get(actor)}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    close: () => http.close(),
  };
}
