import type { Schemas } from '@flexledger/api-client';
import { zoneOf } from '../parts/words';
import { dayStrip } from './day-strip';

const MTU_MS = 900_000;
const START_MS = Date.parse('2026-03-16T23:00:00Z');
const rome = zoneOf('Europe/Rome');

const session = (change: Partial<Schemas['SessionStatus']>): Schemas['SessionStatus'] => ({
  sessionId: 'realTime-2026-03-17T07:00Z',
  kind: 'realTime',
  status: 'published',
  deliveryStart: '2026-03-17T07:00:00.000Z',
  mtuCount: 16,
  gateOpensAt: '2026-03-17T04:00:00.000Z',
  gateClosesAt: '2026-03-17T05:00:00.000Z',
  requests: 1,
  offers: 2,
  requestedWh: 10,
  offeredWh: 20,
  acceptedWh: 10,
  deliveredWh: null,
  settledMicroEur: null,
  soldNothingBecause: null,
  ...change,
});
const layout = (one: Schemas['SessionStatus'], now: string, mtus = 96, startMs = START_MS) =>
  dayStrip(
    { sessions: [one], power: { startMs, acceptedW: new Array(mtus).fill(0), deliveredW: [] } },
    Date.parse(now),
    rome,
  );

it.each([
  ['2026-03-17T06:00:00Z', {}, 'sold'],
  ['2026-03-17T08:00:00Z', {}, 'in delivery'],
  ['2026-03-17T12:00:00Z', {}, 'measuring'],
  ['2026-03-17T12:00:00Z', { settledMicroEur: 5 }, 'paid'],
  ['2026-03-17T12:00:00Z', { acceptedWh: 0 }, 'nothing sold'],
  ['2026-03-17T04:30:00Z', { status: 'open', acceptedWh: null }, 'gate open'],
  ['2026-03-17T04:30:00Z', { status: 'cancelled' }, 'cancelled'],
] as const)('at %s, %j, the session is: %s', (now, change, words) => {
  const [, realTime] = layout(session(change), now).lanes;
  expect(realTime!.bars[0]).toMatchObject({ words, from: 9 / 24 - 1 / 24, to: 12 / 24 });
});

it('shows gates that are in the day, and now on the day itself only', () => {
  const today = layout(session({}), '2026-03-17T11:00:00Z');
  expect(today.lanes[2]!.bars).toHaveLength(1);
  expect(today.now).toBe(0.5);
  const before = session({
    gateOpensAt: '2026-03-15T10:00:00Z',
    gateClosesAt: '2026-03-15T14:00:00Z',
  });
  const later = layout(before, '2026-03-19T11:00:00Z');
  expect(later.lanes[2]!.bars).toEqual([]);
  expect(later.now).toBeUndefined();
});

it('has an hour less on the day that the clocks go forward', () => {
  const start = Date.parse('2026-03-28T23:00:00Z');
  const { hours } = layout(session({}), '2026-03-20T00:00:00Z', 92, start);
  expect(hours.map(({ label }) => label)).toEqual([
    '00:00',
    '04:00',
    '08:00',
    '12:00',
    '16:00',
    '20:00',
    '24:00',
  ]);
  expect(hours[1]!.share).toBeCloseTo(3 / 23);
  expect(hours.at(-1)).toMatchObject({ share: 1, atMs: start + 92 * MTU_MS });
});
