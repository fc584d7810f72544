/**
 * Goal: typical days that an operator has reworked on a whole platform follow from the log alone. Method: a simulated
 * day, served a week later; its certified measurements, read from the log, are compared with them. That a month's
 * beginning leads to them: `load-profiles.controller.int-spec.ts` of the DSO's platform.
 */
import { type MeterEvent, MTUS_PER_HOUR, deliveryDay, mtuIndex } from '@flexledger/domain';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

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
