/** A configuration is put together from three sources, and what is misspelt is told, not ignored. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PARTY_PATTERN } from '@flexledger/domain';
import { LOG_ORIGIN } from '../platform/data-folder';
import { PLATFORMS, runsAll } from './config';
import { type ConfigSources, ConfigError, configSchema, loadConfig } from './load-config';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'config-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file and returns its path. */
function file(text: string, name = 'flexledger.yaml'): string {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
}
function faultsOf(sources: ConfigSources): string[] {
  try {
    loadConfig(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).violations.map(({ field, reason }) =>
      `${field} ${reason}`.trim(),
    );
  }
  throw new Error('It was taken.');
}

it('runs everything at the usual ports when nothing is said', () => {
  const config = loadConfig({});
  expect(runsAll(config)).toBe(true);
  expect(config).toMatchObject({
    dataDir: 'data',
    http: { host: '127.0.0.1', port: 8_080 },
    mqtt: { host: '127.0.0.1', port: 1_883 },
    market: { rules: 'platone' },
    dso: { grid: 'ieee33', forecastMinutes: 5, reviewMinutes: 5 },
    aggregator: { offerMinutes: 30, dayAheadSharePerMille: 700 },
    certifier: { origin: LOG_ORIGIN, sealEverySeconds: 60, witnesses: [] },
    clients: [],
  });
  expect([config.http.tls, config.accessLayer.tcp, config.certifier.pkcs11]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('takes flags before environment variables before the file', () => {
  const given = {
    file: file('http: { port: 1 }\nmqtt: { port: 2 }\ndso: { grid: mine }\n'),
    environment: { FLEXLEDGER_HTTP_PORT: '3', FLEXLEDGER_MQTT_PORT: '4', PATH: '/bin' },
    flags: { http: { port: 5 } },
  };
  expect(loadConfig(given)).toMatchObject({
    http: { port: 5 },
    mqtt: { port: 4 },
    dso: { grid: 'mine' },
  });
});

it('reads JSON as it reads YAML, and an empty file as nothing said', () => {
  const json = file('{ "certifier": { "sealEverySeconds": 7 } }', 'flexledger.json');
  expect(loadConfig({ file: json }).certifier.sealEverySeconds).toBe(7);
  expect(loadConfig({ file: file('# all as it comes\n') }).certifier.sealEverySeconds).toBe(60);
});

it('a process of one platform listens where the others look for it', () => {
  const config = loadConfig({ flags: { platforms: ['market-platform'] } });
  expect(config.platforms).toEqual(['market-platform']);
  expect(config.http.port).toBe(Number(new URL(config.addresses['market-platform']).port));
});

it('platforms come in one order, however they are named', () => {
  const environment = { FLEXLEDGER_PLATFORMS: 'certifier, market-platform' };
  expect(loadConfig({ environment }).platforms).toEqual(['market-platform', 'certifier']);
  // As container files have what they do not set.
  expect(loadConfig({ environment: { FLEXLEDGER_PLATFORMS: '' } })).toEqual(loadConfig({}));
  const all = loadConfig({ flags: { platforms: [...PLATFORMS].reverse() } });
  expect(all.platforms).toEqual(PLATFORMS);
});

it.each<[string, ConfigSources | (() => ConfigSources), string]>([
  [
    'a misspelt group',
    () => ({ file: file('htpp: {}') }),
    'htpp is no setting; did you mean http?',
  ],
  [
    'a misspelt member',
    () => ({ file: file('dso: { forcastMinutes: 3 }') }),
    'dso.forcastMinutes is no setting; did you mean forecastMinutes?',
  ],
  ['a member far from all', () => ({ file: file('colour: red') }), 'colour is no setting'],
  [
    'a misspelt variable',
    { environment: { FLEXLEDGER_HTTP_PROT: '1' } },
    'FLEXLEDGER_HTTP_PROT is no setting; did you mean FLEXLEDGER_HTTP_PORT?',
  ],
  [
    'a platform that there is not',
    { environment: { FLEXLEDGER_PLATFORMS: 'market' } },
    'platforms.0 is "market"; choose of market-platform, shared-customer-database, ' +
      'dso-technical-platform, aggregator-platform, blockchain-access-layer, certifier, tso-simulator',
  ],
  [
    'a number that is none',
    { environment: { FLEXLEDGER_HTTP_PORT: 'x' } },
    'http.port must be integer',
  ],
  [
    'a port beyond all',
    () => ({ file: file('mqtt: { port: 70000 }') }),
    'mqtt.port must be <= 65535',
  ],
  [
    'other nodes of a chain that is not named',
    () => ({ file: file('chain: { fallbackRpcUrls: ["http://node-2:8545"] }') }),
    'chain.fallbackRpcUrls are other nodes of a chain whose first one is named by chain.rpcUrl',
  ],
  [
    'half a certificate',
    () => ({ file: file('http: { tls: { keyFile: a.pem } }') }),
    "http.tls must have required property 'certificateFile'",
  ],
  [
    'an address with a path',
    () => ({ file: file('addresses: { certifier: "http://a/b" }') }),
    'addresses.certifier must match pattern "^https?://[^/?#\\s]+/?$"',
  ],
  [
    'an address of a port beyond all',
    () => ({ file: file('addresses: { certifier: "http://a:99999" }') }),
    'addresses.certifier is "http://a:99999", which is no address',
  ],
  [
    'an issuer that is no address',
    { environment: { FLEXLEDGER_IDENTITY_PUBLIC_URL: 'https://[::zz' } },
    'identity.publicUrl is "https://[::zz", which is no address',
  ],
  [
    'plain HTTP that would leave the machine',
    () => ({ file: file('http: { host: 0.0.0.0 }') }),
    'http.host is "0.0.0.0", where plain text would leave this machine; set http.tls',
  ],
  [
    'plain MQTT that would leave the machine',
    () => ({ file: file('mqtt: { host: 0.0.0.0 }') }),
    'mqtt.host is "0.0.0.0", where plain text would leave this machine; set mqtt.tls',
  ],
  [
    'plain TCP that would leave the machine',
    () => ({ file: file('accessLayer: { tcp: { host: 0.0.0.0, port: 1 } }') }),
    'accessLayer.tcp.host is "0.0.0.0", where plain text would leave this machine; set accessLayer.tcp.tls',
  ],
  [
    'a listener of the DSO without the feed that it is for',
    () => ({ file: file('dso: { tcp: { port: 1 } }') }),
    'dso.tcp brings operational data; set dso.feeds to [operations]',
  ],
  [
    'a listener of the DSO in plain text',
    () => ({ file: file('dso: { feeds: [operations], tcp: { host: 0.0.0.0, port: 1 } }') }),
    'dso.tcp.host is "0.0.0.0", where plain text would leave this machine; set dso.tcp.tls',
  ],
  [
    'a listener without a port',
    () => ({ file: file('accessLayer: { tcp: {} }') }),
    "accessLayer.tcp must have required property 'port'",
  ],
  [
    'an origin to import from that is none',
    () => ({ file: file('aggregator: { importFrom: ["https://a:99999"] }') }),
    'aggregator.importFrom.0 is "https://a:99999", which is no address',
  ],
  [
    'a credential in the address of a collector, which problems would tell',
    () => ({ file: file('tracing: { otlpUrl: "https://me:secret@a/v1/traces" }') }),
    'tracing.otlpUrl holds a user or password; write an authorization header into tracing.headersFile',
  ],
  [
    'headers of traces that would leave the machine in plain text',
    () => ({ file: file('tracing: { otlpUrl: "http://a:4318/v1/traces", headersFile: h.json }') }),
    'tracing.otlpUrl is at a:4318, to which tracing.headersFile would go in plain text; use https',
  ],
  [
    'aggregators that a Mosquitto would not know',
    () => ({ file: file('mqtt: { adminTokenFile: admin, aggregators: [alfa] }') }),
    'mqtt.aggregators are users of the embedded broker',
  ],
  [
    'an aggregator that can have no topic',
    () => ({ file: file('mqtt: { aggregators: ["a/b"] }') }),
    'mqtt.aggregators.0 must match pattern',
  ],
  ['text that is no YAML', () => ({ file: file('a: [') }), 'Flow sequence in block collection'],
  ['a list where a map belongs', () => ({ file: file('- a') }), 'must be object'],
])('%s is refused by name', (_, sources, fault) => {
  const faults = faultsOf(typeof sources === 'function' ? sources() : sources);
  expect(faults[0]).toContain(fault);
});

describe('an issuer beside the own', () => {
  it('is read by the usual claims where no others are said', () => {
    const at =
      'identity: { issuers: [{ issuer: "https://login.example", partyClaim: market.party }] }';
    expect(loadConfig({ file: file(at) }).identity.issuers).toEqual([
      {
        issuer: 'https://login.example',
        audience: 'flexledger',
        partyClaim: 'market.party',
        rolesClaim: 'flexledger_roles',
      },
    ]);
  });

  it('is asked for its keys over https only, or on this machine', () => {
    const faults = faultsOf({
      file: file('identity: { issuers: [{ issuer: "http://login.example" }] }'),
    });
    expect(faults).toEqual([expect.stringMatching(/^identity\.issuers\.0\.issuer must match/)]);
  });
});

describe('a party that gets a client', () => {
  it('is named as the register of parties takes it', () => {
    const { clients } = configSchema().properties as { clients: { items: { pattern: string } } };
    expect(clients.items.pattern).toBe(PARTY_PATTERN);
  });

  it('of an odd name is refused here, and not once the platform starts', () => {
    const faults = faultsOf({
      environment: { FLEXLEDGER_CLIENTS: 'dso, aggregator:Alfa Energia' },
    });
    expect(faults).toEqual([expect.stringMatching(/^clients\.1 must match pattern/)]);
  });
});

describe('a mirror of another organisation', () => {
  const mirror = (name: string, more: object = {}): object => ({
    name,
    url: `https://${name}.example`,
    party: 'dso',
    secretFile: 'market.secret',
    ...more,
  });
  const faults = (mirrors: readonly object[], platforms = ['aggregator-platform']): string[] =>
    faultsOf({ file: file(JSON.stringify({ platforms, mirrors })) });

  it('calls no platforms where it names none', () => {
    const { mirrors } = loadConfig({ file: file(JSON.stringify({ mirrors: [mirror('market')] })) });
    expect(mirrors).toEqual([{ ...mirror('market'), platforms: [] }]);
  });

  const kafka = { brokers: ['kafka.example:9094'], topics: ['measurements_market'] };

  it('by topics needs no secret, and may stand beside one of the same log', () => {
    const byTopics = mirror('b', { url: 'https://a.example', secretFile: undefined, kafka });
    const given = JSON.stringify({ mirrors: [mirror('a'), byTopics] });
    const { mirrors } = loadConfig({ file: file(given) });
    expect(mirrors[1]).toMatchObject({ name: 'b', kafka });
  });

  it.each<[string, readonly object[], string]>([
    [
      'no secret, and no topics',
      [mirror('a', { secretFile: undefined })],
      'mirrors.0.secretFile is missing; only a mirror that reads from Kafka',
    ],
    [
      'no secret for the platforms that it calls',
      [mirror('a', { secretFile: undefined, kafka, platforms: ['market-platform'] })],
      'mirrors.0.secretFile is missing',
    ],
    [
      'no topics of its cluster',
      [mirror('a', { kafka: { ...kafka, topics: [] } })],
      'mirrors.0.kafka.topics must NOT have fewer than 1 items',
    ],
    ['a name twice', [mirror('a'), mirror('a', { url: 'https://b' })], 'mirrors.1.name is "a"'],
    [
      'a log twice',
      [mirror('a'), mirror('b', { url: 'https://a.example' })],
      'mirrors.1.url is "https://a.example", which another one follows',
    ],
    [
      'a secret that would be read on the way',
      [mirror('a', { issuerUrl: 'http://a.example' })],
      'mirrors.0.issuerUrl is "http://a.example", where plain text would leave this machine',
    ],
    [
      'a platform that runs here',
      [mirror('a', { platforms: ['aggregator-platform'] })],
      'mirrors.0.platforms holds aggregator-platform, which this process runs',
    ],
    ['no party', [mirror('a', { party: 'everybody' })], 'mirrors.0.party must match pattern'],
    ['no address', [mirror('a', { url: 'http://a:99999' })], 'mirrors.0.url is "http://a:99999"'],
  ])('with %s is refused', (_, mirrors, fault) => {
    expect(faults(mirrors)[0]).toContain(fault);
  });
});

it('a broker elsewhere is nobody’s listener here', () => {
  const flags = { platforms: ['market-platform'] as const, mqtt: { host: 'broker.example' } };
  expect(loadConfig({ flags }).mqtt.host).toBe('broker.example');
});

it('all that is at fault is told at once', () => {
  expect(faultsOf({ file: file('a: 1\nmqtt: { port: x, hots: y }') })).toHaveLength(3);
});

it('a file that is not there is named', () => {
  expect(() => loadConfig({ file: path.join(folder, 'none.yaml') })).toThrow(/none\.yaml.*ENOENT/);
});
