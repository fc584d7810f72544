/** The field as apps ask for it: meters, setpoints, grid, weather and checkpoints, over the real file. */
import { msFromIso } from '@flexledger/runtime';
import { findActivations, getActivation } from './activations/queries';
import {
  checkpointCovering,
  findCheckpoints,
  getCertifier,
  latestAnchor,
  latestCheckpoint,
} from './certification/queries';
import {
  findCustomerForecasts,
  findGridStates,
  findStateEstimates,
  getCustomerForecasts,
  getGridState,
} from './grid-state/queries';
import { findMeasurements, findRejectedPackets, measurementsBetween } from './measurements/queries';
import { openRecordedDay, POD_A, POD_B, type RecordedDay } from './testing/recorded-day';
import { SESSION } from './testing/session-events';
import { weatherBetween } from './weather/queries';

let day: RecordedDay;

beforeAll(async () => {
  day = await openRecordedDay();
});
afterAll(() => day.close());

it('measurements over midnight, for several PoDs, and rejected packets', async () => {
  const { documents } = day.views;
  const found = await measurementsBetween(
    documents,
    [POD_B, POD_A, 'nobody'],
    msFromIso('2026-03-16T23:45:00.000Z'),
    msFromIso('2026-03-17T00:15:00.000Z'),
  );
  expect(found.map((rows) => rows.map(({ withdrawnWh }) => withdrawnWh))).toEqual([
    [3],
    [1, 2],
    [],
  ]);
  expect((await findMeasurements(documents, { day: '2026-03-17' })).items).toHaveLength(2);
  const packets = await findRejectedPackets(documents, { podId: POD_A });
  expect(packets.items.map(({ reason }) => reason)).toEqual(['replayed', 'wrong-hash']);
});

it('activations and the grid', async () => {
  const { documents } = day.views;
  expect(await getActivation(documents, '2026-03-17T03:00Z', POD_A)).toMatchObject({
    status: 'issued',
  });
  const activations = await findActivations(documents, { aggregatorId: 'AGG1' });
  expect(activations.items.map(({ podId }) => podId)).toEqual([POD_B, POD_A]);
  expect(await getGridState(documents, 'rome', SESSION)).toMatchObject({ forecastId: 'f1' });
  expect((await findGridStates(documents, { openViolations: { from: 1 } })).items).toEqual([]);
  expect((await findGridStates(documents)).items).toHaveLength(1);
  const forecasts = await getCustomerForecasts(documents, SESSION, [POD_A, 'none', POD_B]);
  expect(forecasts.map((doc) => doc?.forecastW)).toEqual([[1], undefined, [2]]);
  expect((await findCustomerForecasts(documents, { podId: POD_B })).items).toHaveLength(1);
  const estimates = await findStateEstimates(documents, { gridId: 'rome' });
  expect(estimates.items.map(({ estimateId }) => estimateId)).toEqual(['e1', 'e2']);
});

it('weather, hour by hour as it was reported last', async () => {
  const at = (iso: string): number => msFromIso(`2026-03-${iso}:00:00.000Z`);
  const { documents } = day.views;
  const hours = await weatherBetween(documents, 'rome', at('16T23'), at('17T03'));
  expect(hours.map(({ startMs }) => startMs)).toEqual([...[at('16T23'), at('17T00'), at('17T02')]]);
  expect(hours.map((hour) => hour.irradianceDeciWPerM2)).toEqual([10, 21, 40]);
  expect(hours[0]).toMatchObject({ temperatureDeciC: 150, windCmPerS: 300 });
  // An hour that only touches the period counts.
  expect(await weatherBetween(documents, 'rome', at('17T00') + 1, at('17T02'))).toHaveLength(1);
  expect(await weatherBetween(documents, 'milan', at('16T23'), at('17T03'))).toEqual([]);
});

it('checkpoints: the latest, the latest anchored, and which covers an event', async () => {
  const { documents } = day.views;
  expect(await getCertifier(documents)).toMatchObject({ origin: 'log' });
  expect((await latestCheckpoint(documents))?.size).toBe(40);
  expect((await latestAnchor(documents))?.size).toBe(30);
  const covering = async (leafIndex: number, anchored: boolean) =>
    (await checkpointCovering(documents, leafIndex, { anchored }))?.size;
  expect(await covering(9, true)).toBe(10);
  expect(await covering(10, false)).toBe(20);
  expect(await covering(10, true)).toBe(30);
  expect(await covering(30, false)).toBe(40);
  expect(await covering(30, true)).toBeUndefined();
  expect((await findCheckpoints(documents)).items.map(({ size }) => size)).toEqual([
    40, 30, 20, 10,
  ]);
});
