/**
 * The package of each quarter-hour as it is sent by itself: over the stream of events, to each its own rows, also
 * where nothing came, and what was missed while nobody worked.
 */
import {
  type NodeEvent,
  type QuarterHourReported,
  nodeStream,
  quarterHourDecider,
} from '@flexledger/domain';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  uuidFrom,
} from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { EventsModule, type HttpApp, createHttpApp, partyLog } from '@flexledger/service-kit';
import { type CustomerTrial, NOW_MS, openTrial, registerPods } from '../testing/customer-trial';

const [A, B, C] = ['IT002E00000001', 'IT002E00000002', 'IT002E00000003'] as const;
const MTU_MS = 900_000;
const MINUTE_MS = 60_000;
/** The quarter-hour that ends at the trial's beginning. */
const FIRST_MS = NOW_MS - MTU_MS;
const energies = { withdrawnWh: 120, injectedWh: 0, reactiveVarh: 7 };

let trial: CustomerTrial;
let http: HttpApp;
let tokenOf: (actor: string) => Promise<string>;
let working: AbortController;
const closing = new AbortController();
beforeEach(async () => {
  trial = await openTrial();
  await registerPods(trial, 'AGG1', 'AGG2', 'AGG1');
  working = new AbortController();
  const realm = { issuer: 'trial', audience: 'trial', clock: { nowMs: () => NOW_MS } };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  tokenOf = async (actor) => (await issuer.issueFor(actor)).accessToken;
  const log = partyLog(trial.log);
  http = await createHttpApp(
    EventsModule.register({ log, closing: closing.signal, clock: realm.clock }),
    {
      title: 'Customers',
      description: 'Events of a trial.',
      port: 0,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      reads: { caughtUp: async () => {}, version: async () => 'trial' },
      log: () => {},
    },
  );
});
afterEach(async () => {
  working.abort();
  await http.close();
  await trial.close();
});
afterAll(() => closing.abort());

async function tell(podId: string, atMs: number, ...events: readonly object[]): Promise<void> {
  for (const event of events as readonly NodeEvent[]) {
    const id = uuidFrom(JSON.stringify([event, atMs]));
    const of = { correlationId: id, causationId: id, actor: 'platform:test', schemaVersion: 1 };
    const occurredAt = isoFromMs(atMs);
    await trial.log.append(nodeStream(podId), 'any', [{ id, ...event, occurredAt, ...of }]);
  }
}

const enrolled = (podId: string) => ({
  type: 'NodeEnrolled',
  data: { podId, publicKey: '04', meterDriver: 'simulated' },
});
const connected = (podId: string) => ({ type: 'NodeConnected', data: { podId } });
const disconnected = (podId: string) => ({ type: 'NodeDisconnected', data: { podId } });

/** Two PoDs with nodes that are there, the third without one. */
async function nodesOfTwo(): Promise<void> {
  for (const podId of [A, B]) {
    await tell(podId, NOW_MS - 3_600_000, enrolled(podId), connected(podId));
  }
}

async function work(): Promise<void> {
  const process = trial.customers.processors.find(
    ({ name }) => name === 'customers/quarter-hours',
  )!;
  await process.begin!({ signal: working.signal, fence: 0 });
}

async function reported(): Promise<readonly QuarterHourReported['data'][]> {
  const found = [];
  const filter = { types: ['QuarterHourReported'] };
  for await (const { data } of trial.log.readAll({ filter })) found.push(data);
  return found as QuarterHourReported['data'][];
}

/** The first reports that a party is sent over its stream. */
async function sentTo(
  actor: string,
  count: number,
): Promise<readonly QuarterHourReported['data'][]> {
  const gone = new AbortController();
  const authorization = `Bearer ${await tokenOf(actor)}`;
  const headers = { accept: 'text/event-stream', authorization };
  const { signal } = gone;
  const at = `${http.url}/api/v1/events?types=QuarterHourReported`;
  const { body } = await fetch(at, { headers, signal });
  let text = '';
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!));
    if (frames.length < count) continue;
    gone.abort();
    return frames.map(({ data }) => data);
  }
  throw new Error('The stream ended.');
}

