import { type LookupAddress, type LookupAllOptions, lookup as dnsLookup } from 'node:dns';
import { type RequestOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { messageOf } from '@flexledger/runtime';
import { type WebhookReach, hostOf, ipRefusal, urlRefusal } from './webhook-address';

/** What a receiver made of a message. */
export type Delivery =
  { readonly delivered: true } | { readonly delivered: false; readonly reason: string };

/** Sends one message; resolves with what became of it, never rejects. */
export type SendMessage = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal?: AbortSignal,
) => Promise<Delivery>;

/** A receiver that has not answered by then has not taken it. */
const TIMEOUT_MS = 15_000;

/**
 * Sends by HTTP(S). An answer of 2xx is taken for receipt; redirects are not followed, since they would
 * lead past the address that was judged. What a receiver says is not read.
 */
export function httpSender(reach: WebhookReach, timeoutMs = TIMEOUT_MS): SendMessage {
  return (url, headers, body, signal) =>
    new Promise((resolve) => {
      const refused = (reason: string): void => resolve({ delivered: false, reason });
      // Judged again: the configuration may have been narrowed since it was subscribed.
      const refusal = urlRefusal(url, reach);
      if (refusal !== undefined) return refused(`The address ${refusal}.`);
      const target = new URL(url);
      const options: RequestOptions = {
        method: 'POST',
        agent: false,
        headers: {
          ...headers,
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'flexledger-webhooks/1',
        },
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
        ...(isIP(hostOf(target)) === 0 ? { lookup: guardedLookup(reach) } : {}),
      };
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent = send(target, options, (answer) => {
        const { statusCode = 0 } = answer;
        answer.destroy();
        if (statusCode >= 200 && statusCode < 300) return resolve({ delivered: true });
        refused(
          `It answered ${statusCode}${statusCode >= 300 && statusCode < 400 ? NO_REDIRECT : ''}.`,
        );
      });
      sent.on('error', (error) =>
        refused(
          error.name === 'TimeoutError' || messageOf(error.cause).includes('timeout')
            ? `It did not answer within ${timeoutMs / 1_000} s.`
            : `It cannot be reached: ${messageOf(error)}.`,
        ),
      );
      sent.end(body);
    });
}

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const NO_REDIRECT = ', a redirect, which is not followed';

/** Resolves a name and refuses it where any of its addresses is closed. */
export function guardedLookup(reach: WebhookReach, resolve: Resolve = dnsLookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0);
      const refusal = addresses.flatMap(({ address }) => ipRefusal(address, reach) ?? [])[0];
      if (refusal !== undefined) return done(new Error(`${hostname} ${refusal}`), '', 0);
      if (options.all) return done(null, addresses);
      const [first] = addresses;
      done(null, first!.address, first!.family);
    });
  };
}
