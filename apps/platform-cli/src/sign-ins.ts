/** Sign-ins of this user of the machine, by platform, in a file for its eyes only. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { SignInFailed, UsageError } from '@flexledger/command-line';
import { TERMINAL_CLIENT } from '@flexledger/identity-provider';
import { inTurn, writePrivately } from '@flexledger/service-kit';
import { fetchInTime, originOf } from './reach-platform';

/** What the issuer of tokens answers (RFC 6749 5). */
export interface TokenAnswer {
  readonly status: number;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
  readonly error_description?: string;
}

/**
 * A form to the issuer of tokens.
 *
 * @throws UsageError when nobody answers there
 */
export async function postForm<Answer extends object>(
  url: string,
  where: string,
  fields: Readonly<Record<string, string>>,
): Promise<Partial<Answer> & { readonly status: number }> {
  const body = new URLSearchParams(fields);
  const response = await fetchInTime(
    new Request(new URL(where, originOf(url)), { method: 'POST', body }),
  );
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  const answer = (text !== '' && isJson ? JSON.parse(text) : {}) as Partial<Answer>;
  return { ...answer, status: response.status };
}

/** Keeps a sign-in for later commands, in the place of one before. */
export function keepSignIn(url: string, refreshToken: string): Promise<void> {
  return changing(async () => write(url, refreshToken));
}

/**
 * A token of who has signed in at a platform; undefined where nobody has. Commands that run at once do it
 * one after another: a refresh token is good for one of them.
 *
 * @throws SignInFailed when there is a sign-in, and it gives no token; it is forgotten only when the
 *   platform says that it has ended
 */
export async function tokenOfSignIn(url: string): Promise<string | undefined> {
  const isThere = () => kept()[originOf(url)];
  if (isThere() === undefined) return undefined;
  return changing(async () => {
    const before = isThere();
    if (before === undefined) return undefined;
    const { status, access_token, refresh_token, error, error_description } =
      await postForm<TokenAnswer>(url, '/oauth/token', {
        grant_type: 'refresh_token',
        client_id: TERMINAL_CLIENT,
        refresh_token: before,
      });
    if (status === 200 && access_token !== undefined) {
      if (refresh_token !== undefined) write(url, refresh_token);
      return access_token;
    }
    const why = error_description ?? error ?? `status ${status}`;
    const remedy = `sign in again with "flexledger login --url ${url}"`;
    if (error === 'invalid_grant') {
      write(url, undefined);
      throw new SignInFailed(`Your sign-in at ${url} has ended (${why}); ${remedy}.`);
    }
    throw new SignInFailed(
      `Your sign-in at ${url} gives no token now (${why}); try again later, or ${remedy}.`,
    );
  });
}

function sessionsFile(): string {
  const home = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config');
  return path.join(home, 'flexledger', 'sessions.json');
}

function changing<Result>(change: () => Promise<Result>): Promise<Result> {
  const file = sessionsFile();
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return inTurn(`${file}.lock`, change);
}

function kept(): Readonly<Record<string, string>> {
  const file = sessionsFile();
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    throw new UsageError(`${file} is not JSON; delete it and sign in again.`);
  }
}

function write(url: string, refreshToken: string | undefined): void {
  const { [originOf(url)]: _, ...others } = kept();
  writePrivately(
    sessionsFile(),
    refreshToken === undefined ? others : { ...others, [originOf(url)]: refreshToken },
  );
}
