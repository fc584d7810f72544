/** The package of a quarter-hour by REST: a node that speaks, one that is silent and cut off, a PoD without one. */
import { type NodeEvent, nodeStream } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { NOW_MS, type ServedTrial, registerPods, serveTrial } from '../testing/customer-trial';

const [A, B, C] = ['IT002E00000001', 'IT002E00000002', 'IT002E00000003'] as const;
const START_MS = NOW_MS - 900_000;
const START = isoFromMs(START_MS);
const PATH = 'GET /api/v1/measurements/package';
const energies = { withdrawnWh: 120, injectedWh: 0, reactiveVarh: 7 };

let trial: ServedTrial;
beforeAll(async () => {
  trial = await serveTrial();
  await registerPods(trial, 'AGG1', 'AGG1', 'AGG2');
  await trial.record(A, [{ mtuStartMs: START_MS, ...energies }]);
  await tell(A, START_MS, enrolled(A), { type: 'NodeConnected', data: { podId: A } });
  await tell(
    B,
    START_MS - 60_000,
    enrolled(B),
    { type: 'AnomalyRaised', data: { podId: B, anomaly: 'meter', detail: 'it is silent' } },
    { type: 'NodeDisconnected', data: { podId: B } },
  );
});
afterAll(() => trial.close());

const enrolled = (podId: string): NodeEvent =>
  ({
    type: 'NodeEnrolled',
    data: { podId, publicKey: '04', meterDriver: 'simulated' },
  }) as NodeEvent;

async function tell(podId: string, atMs: number, ...events: readonly NodeEvent[]): Promise<void> {
  const correlationId = uuidFrom(podId);
  await trial.log.append(
    nodeStream(podId),
    'any',
    events.map(({ type, data }, index) => ({
      id: uuidFrom(`${podId}/${index}`),
      type,
      data,
      schemaVersion: 1,
      occurredAt: isoFromMs(atMs),
      actor: 'platform:test',
      correlationId,
      causationId: correlationId,
    })),
  );
}

it('holds every PoD, also when nothing came of it', async () => {
  const { status, body } = await trial.call('auditor', PATH);
  expect([status, body.quarterHour, body.next]).toEqual([200, START, null]);
  const since = isoFromMs(START_MS - 60_000);
  expect(body.items).toEqual([
    { podId: A, aggregatorId: 'AGG1', measured: energies, anomalies: [] },
    {
      podId: B,
      aggregatorId: 'AGG1',
      measured: null,
      anomalies: [
        { code: 'no-data', since: START },
        { code: 'disconnected', since },
        { code: 'meter', since },
      ],
    },
    {
      podId: C,
      aggregatorId: 'AGG2',
      measured: null,
      anomalies: [
        { code: 'no-data', since: START },
        { code: 'no-node', since: null },
      ],
    },
  ]);
});

it('is the own PoDs’ for aggregators and customers, page by page', async () => {
  const podsOf = async (actor: string, query = ''): Promise<string[]> => {
    const { body } = await trial.call(actor, `${PATH}${query}` as typeof PATH);
    return (body.items as { podId: string }[]).map(({ podId }) => podId);
  };
  expect(await podsOf('aggregator:AGG1')).toEqual([A, B]);
  expect(await podsOf('aggregator:AGG2')).toEqual([C]);
  expect(await podsOf('customer:IT002E00000001')).toEqual([A]);
  expect(await podsOf('tso', '?limit=2')).toEqual([A, B]);
});

it('of an hour before has no anomaly that began later', async () => {
  const hourBefore = isoFromMs(START_MS - 3_600_000);
  const { body } = await trial.call('dso', `${PATH}?quarterHour=${hourBefore}` as typeof PATH);
  const codes = body.items[1].anomalies.map(({ code }: { code: string }) => code);
  expect(codes).toEqual(['no-data']);
});

it.each([
  ['2026-03-17T09:50:00Z', 'must be the beginning of a quarter-hour'],
  [isoFromMs(NOW_MS), `is not over; the last one that is began at ${START}`],
])('of %s is refused', async (quarterHour, reason) => {
  const answer = await trial.call('dso', `${PATH}?quarterHour=${quarterHour}` as typeof PATH);
  expect([answer.status, answer.body.errors]).toEqual([400, [{ field: 'quarterHour', reason }]]);
  expect((await trial.call(undefined, PATH)).status).toBe(401);
});
