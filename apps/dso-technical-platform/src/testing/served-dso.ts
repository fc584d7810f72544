/** A DSO behind HTTP as its process serves it, with clients of every role and real tokens. */
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { createHttpApp, partyLog } from '@flexledger/service-kit';
import { type DsoInstance, type DsoTrial, type TrialGrid, openDsoTrial } from './dso-trial';

const REALM = { issuer: 'flexledger', audience: 'flexledger', clock: wallClock };
const ACTORS = ['dso', 'tso', 'aggregator:AGG1', 'operator', 'auditor'] as const;
export type Actor = (typeof ACTORS)[number];

/** An answer, as far as tests look at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Whatever the route answers: a test names what it expects of it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface ServedDso {
  readonly trial: DsoTrial;
  readonly instance: DsoInstance;
  /** Calls a route; without an actor, without a token. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    by: Actor | undefined,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** Opens one whose processors work. */
export async function serveDso(grid?: TrialGrid): Promise<ServedDso> {
  const trial = await openDsoTrial(grid);
  const instance = await trial.open('served');
  await instance.work();
  const issuer = createTokenIssuer({ ...REALM, key: await newTokenKey() });
  const tokens = new Map<Actor, string>();
  for (const actor of ACTORS) {
    tokens.set(actor, (await issuer.issueFor(actor)).accessToken);
  }
  const problems: string[] = [];
  const http = await createHttpApp(instance.dso.http, {
    title: 'DSO',
    description: 'A DSO technical platform.',
    port: 0,
    access: { verify: createTokenVerifier({ ...REALM, keys: issuer.jwks() }) },
    reads: {
      caughtUp: () => instance.views.caughtUp(),
      version: async () => String(await trial.log.head()),
      grants: partyLog(trial.log).grants,
    },
    log: (line) => problems.push(line),
  });
  return {
    trial,
    instance,
    async call(method, path, by, body, headers = {}) {
      const response = await fetch(new URL(path, http.url), {
        method,
        headers: {
          ...(by === undefined ? {} : { authorization: `Bearer ${tokens.get(by)!}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const { status, headers: answered } = response;
      return { status, headers: answered, body: text === '' ? undefined : JSON.parse(text) };
    },
    async close() {
      await http.close();
      await trial.close();
      expect(problems).toEqual([]);
    },
  };
}
