/**
 * A market session of six organisations, each a process with a folder, a log and keys of its own: market operator, DSO,
 * TSO, aggregator, access layer and regulator. All go by one clock that the test drives, and hear of each other by
 * mirrors. Each is killed once, and the network between market and DSO is cut for a gate; session and settlement
 * come to what they come to in one process, and each pair of logs says the same.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { freePort } from '@flexledger/runtime';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compareLogs, openStoredLog } from '@flexledger/audit-cli';
import { PLATFORMS } from '@flexledger/command-line';
import { type PartialConfig, loadConfig } from '@flexledger/composer';
import { MTU_MS, businessDigest, localTimeMs } from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { clientIdOf, loadRulePack, partyLog, readClientSecret } from '@flexledger/service-kit';
import { type BuiltCli, buildCli } from './command-line/built-cli';
import { type Household, connectHousehold } from './testing/household';
import { type Calls, callAs } from './testing/http-client';
import {
  type CommonClock,
  type Organisation,
  commonClock,
  startOrganisation,
} from './testing/organisations';
import { type Wire, layWire } from './testing/wire';

jest.setTimeout(600_000);

const DAY = '2026-03-16';
const PODS = ['IT002E60000001', 'IT002E60000002', 'IT002E60000003'];
const AGG1 = 'aggregator:AGG1';
const [POWER_W, REACH_W, ASKED_W] = [2_000, 1_000, 1_200];
const { timeZone } = loadRulePack('platone').rulePack;
const BEGINS_MS = localTimeMs(DAY, 0, '08:30', timeZone);

let cli: BuiltCli;
let folder: string;
beforeAll(() => {
  cli = buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-six-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

/** Organisations, or one that does everything. */
interface World {
  readonly clock: CommonClock;
  /** A party's calls to an organisation; to the one there is, where one does everything. */
  at(name: string, party: string): Calls;
  urlOf(name: string): string;
  readonly organisations: readonly Organisation[];
  close(): Promise<void>;
}

const inFolder = (name: string): string => path.join(folder, name);

function configOf(name: string, config: PartialConfig) {
  const certifier = { origin: `${name}.example`, sealEverySeconds: 1_800 };
  const clients = PODS.map((podId) => `customer:${podId}`);
  const flags = { dataDir: inFolder(name), instance: name, certifier, clients, ...config };
  return loadConfig({ flags });
}

function worldOf(organisations: readonly Organisation[], clock: CommonClock): World {
  const of = (name: string) => organisations.find((one) => one.name === name) ?? organisations[0]!;
  return {
    clock,
    organisations,
    at: (name, party) => callAs(of(name).url, of(name).config.dataDir)(party),
    urlOf: (name) => of(name).url,
    close: async () => void (await Promise.all(organisations.map((one) => one.close()))),
  };
}

async function openOne(): Promise<World> {
  const [port, mqtt] = [await freePort(), await freePort()];
  const since = { clock: undefined as CommonClock | undefined };
  const config = configOf('one', { platforms: PLATFORMS, http: { port }, mqtt: { port: mqtt } });
  const one = startOrganisation(cli.main, 'one', config, () => since.clock?.nowMs() ?? BEGINS_MS);
  const clock = (since.clock = commonClock([one], BEGINS_MS));
  await clock.settle();
  return worldOf([one], clock);
}

/** Who gives a client to whom, whose secret it then needs. */
const CLIENTS = [
  ['market', 'dso', 'dso'],
  ['market', 'tso', 'tso'],
  ['market', AGG1, 'aggregator'],
  ['market', 'dso', 'access-layer'],
  ['market', 'auditor', 'regulator'],
  ['dso', 'operator', 'market'],
  ['access-layer', 'operator', 'market'],
  ['access-layer', 'dso', 'dso'],
] as const;
const secretOf = (giver: string, taker: string): string =>
  path.join(inFolder(taker), `at-${giver}.secret`);

