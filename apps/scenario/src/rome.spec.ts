/** Rome by measure -> its people, by district; the same seed gives the same ones. */
import { deliveryDay } from '@flexledger/domain';
import { drawRome, romeTestServices } from './rome';

const limits = {} as Parameters<typeof drawRome>[2];

it('the smallest are the eleven households of the trial, each with a storage for its services', () => {
  const { pods, network } = drawRome(1, 'rome-11', limits)!;
  expect(pods).toHaveLength(11);
  for (const { customerKind, storageW, flexibility, connection } of pods) {
    expect(customerKind).toBe('household');
    expect(storageW).toBeGreaterThan(0);
    expect(flexibility.upW).toBeGreaterThanOrEqual(1_000);
    expect(connection).toMatchObject({ voltageLevel: 'LV', meterGeneration: 2 });
  }
  expect(network.pods.map(({ id }) => id)).toEqual(pods.map(({ podId }) => podId));
});

it('then come the plant, the parking, and houses of ten flats', () => {
  const scenario = drawRome(1, 'rome-200', limits)!;
  const [plant, parking] = scenario.pods.slice(11, 13);
  expect(plant!.connection).toMatchObject({
    zone: 'tor-di-valle',
    voltageLevel: 'MV',
    cogenerationW: 2_000_000,
  });
  expect(parking!.connection).toMatchObject({ zone: 'ostiense', evChargerW: 150_000 });
  const house = scenario.pods.slice(40, 50);
  expect(new Set(house.map(({ busId }) => busId)).size).toBe(1);
  const zones = new Set(scenario.pods.map(({ connection }) => connection!.zone));
  expect(zones).toEqual(new Set(['tor-di-valle', 'ostiense', 'centocelle']));
  expect(drawRome(1, 'rome-200', limits)).toEqual(scenario);
  expect(drawRome(2, 'rome-200', limits)).not.toEqual(scenario);
});

it('is of no other grid', () => {
  expect(drawRome(1, 'ieee33', limits)).toBeUndefined();
});

it('asks three households of the trial for 300, 600 and 1,000 W from 18:30 to 19:00', () => {
  const timeZone = 'Europe/Rome';
  for (const [date, first] of [
    ['2026-03-17', 74],
    ['2026-03-29', 70],
  ] as const) {
    const period = deliveryDay(date, timeZone);
    const scenario = drawRome(1, 'rome-11', limits)!;
    const services = romeTestServices(scenario, { date, period, timeZone });
    expect(services.map(({ quantityW }) => quantityW.slice(first - 1, first + 3))).toEqual(
      [300, 600, 1_000].map((watts) => [0, watts, watts, 0]),
    );
    expect(romeTestServices({ ...scenario, gridId: 'ieee33' }, { date, period, timeZone })).toEqual(
      [],
    );
  }
});
