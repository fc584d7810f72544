/** What is wrong with a configuration that its schema cannot say. */
import type { Violation } from '@flexledger/domain';
import { isLoopbackHost } from '@flexledger/messaging';
import { type PartialConfig, PLATFORMS, hasOwnBroker } from './config';

/** Addresses that are none, and listeners whose plain text would leave this machine, by their settings. */
export function faultsBeyondSchema(given: PartialConfig): readonly Violation[] {
  const { accessLayer, addresses = {}, aggregator, chain, dso, identity, http, log, mqtt } = given;
  const { mirrors = [], tracing } = given;
  const urls: readonly (readonly [string, string | undefined])[] = [
    ...Object.entries(addresses).map(([name, url]) => [`addresses.${name}`, url] as const),
    ['chain.rpcUrl', chain?.rpcUrl],
    ...(chain?.fallbackRpcUrls ?? []).map(
      (url, index) => [`chain.fallbackRpcUrls.${index}`, url] as const,
    ),
    ['identity.publicUrl', identity?.publicUrl],
    ['tracing.otlpUrl', tracing?.otlpUrl],
    ...(aggregator?.importFrom ?? []).map(
      (origin, index) => [`aggregator.importFrom.${index}`, origin] as const,
    ),
    ...mirrors.flatMap(({ url, issuerUrl, certifierUrl }, index) => [
      [`mirrors.${index}.url`, url] as const,
      [`mirrors.${index}.issuerUrl`, issuerUrl] as const,
      [`mirrors.${index}.certifierUrl`, certifierUrl] as const,
    ]),
  ];
  const noUrls = urls
    .filter(([, url]) => url !== undefined && !URL.canParse(url))
    .map(([field, url]) => ({ field, reason: `is "${url}", which is no address` }));
  return [
    ...noUrls,
    ...plainText('http', http),
    ...plainText('log', log),
    ...plainText('accessLayer.tcp', accessLayer?.tcp),
    ...plainText('dso.tcp', dso?.tcp),
    ...fallbackFaults(given),
    ...(dso?.tcp && !dso.feeds?.includes('operations')
      ? [{ field: 'dso.tcp', reason: 'brings operational data; set dso.feeds to [operations]' }]
      : []),
    // Any other process only connects to the broker.
    ...(hasOwnBroker(given) ? plainText('mqtt', mqtt) : plainSecrets(mqtt)),
    ...(noUrls.length === 0 ? [...ofMirrors(given), ...tracingFaults(given)] : []),
    ...sourceFaults(given),
    ...marketAccountFaults(given),
  ];
}

/** Nodes that take the place of none. */
function fallbackFaults({ chain }: PartialConfig): Violation[] {
  if (!chain?.fallbackRpcUrls?.length || chain.rpcUrl !== undefined) return [];
  const reason = 'are other nodes of a chain whose first one is named by chain.rpcUrl; name it';
  return [{ field: 'chain.fallbackRpcUrls', reason }];
}

/** Names that are another user's already, and users that a Mosquitto keeps itself. */
function sourceFaults({ mqtt }: PartialConfig): Violation[] {
  const { sources = [], carriers = [], aggregators = [], adminTokenFile } = mqtt ?? {};
  if (adminTokenFile !== undefined) {
    const reason = 'are users of the embedded broker; at a Mosquitto give them a user there';
    const given = { 'mqtt.sources': sources, 'mqtt.aggregators': aggregators };
    const fields = Object.entries(given).filter(([, users]) => users.length > 0);
    if (fields.length > 0) return fields.map(([field]) => ({ field, reason }));
  }
  const names = [...carriers, ...sources.map(({ name }) => name)];
  return sources.flatMap(({ name }, index) =>
    names.indexOf(name) === carriers.length + index
      ? []
      : [{ field: `mqtt.sources.${index}.name`, reason: `is "${name}", as another user's` }],
  );
}

/** A credential that would be told with each problem, or could be read on the way to the collector. */
function tracingFaults({ tracing: { otlpUrl, headersFile } = {} }: PartialConfig): Violation[] {
  if (otlpUrl === undefined) return [];
  const { username, password, host } = new URL(otlpUrl);
  const wrong = (reason: string) => [{ field: 'tracing.otlpUrl', reason }];
  if (`${username}${password}` !== '') {
    return wrong(
      'holds a user or password; write an authorization header into tracing.headersFile',
    );
  }
  if (headersFile === undefined || !isReadOnTheWay(otlpUrl)) return [];
  return wrong(`is at ${host}, to which tracing.headersFile would go in plain text; use https`);
}

/** The process that awards needs the key of the account that is to do it. */
function marketAccountFaults({ chain, platforms = PLATFORMS }: PartialConfig): Violation[] {
  const isAwarding = platforms.includes('market-platform');
  if (!isAwarding || chain?.marketAccount === undefined || chain.marketKeyFile !== undefined) {
    return [];
  }
  const reason = `is ${chain.marketAccount}, whose key this process needs to award; name it by chain.marketKeyFile`;
  return [{ field: 'chain.marketAccount', reason }];
}

/** What two mirrors, or a mirror and this process, must not share; and secrets that would be read on the way. */
function ofMirrors({ mirrors = [], platforms = PLATFORMS }: PartialConfig): Violation[] {
  return mirrors.flatMap((mirror, index): Violation[] => {
    const { name, url, issuerUrl, secretFile, kafka, platforms: others = [] } = mirror;
    const earlier = mirrors.slice(0, index);
    const faults: (readonly [member: string, reason: string | false])[] = [
      ['name', earlier.some((one) => one.name === name) && `is "${name}", as another one's`],
      [
        'url',
        // Topics hold what the event stream shows too, each event whole or the party's own rows.
        !kafka &&
          earlier.some((one) => one.url === url && !one.kafka) &&
          `is "${url}", which another one follows: one log holds what one party is shown`,
      ],
      [
        'secretFile',
        secretFile === undefined &&
          (!kafka || others.length > 0) &&
          'is missing; only a mirror that reads from Kafka and calls no platforms needs none',
      ],
      ...(['url', 'issuerUrl'] as const).map((member) => {
        const address = { url, issuerUrl }[member];
        const isOpen = address !== undefined && isReadOnTheWay(address);
        return [
          member,
          isOpen && `is "${address}", where plain text would leave this machine; use https`,
        ] as const;
      }),
      ...others
        .filter((platform) => platforms.includes(platform))
        .map((platform) => ['platforms', `holds ${platform}, which this process runs`] as const),
    ];
    return faults.flatMap(([member, reason]) =>
      reason === false ? [] : [{ field: `mirrors.${index}.${member}`, reason }],
    );
  });
}

function isReadOnTheWay(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !isLoopbackHost(hostname);
}

/** Passwords of all nodes are told to a Mosquitto that runs elsewhere. */
function plainSecrets({ host, adminTokenFile, caFile }: PartialConfig['mqtt'] = {}): Violation[] {
  const isOpen = adminTokenFile !== undefined && caFile === undefined;
  if (!isOpen || host === undefined || isLoopbackHost(host)) return [];
  const reason = `is "${host}", to which passwords would go in plain text; name its certificates by mqtt.caFile`;
  return [{ field: 'mqtt.host', reason }];
}

function plainText(
  name: string,
  { host, tls }: { readonly host?: string; readonly tls?: object } = {},
): readonly Violation[] {
  if (host === undefined || tls !== undefined || isLoopbackHost(host)) return [];
  const reason = `is "${host}", where plain text would leave this machine; set ${name}.tls, or 127.0.0.1`;
  return [{ field: `${name}.host`, reason }];
}