async function openSix(): Promise<World & { readonly wire: Wire; isCut: boolean }> {
  const since = { clock: undefined as CommonClock | undefined };
  const cut = { isCut: false };
  const start = (name: string, config: PartialConfig): Organisation =>
    startOrganisation(
      cli.main,
      name,
      configOf(name, config),
      () => since.clock?.nowMs() ?? BEGINS_MS,
    );
  const names = ['market', 'dso', 'tso', 'aggregator', 'access-layer', 'regulator'] as const;
  const ports = new Map<string, number>();
  for (const name of [...names, 'broker', 'chain']) ports.set(name, await freePort());
  const urlOf = (name: string): string => `http://127.0.0.1:${ports.get(name)}`;

  // The identity provider alone makes the first clients, before anybody can follow anybody; people hand over.
  const givers = [...new Set(CLIENTS.map(([giver]) => giver))].map((name) =>
    start(name, { platforms: ['identity-provider'], http: { port: ports.get(name)! } }),
  );
  for (const giver of givers) await giver.ask({ kind: 'status', parties: [] });
  for (const giver of givers) await giver.close();
  for (const [giver, party, taker] of CLIENTS) {
    mkdirSync(inFolder(taker), { recursive: true });
    const secret = readClientSecret(inFolder(giver), clientIdOf(party));
    writeFileSync(secretOf(giver, taker), secret);
  }

  const wire = await layWire(urlOf('market'));
  const mirrorOf = (taker: string, giver: string, party: string, url = urlOf(giver)) => ({
    name: giver,
    url,
    party,
    secretFile: secretOf(giver, taker),
    platforms: giver === 'market' ? (['market-platform', 'shared-customer-database'] as const) : [],
  });
  const http = (name: string) => ({ http: { port: ports.get(name)! } });
  const atMarket = (url = urlOf('market')) => ({
    addresses: { 'market-platform': url, 'shared-customer-database': url },
  });
  const accessLayer = start('access-layer', {
    ...http('access-layer'),
    platforms: ['blockchain-access-layer', 'identity-provider'],
    mqtt: { port: ports.get('broker')!, carriers: ['dso'] },
    mirrors: [mirrorOf('access-layer', 'market', 'dso')],
  });
  await accessLayer.ask({ kind: 'status', parties: [] });
  const carriers = readFileSync(
    path.join(inFolder('access-layer'), 'carrier-secrets.json'),
    'utf8',
  );
  const tokenFile = path.join(inFolder('dso'), 'at-broker.secret');
  writeFileSync(tokenFile, (JSON.parse(carriers) as { dso: string }).dso);

  const organisations = [
    start('market', {
      ...http('market'),
      platforms: ['market-platform', 'shared-customer-database', 'certifier', 'identity-provider'],
      chain: { port: ports.get('chain')! },
      mirrors: [
        mirrorOf('market', 'dso', 'operator'),
        mirrorOf('market', 'access-layer', 'operator'),
      ],
    }),
    start('dso', {
      ...http('dso'),
      ...atMarket(wire.url),
      platforms: ['dso-technical-platform', 'identity-provider'],
      mqtt: { port: ports.get('broker')!, username: 'dso', tokenFile },
      mirrors: [mirrorOf('dso', 'market', 'dso', wire.url), mirrorOf('dso', 'access-layer', 'dso')],
    }),
    start('tso', {
      ...http('tso'),
      ...atMarket(),
      platforms: ['tso-simulator', 'identity-provider'],
      mirrors: [mirrorOf('tso', 'market', 'tso')],
    }),
    start('aggregator', {
      ...http('aggregator'),
      ...atMarket(),
      platforms: ['aggregator-platform', 'identity-provider'],
      mirrors: [mirrorOf('aggregator', 'market', AGG1)],
    }),
    accessLayer,
    start('regulator', {
      ...http('regulator'),
      platforms: ['identity-provider'],
      mirrors: [mirrorOf('regulator', 'market', 'auditor')],
    }),
  ];
  const clock = (since.clock = commonClock(
    organisations,
    BEGINS_MS,
    (name) => cut.isCut && name === 'dso',
  ));
  await clock.settle();
  const world = worldOf(organisations, clock);
  return Object.assign(cut, world, {
    wire,
    async close() {
      await world.close();
      await wire.close();
    },
  });
}

