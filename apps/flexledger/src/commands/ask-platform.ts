/**
 * Requests to a running platform from the command line: as the person who has signed in there
 * (`flexledger login`), else as the market administrator's client, whose secret stands in the data folder.
 */
import { UsageError } from '@flexledger/command-line';
import { messageOf, withoutFullStop } from '@flexledger/runtime';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { refreshedToken } from './login';

/** Where the platform is and whose secrets are at hand. */
export interface PlatformAddress {
  readonly url: string;
  readonly data: string;
}

/**
 * Sends one request.
 *
 * @returns the answer's JSON; undefined for none
 * @throws UsageError when nobody is signed in and no secret is at hand, or the platform refuses
 */
export async function askPlatform(
  { url, data }: PlatformAddress,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<unknown> {
  const token = (await refreshedToken(url)) ?? (await clientToken(url, data));
  const { status, answer } = await send(new URL(path, url), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (status < 300) return answer;
  const { detail } = (answer ?? {}) as { detail?: string };
  throw new UsageError(detail ?? `${url} answered ${status} to ${method} ${path}.`);
}

async function clientToken(url: string, data: string): Promise<string> {
  const clientId = clientIdOf('operator');
  let secret: string;
  try {
    secret = readClientSecret(data, clientId);
  } catch (error) {
    throw new UsageError(
      `Nobody is signed in at ${url}, and there is no secret at hand: ${withoutFullStop(messageOf(error))}. Sign in ` +
        `with "flexledger login --url ${url}", or name the data folder with --data.`,
    );
  }
  const { status, answer } = await send(new URL('/oauth/token', url), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
    }),
  });
  if (status === 200) return (answer as { access_token: string }).access_token;
  const { error_description: why } = (answer ?? {}) as { error_description?: string };
  throw new UsageError(`${url} gives client ${clientId} no token: ${why ?? `status ${status}`}.`);
}

/**
 * One request and what it was answered.
 *
 * @throws UsageError when nobody answers there
 */
export async function send(
  address: URL,
  init: RequestInit,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    const why = messageOf((error as Error).cause ?? error);
    throw new UsageError(
      `Nothing answers at ${address.origin} (${why}); start it with "flexledger up", or name another ` +
        'address with --url.',
    );
  }
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, answer: text !== '' && isJson ? JSON.parse(text) : undefined };
}
