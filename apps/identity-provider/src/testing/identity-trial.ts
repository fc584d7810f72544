/** An identity provider over a folder of its own, behind HTTP, for its tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { type TokenVerifier, createTokenIssuer, createTokenVerifier } from '@flexledger/identity';
import { openViews } from '@flexledger/projections';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import {
  DEFAULT_ACTORS,
  createHttpApp,
  openTokenKey,
  readClientSecret,
} from '@flexledger/service-kit';
import type { Demonstration } from '../accounts/demonstration';
import type { FirstAccounts } from '../accounts/first-accounts';
import { openIdentityProvider } from '../open';
import { IDENTITY_POLICY, type IdentityPolicy } from '../policy';

export interface IdentityTrial {
  readonly url: string;
  readonly dataDir: string;
  /** The market's; secrets and tokens go by the machine's. */
  readonly clock: VirtualClock;
  readonly log: EventStore;
  readonly made: FirstAccounts;
  readonly verify: TokenVerifier;
  readonly problems: string[];
  /** One request as a party, with a token that its own platforms would have; whatever the answer is. */
  call(
    actor: string | undefined,
    request: `${'GET' | 'POST' | 'PUT' | 'DELETE'} ${string}`,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** The first administrator's, as it waits in its file. */
  readonly adminPassword: string;
  /** A request for a token, as a form. */
  token(fields: Readonly<Record<string, string>>): Promise<Answer>;
  /** A token for one of the first clients' secrets. */
  tokenOf(clientId: string): Promise<string>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export const NOW_MS = Date.parse('2026-03-17T10:00:00.000Z');
const AUDIENCE = 'trial';

/**
 * @param beside the folder of another trial, as a second process of the same operator has it
 * @param demonstration whose users sign in by a click
 */
export async function serveIdentity(
  policy: Partial<IdentityPolicy> = {},
  beside?: IdentityTrial,
  demonstration?: Demonstration,
): Promise<IdentityTrial> {
  const dataDir = beside?.dataDir ?? mkdtempSync(path.join(tmpdir(), 'identity-'));
  const clock = beside?.clock ?? new VirtualClock(NOW_MS);
  const log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock });
  const views = openViews({ path: ':memory:', store: log });
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const identity = await openIdentityProvider({
    log,
    views,
    clock,
    timers: clock,
    machineClock: wallClock,
    dataDir,
    credentialsFile: path.join(dataDir, 'identity.sqlite'),
    tokenKey: () => openTokenKey(dataDir),
    audience: AUDIENCE,
    policy: { ...IDENTITY_POLICY, ...policy },
    onProblem,
  });
  const made = await identity.begin(DEFAULT_ACTORS, demonstration);
  const realm = { audience: AUDIENCE, clock: wallClock };
  const issuer = createTokenIssuer({
    ...realm,
    issuer: 'trial',
    key: await openTokenKey(dataDir),
  });
  const verify = createTokenVerifier({ ...realm, keys: issuer.jwks() });
  const http = await createHttpApp(identity.http, {
    title: 'Identity',
    description: 'An identity provider on trial.',
    port: 0,
    access: { verify },
    reads: {
      caughtUp: () => views.caughtUp(),
      version: async () => `trial-${await log.head()}`,
    },
    log: onProblem,
  });
  identity.servedAt(http.url, false);
  const token = async (fields: Readonly<Record<string, string>>): Promise<Answer> =>
    answerOf(
      await fetch(`${http.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) }),
    );
  return {
    url: http.url,
    dataDir,
    clock,
    log,
    made,
    adminPassword: (
      JSON.parse(readFileSync(made.administrator!.passwordFile, 'utf8')) as { password: string }
    ).password,
    verify,
    problems,
    token,
    async call(actor, request, body, headers = {}) {
      const [method, where] = request.split(' ') as [string, string];
      const bearer = actor && `Bearer ${(await issuer.issueFor(actor)).accessToken}`;
      return answerOf(
        await fetch(new URL(where, http.url), {
          method,
          headers: {
            ...(body ? { 'content-type': 'application/json' } : {}),
            ...(bearer ? { authorization: bearer } : {}),
            ...headers,
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }),
      );
    },
    async tokenOf(clientId) {
      const answer = await token({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: readClientSecret(dataDir, clientId),
      });
      return (answer.body as { access_token: string }).access_token;
    },
    async close() {
      await http.close();
      await identity.close();
      await views.close();
      await log.close();
      if (!beside) rmSync(dataDir, { recursive: true });
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = text !== '' && isJson ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body };
}