async function ok(answer: ReturnType<Calls['get']>): Promise<unknown> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

/** What happens beside the market: about the gate, and in each quarter-hour of delivery. */
interface Mishaps {
  beforeGate?(): void;
  gateOpen?(): void;
  gateClosed?(): void;
  quarterHour?(mtu: number): void;
}

/** The session, from the first customer to its settlement. */
async function session(world: World, mishaps: Mishaps = {}): Promise<string> {
  const { clock, at } = world;
  const market = at('market', AGG1);
  for (const podId of PODS) {
    const details = {
      aggregatorId: 'AGG1',
      customerKind: 'household',
      contractedPowerW: 4_500,
      annualEnergyKwh: 4_000,
      pvPeakW: 0,
      wallet: `0x${podId.at(-1)!.repeat(40)}`,
    };
    await ok(market.post('/api/v1/pods', { podId, ...details }));
    const reach = { upW: REACH_W, downW: 0, upVar: 0, downVar: 0 };
    await ok(market.put(`/api/v1/pods/${podId}/flexibility`, reach));
    const baseline = { baselineW: new Array<number>(96).fill(POWER_W), origin: 'imported' };
    await ok(market.put(`/api/v1/pods/${podId}/baselines/${DAY}`, baseline));
  }
  await clock.settle();
  for (const podId of PODS) {
    const terms = {
      aggregatorId: 'AGG1',
      customerSharePerMille: 700,
      customerPenaltySharePerMille: 500,
      aggregatorWallet: `0x${'9'.repeat(40)}`,
    };
    const agreement = `/api/v1/pods/${podId}/agreement`;
    await ok(market.put(agreement, terms));
    await ok(at('market', `customer:${podId}`).post(`${agreement}/acceptance`, terms));
  }
  const units = PODS.map((podId, index) => ({
    podId,
    operationMicroEurPerKwh: 90_000 + 10_000 * index,
  }));
  await ok(at('aggregator', AGG1).put('/api/v1/portfolio/costs', { units }));
  const households: Household[] = [];
  for (const podId of PODS) {
    const path = `/api/v1/nodes/${podId}/enrolment-token`;
    const { token } = (await ok(at('access-layer', AGG1).post(path))) as { token: string };
    const plant = { podId, token, powerW: POWER_W, reachW: REACH_W, clock };
    households.push(await connectHousehold({ url: world.urlOf('access-layer'), ...plant }));
  }
  await clock.settle();

  const sessions = (await ok(at('market', 'operator').get(`/api/v1/sessions?date=${DAY}`))) as {
    items: {
      sessionId: string;
      gateOpensAt: string;
      gateClosesAt: string;
      resultDueAt: string;
      deliveryStart: string;
      mtuCount: number;
    }[];
  };
  const coming = sessions.items
    .filter(({ gateOpensAt }) => Date.parse(gateOpensAt) > clock.nowMs())
    .sort((one, other) => Date.parse(one.gateOpensAt) - Date.parse(other.gateOpensAt));
  const { sessionId, gateOpensAt, gateClosesAt, resultDueAt, deliveryStart, mtuCount } = coming[0]!;
  mishaps.beforeGate?.();
  await clock.advanceTo(Date.parse(gateOpensAt) + 60_000);
  const { items: pods } = (await ok(at('market', 'operator').get('/api/v1/pods'))) as {
    items: { pom: string }[];
  };
  for (const requester of ['DSO', 'TSO']) {
    const request = {
      requestId: `${requester}-by-hand`,
      requester,
      product: 'P',
      direction: 'up',
      scope: requester === 'DSO' ? { podIds: PODS } : { pom: pods[0]!.pom },
      quantityW: new Array<number>(mtuCount).fill(ASKED_W),
      priceCapMicroEurPerKwh: null,
    };
    const party = at('market', requester.toLowerCase());
    await ok(party.post(`/api/v1/sessions/${sessionId}/requests`, request));
  }
  await clock.settle();
  mishaps.gateOpen?.();
  await clock.advanceTo(Date.parse(gateClosesAt) + 1_000);
  mishaps.gateClosed?.();
  await clock.advanceTo(Date.parse(resultDueAt) + 60_000);

  const published = (await ok(at('market', 'operator').get(`/api/v1/sessions/${sessionId}`))) as {
    status: string;
    result: { acceptedWMtu: number } | null;
  };
  const problems = world.organisations.flatMap((each) => each.problems);
  expect([published.status, problems, published.result?.acceptedWMtu]).toEqual([
    'published',
    expect.any(Array),
    2 * ASKED_W * mtuCount,
  ]);

  const startMs = Date.parse(deliveryStart);
  for (let mtu = 0; mtu < mtuCount; mtu += 1) {
    const mtuStartMs = startMs + mtu * MTU_MS;
    await clock.advanceTo(mtuStartMs);
    mishaps.quarterHour?.(mtu);
    for (const { node } of households) await node.beginQuarterHour(mtuStartMs);
    await clock.advanceTo(mtuStartMs + MTU_MS);
    for (const { node } of households) await node.closeQuarterHour(mtuStartMs);
    const layer = world.organisations.find(({ name }) => ['access-layer', 'one'].includes(name))!;
    await layer.ask({ kind: 'collect', count: households.length });
    await clock.settle();
  }
  await clock.advanceTo(startMs + mtuCount * MTU_MS + 90 * 60_000);
  const settled = (await ok(
    at('market', 'auditor').get(`/api/v1/sessions/${sessionId}/settlement`),
  )) as { published: { acceptedWMtu: number; deliveredWMtu: number } };
  expect(settled.published.acceptedWMtu).toBe(2 * ASKED_W * mtuCount);
  expect(settled.published.deliveredWMtu).toBeGreaterThan(0);
  for (const { node } of households) await node.close();
  await clock.settle();
  return sessionId;
}

