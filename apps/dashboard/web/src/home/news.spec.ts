import { zoneOf } from '../parts/words';
import { newSince, newsOf } from './news';

const zone = zoneOf('Europe/Rome');
const POD = { podId: 'IT002E60000001', read: false };
const SOLD = {
  ...POD,
  kind: 'offerAccepted' as const,
  at: '2026-03-16T17:00:00.000Z',
  sessionId: 'dayAhead-2026-03-16T23:00Z',
  from: '2026-03-17T18:00:00.000Z',
  until: '2026-03-17T19:30:00.000Z',
  acceptedWh: 1_250,
  acceptedVarh: 0,
};
const BEGUN = {
  ...POD,
  kind: 'activationBegun' as const,
  at: '2026-03-17T17:45:00.000Z',
  windowStart: '2026-03-17T18:00:00.000Z',
  setpointId: 's-1',
  targetW: [500],
};
const PAID = {
  ...POD,
  kind: 'economicResult' as const,
  at: '2026-03-17T20:00:00.000Z',
  sessionId: SOLD.sessionId,
  correction: 0,
  netMicroEur: 310_000,
};

it('says in a sentence each what was sold, what begins and what was earned', () => {
  expect(newsOf([PAID, BEGUN, SOLD], zone).map(({ what }) => what)).toEqual([
    'Settled: EUR 0.31, before it is shared with your aggregator.',
    'Your home gives flexibility from Tue 17 Mar, 19:00.',
    '1.3 kWh of your home were sold: Tue 17 Mar, 19:00 to 20:30.',
  ]);
  const [corrected] = newsOf([{ ...PAID, correction: 1 }], zone);
  expect(corrected!.what).toBe('Corrected: EUR 0.31, before it is shared with your aggregator.');
});

it('tells what has come since, and nothing of the first look or of what is read', () => {
  const before = newsOf([SOLD], zone);
  expect(newSince(undefined, before)).toEqual([]);
  const now = newsOf([PAID, { ...BEGUN, read: true }, SOLD], zone);
  expect(newSince(before, now).map(({ key }) => key)).toEqual([now[0]!.key]);
});