it('says of which nodes nothing came, two minutes after its end, to each of its own', async () => {
  await nodesOfTwo();
  for (let back = 1; back <= 4; back += 1) {
    for (const podId of [A, B]) {
      await trial.record(podId, [{ mtuStartMs: NOW_MS - back * MTU_MS, ...energies }]);
    }
  }
  await trial.clock.advanceTo(NOW_MS + MINUTE_MS);
  await work();
  await trial.clock.advanceTo(NOW_MS + 2 * MINUTE_MS - 1);
  expect((await reported()).map(({ quarterHour }) => quarterHour)).not.toContain(
    isoFromMs(FIRST_MS),
  );
  await trial.clock.advanceTo(NOW_MS + 2 * MINUTE_MS);
  const all = { part: { index: 0, of: 1 }, rows: [] };
  expect((await reported()).at(-1)).toEqual({ quarterHour: isoFromMs(FIRST_MS), ...all });
  // In the next one the first node is cut off, and the second says nothing.
  await tell(A, NOW_MS + 5 * MINUTE_MS, disconnected(A));
  await trial.clock.advanceTo(NOW_MS + MTU_MS + 2 * MINUTE_MS);
  const quarterHour = isoFromMs(NOW_MS);
  const none = { code: 'no-data', since: quarterHour };
  const cut = { code: 'disconnected', since: isoFromMs(NOW_MS + 5 * MINUTE_MS) };
  const rows = [
    { podId: A, aggregatorId: 'AGG1', isMeasured: false, anomalies: [none, cut] },
    { podId: B, aggregatorId: 'AGG2', isMeasured: false, anomalies: [none] },
  ];
  const before = (await reported()).length;
  const last = async (actor: string) => (await sentTo(actor, before)).at(-1);
  expect(await last('dso')).toEqual({ quarterHour, part: { index: 0, of: 1 }, rows });
  expect(await last('tso')).toMatchObject({ rows });
  expect(await last('aggregator:AGG1')).toMatchObject({ quarterHour, rows: [{ podId: A }] });
  expect(await last(`customer:${B}`)).toMatchObject({ quarterHour, rows: [{ podId: B }] });
  // Who has nothing in it is told that it is over.
  expect(await last(`customer:${C}`)).toMatchObject({ quarterHour, rows: [] });
});

it('is reported once, what nobody reported for an hour too', async () => {
  await nodesOfTwo();
  await work();
  await trial.clock.advanceTo(NOW_MS + 2 * MINUTE_MS);
  const hour = [5, 4, 3, 2, 1].map((back) => isoFromMs(NOW_MS - back * MTU_MS));
  expect((await reported()).map(({ quarterHour }) => quarterHour)).toEqual(hour);
  working.abort();
  await trial.clock.advanceTo(NOW_MS + 4 * MTU_MS);
  expect(await reported()).toHaveLength(hour.length);
  working = new AbortController();
  await work();
  await trial.clock.advanceTo(NOW_MS + 4 * MTU_MS + 2 * MINUTE_MS);
  const after = [0, 1, 2, 3].map((on) => isoFromMs(NOW_MS + on * MTU_MS));
  expect((await reported()).map(({ quarterHour }) => quarterHour)).toEqual([...hour, ...after]);
});

it('is not reported where no PoD has a node', async () => {
  await work();
  await trial.clock.advanceTo(NOW_MS + MTU_MS);
  expect(await reported()).toEqual([]);
});

describe('of a city, which is several parts', () => {
  const { decide, evolve, initialState } = quarterHourDecider;
  const quarterHour = isoFromMs(NOW_MS);
  const rows = Array.from({ length: 10_000 }, (_, index) => ({
    podId: `IT002E${10_000_000 + index}`,
    aggregatorId: 'AGG1',
    isMeasured: false,
    anomalies: [{ code: 'no-data', since: quarterHour } as const],
  }));
  const parts = decide({ quarterHour, rows }, initialState);
  const cutShort = evolve(initialState, parts[0]!);

  it('goes on with the parts that are missing, and takes none twice', () => {
    expect(parts.length).toBeGreaterThan(1);
    expect(decide({ quarterHour, rows }, cutShort)).toEqual(parts.slice(1));
    const whole = parts.reduce(evolve, initialState);
    expect(decide({ quarterHour, rows: [] }, whole)).toEqual([]);
  });

  it('begins anew where a node has spoken since: no row is lost or stands twice', () => {
    const fewer = rows.slice(1);
    const again = decide({ quarterHour, rows: fewer }, cutShort);
    expect(again.reduce(evolve, cutShort)).toEqual({
      rows: again.map(({ data }) => data.rows),
      isWhole: true,
    });
    expect(again.flatMap(({ data }) => data.rows)).toEqual(fewer);
  });
});
