/** Tokens of another organisation, for the client that it has given to this one (RFC 6749 4.4). */
import { readFileSync } from 'node:fs';
import { type Clock, messageOf } from '@flexledger/runtime';

/** A client of another organisation's issuer. */
export interface ClientCredentials {
  /** `https://market.example:8443`, where its issuer answers. */
  readonly issuerUrl: string;
  readonly clientId: string;
  /** Holds the secret alone; read whenever a token is asked for, so that another secret needs no restart. */
  readonly secretFile: string;
  /** The machine's clock. */
  readonly clock: Clock;
}

/** A token that is good now; another one than before when the last one was refused (`isStale`). */
export type TokenOfClient = (isStale?: boolean) => Promise<string>;

const TIMEOUT_MS = 30_000;
/** A token is renewed when a tenth of its life is left. */
const RENEWED_AT = 0.9;

/**
 * Tokens as they are needed, each used until it is nearly over.
 *
 * @returns a function that rejects with an Error naming issuer, client and file when none is to be had
 */
export function tokenOfClient({
  issuerUrl,
  clientId,
  secretFile,
  clock,
}: ClientCredentials): TokenOfClient {
  let held: { readonly token: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedMs = clock.nowMs();
    const response = await fetch(new URL('/oauth/token', issuerUrl), {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: readFileSync(secretFile, 'utf8').trim(),
      }),
    });
    const answer = (await response.json()) as Readonly<Record<string, unknown>> | null;
    const { access_token: token, expires_in: lifeS, error } = answer ?? {};
    if (!response.ok || typeof token !== 'string' || typeof lifeS !== 'number') {
      const why = typeof error === 'string' ? `, ${error}` : '';
      throw new Error(`it answered ${response.status}${why}`);
    }
    held = { token, untilMs: askedMs + lifeS * 1_000 * RENEWED_AT };
    return token;
  }

  return async (isStale = false) => {
    if (!isStale && held && held.untilMs > clock.nowMs()) return held.token;
    asking ??= ask().finally(() => (asking = undefined));
    try {
      return await asking;
    } catch (error) {
      throw new Error(
        `No token of ${issuerUrl} for client ${clientId}: ${causeOf(error)}. See whether that issuer runs, ` +
          `and whether ${secretFile} holds the secret that it gave.`,
        { cause: error },
      );
    }
  };
}

/** `fetch` itself only says that it failed, its cause says why. */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
