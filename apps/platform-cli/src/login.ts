/** Signing in from a terminal (RFC 8628): a code is typed into a browser, anywhere. */
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import { SCOPES } from '@flexledger/identity';
import { TERMINAL_CLIENT } from '@flexledger/identity-provider';
import { sleep } from '@flexledger/runtime';
import { type TokenAnswer, keepSignIn, postForm } from './sign-ins';

/** Time between two questions where the platform names none, and what each `slow_down` adds, s. */
const INTERVAL_S = 5;

/**
 * Signs in at a platform and keeps the sign-in for later commands.
 *
 * @param wait between two questions, ms
 * @throws UsageError when nobody answers there, or the person refuses or comes too late
 */
export async function login(
  url: string,
  json: boolean,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<void> {
  const scope = ['openid', ...Object.keys(SCOPES)].join(' ');
  const asked = { client_id: TERMINAL_CLIENT, scope };
  const begun = await postForm<DeviceCode>(url, '/oauth/device-code', asked);
  const { device_code, user_code, verification_uri } = begun;
  if (begun.status !== 200 || device_code === undefined) {
    const why = begun.error_description ?? begun.error ?? `status ${begun.status}`;
    throw new UsageError(`${url} does not let a terminal sign in: ${why}.`);
  }
  tell(`Open ${verification_uri} in a browser and type the code ${user_code}`);
  let intervalS = begun.interval ?? INTERVAL_S;
  for (;;) {
    await wait(intervalS * 1_000);
    const answer = await postForm<TokenAnswer>(url, '/oauth/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: TERMINAL_CLIENT,
      device_code,
    });
    const { status, error, error_description, refresh_token } = answer;
    if (status === 200 && refresh_token !== undefined) {
      await keepSignIn(url, refresh_token);
      if (json) printJson({ url, signedIn: true });
      else print(`You have signed in at ${url}.`);
      return;
    }
    if (error === 'slow_down') intervalS += INTERVAL_S;
    else if (error !== 'authorization_pending') {
      const why = error_description ?? error ?? `status ${status}`;
      throw new UsageError(`The sign-in did not succeed: ${why}.`);
    }
  }
}

interface DeviceCode {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  /** Time between two questions, s. */
  readonly interval: number;
  readonly error: string;
  readonly error_description: string;
}
