/**
 * Goal: typical days that are reworked on a whole platform follow from the log alone, and come as a month begins. Method:
 * a simulated day, served a week later; its certified measurements, read from the log, are compared with them. Then it is
 * served over the begin of the month, and again in the middle of it.
 */
import { type MeterEvent, MTUS_PER_HOUR, deliveryDay, mtuIndex } from '@flexledger/domain';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { gridFile, loadRulePack } from '@flexledger/service-kit';
import { callAs } from './testing/http-client';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';
import { type ServedWhole, serveWhole } from './testing/whole-platform';

const PATH = '/api/v1/grids/ieee33/load-profiles';
let served: ServedDay;

beforeAll(async () => {
  served = await serveSimulatedDay(4);
});
afterAll(() => served.close());

type Recorded = Extract<MeterEvent, { type: 'MeasurementRecorded' }>['data'];

/** Net withdrawal on the day by PoD and quarter-hour, W, as packets in the log say. */
async function measuredW(): Promise<Map<string, (number | null)[]>> {
  const day = deliveryDay(DATE, 'Europe/Rome');
  const measured = new Map<string, (number | null)[]>();
  const filter = { types: ['MeasurementRecorded'] };
  for await (const event of served.platform.store.readAll({ filter })) {
    const { podId, inputData } = event.data as Recorded;
    const mtu = mtuIndex(day, Date.parse(inputData.mtuStart));
    if (mtu < 0 || mtu >= 96) continue;
    const row = measured.get(podId) ?? new Array<number | null>(96).fill(null);
    row[mtu] = (inputData.withdrawnWh - inputData.injectedWh) * MTUS_PER_HOUR;
    measured.set(podId, row);
  }
  return measured;
}

interface TypicalDay {
  readonly powerW: readonly (number | null)[];
  readonly days: readonly number[];
}

it('an operator has them reworked; they are the sums of what the log holds of the meters', async () => {
  const asDso = served.as('dso');
  expect((await asDso.get(PATH)).body.code).toBe('profiles-unknown');
  const made = await asDso.post(`${PATH}/rework`, { reason: 'the first week is over' });
  expect(made.body).toMatchObject({ trigger: 'operator', pods: 4 });
  const { days } = made.body.madeFrom as { days: Record<string, string[]> };
  expect(days['working']).toContain(DATE);
  expect((await asDso.get(PATH)).body).toEqual(made.body);
  const measured = await measuredW();
  const { body: register } = await served.as('auditor').get('/api/v1/pods?limit=10');
  const pods = register.items as { podId: string; details: { pvPeakW: number } }[];
  let compared = 0;
  for (const { podId, details } of pods) {
    const { body } = await asDso.get(`${PATH}/pods/${podId}`);
    const { powerW, days: counts } = body.working as TypicalDay;
    measured.get(podId)!.forEach((watts, mtu) => {
      // It sold then, or was not measured.
      if (counts[mtu] === 0) return;
      compared += 1;
      expect(counts[mtu]).toBe(1);
      if (details.pvPeakW === 0) expect(powerW[mtu]).toBe(watts);
      else expect(powerW[mtu]).toBeGreaterThanOrEqual(watts! - 1);
    });
  }
  expect(pods.some(({ details }) => details.pvPeakW === 0)).toBe(true);
  expect(compared).toBeGreaterThan(200);
});

/** Serves the folder of the day again, and lets two hours pass; no session is scheduled. */
async function servedFrom(instant: string, then: (later: ServedWhole) => Promise<void>) {
  const clock = new VirtualClock(Date.parse(instant));
  const later = await serveWhole({
    ...{ dataDir: served.dataDir, clock, rules: loadRulePack('platone'), pods: 4 },
    grid: { gridId: 'ieee33', model: gridFile('ieee33'), limits: OPEN_LIMITS },
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  try {
    const { processors } = later.platform;
    await processors.drain();
    await clock.advanceTo(clock.nowMs() + 2 * 3_600_000, () => processors.drain());
    await then(later);
  } finally {
    await later.close();
  }
}

it('as a month begins they are reworked by themselves, once, also where the platform comes up again', async () => {
  await served.stop();
  let made: unknown;
  // Half an hour before midnight, summer time.
  await servedFrom('2026-03-31T21:30:00Z', async ({ url }) => {
    const { body } = await callAs(url, served.dataDir)('dso').get(PATH);
    expect(body).toMatchObject({
      ...{ trigger: 'monthBegan', pods: 4 },
      madeFrom: { firstDay: expect.any(String), lastDay: '2026-03-30' },
    });
    made = body;
  });
  await servedFrom('2026-04-10T12:00:00Z', async ({ url }) => {
    expect((await callAs(url, served.dataDir)('dso').get(PATH)).body).toEqual(made);
  });
});
