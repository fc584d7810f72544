/** Signing in from a terminal (RFC 8628): a code is typed into a browser, anywhere. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import { TERMINAL_CLIENT } from '@flexledger/identity-provider';
import { SCOPES } from '@flexledger/identity';
import { sleep } from '@flexledger/runtime';
import { send } from './ask-platform';

/** Signs in at a platform and keeps the sign-in for later commands. */
export async function login(url: string, json: boolean): Promise<void> {
  const scope = ['openid', ...Object.keys(SCOPES)].join(' ');
  const begun = await post(url, '/oauth/device-code', { client_id: TERMINAL_CLIENT, scope });
  if (begun.status !== 200) throw new UsageError(`${url} does not let a terminal sign in.`);
  const { device_code, user_code, verification_uri, interval = 5 } = begun.answer as DeviceCode;
  tell(`Open ${verification_uri} in a browser and type the code ${user_code}`);
  for (;;) {
    await sleep(interval * 1_000);
    const { status, answer } = await post(url, '/oauth/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: TERMINAL_CLIENT,
      device_code,
    });
    const { error, error_description, refresh_token } = answer as TokenAnswer;
    if (status === 200) {
      keep(url, refresh_token);
      if (json) printJson({ url, signedIn: true });
      else print(`You have signed in at ${url}.`);
      return;
    }
    if (error !== 'authorization_pending' && error !== 'slow_down') {
      throw new UsageError(`The sign-in did not succeed: ${error_description ?? error}.`);
    }
  }
}

/** A token of who has signed in at a platform; undefined where nobody has, or no longer. */
export async function refreshedToken(url: string): Promise<string | undefined> {
  const before = kept()[originOf(url)];
  if (before === undefined) return undefined;
  const { status, answer } = await post(url, '/oauth/token', {
    grant_type: 'refresh_token',
    client_id: TERMINAL_CLIENT,
    refresh_token: before,
  });
  const { access_token, refresh_token } = (answer ?? {}) as TokenAnswer;
  if (status !== 200) {
    keep(url, undefined);
    return undefined;
  }
  keep(url, refresh_token);
  return access_token;
}

interface DeviceCode {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  /** Time between two questions, s. */
  readonly interval?: number;
}

interface TokenAnswer {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
  readonly error_description?: string;
}

function post(url: string, where: string, fields: Readonly<Record<string, string>>) {
  return send(new URL(where, url), { method: 'POST', body: new URLSearchParams(fields) });
}

const originOf = (url: string): string => new URL(url).origin;

/** Of this user of the machine, for its eyes only. */
function sessionsFile(): string {
  const home = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config');
  return path.join(home, 'flexledger', 'sessions.json');
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

function keep(url: string, refreshToken: string | undefined): void {
  const file = sessionsFile();
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const { [originOf(url)]: _, ...others } = kept();
  const all = refreshToken === undefined ? others : { ...others, [originOf(url)]: refreshToken };
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  chmodSync(beside, 0o600);
  renameSync(beside, file);
}