/** Of each session and its settlements, as a log has them. */
async function digestsOf(name: string): Promise<Record<string, string>> {
  const { store, close } = openStoredLog(logFile(inFolder(name)));
  try {
    const { streams } = await businessDigest(sha256, store.readAll());
    return Object.fromEntries(
      [...streams].filter(([streamId]) => /^(session|settlement)-/.test(streamId)),
    );
  } finally {
    await close();
  }
}

let six: Awaited<ReturnType<typeof openSix>>;
let told: Map<string, readonly string[]>;
const lives = new Map<string, number>();

it('is settled in six as in one, though each is killed once and two do not hear each other for a gate', async () => {
  const one = await openOne();
  const sessionId = await session(one);
  await one.close();
  const wanted = await digestsOf('one');
  expect(Object.keys(wanted)).toEqual(
    expect.arrayContaining([`session-${sessionId}`, `settlement-${sessionId}`]),
  );

  six = await openSix();
  const kill = (...names: string[]): void => {
    for (const organisation of six.organisations) {
      if (names.includes(organisation.name)) organisation.kill();
    }
  };
  await session(six, {
    beforeGate: () => kill('tso', 'aggregator', 'regulator'),
    gateOpen() {
      six.isCut = true;
      six.wire.cut();
    },
    gateClosed() {
      six.isCut = false;
      six.wire.mend();
    },
    quarterHour(mtu) {
      if (mtu === 3) kill('dso', 'access-layer');
      if (mtu === 8) kill('market');
    },
  });
  told = new Map(six.organisations.map(({ name, problems }) => [name, problems]));
  for (const organisation of six.organisations) lives.set(organisation.name, organisation.lives());
  await six.close();
  expect(await digestsOf('market')).toEqual(wanted);
  expect(new Set(lives.values())).toEqual(new Set([2]));
});

it('what was missed is told', () => {
  expect(told.get('dso')!.join('\n')).toMatch(/Mirror market of \S+: following it failed: /);
});

it.each(CLIENTS)('what %s showed %s stands in the log of %s', async (giver, _, taker) => {
  const { findings, events } = await compareLogs({
    dataDir: inFolder(taker),
    mirror: giver,
    sourceDir: inFolder(giver),
    shownOf: partyLog,
  });
  expect([findings, events > 0]).toEqual([[], true]);
});
