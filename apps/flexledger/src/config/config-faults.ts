/** What is wrong with a configuration that its schema cannot say. */
import type { Violation } from '@flexledger/domain';
import { isLoopbackHost } from '@flexledger/messaging';
import type { PartialConfig } from './config';

/** Addresses that are none, and listeners whose plain text would leave this machine, by their settings. */
export function faultsBeyondSchema(given: PartialConfig): readonly Violation[] {
  const { addresses = {}, chain, identity, http, log, mqtt, platforms } = given;
  const urls: readonly (readonly [string, string | undefined])[] = [
    ...Object.entries(addresses).map(([name, url]) => [`addresses.${name}`, url] as const),
    ['chain.rpcUrl', chain?.rpcUrl],
    ['identity.publicUrl', identity?.publicUrl],
  ];
  const noUrls = urls
    .filter(([, url]) => url !== undefined && !URL.canParse(url))
    .map(([field, url]) => ({ field, reason: `is "${url}", which is no address` }));
  // Any other process only connects to the broker.
  const hasBroker = platforms?.includes('blockchain-access-layer') ?? true;
  return [
    ...noUrls,
    ...plainText('http', http),
    ...plainText('log', log),
    ...(hasBroker ? plainText('mqtt', mqtt) : []),
  ];
}

function plainText(
  name: string,
  { host, tls }: { readonly host?: string; readonly tls?: object } = {},
): readonly Violation[] {
  if (host === undefined || tls !== undefined || isLoopbackHost(host)) return [];
  const reason = `is "${host}", where plain text would leave this machine; set ${name}.tls, or 127.0.0.1`;
  return [{ field: `${name}.host`, reason }];
}
