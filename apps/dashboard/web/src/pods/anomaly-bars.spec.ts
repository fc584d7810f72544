import { anomalyBars } from './anomaly-bars';

const day = { startMs: Date.parse('2026-03-17T00:00Z'), endMs: Date.parse('2026-03-18T00:00Z') };
const found = (anomalyId: string, startedAt: string, endedAt: string | null) => ({
  anomalyId,
  kind: 'meter',
  detail: 'it does not answer',
  startedAt,
  endedAt,
});
const NOW = Date.parse('2026-03-17T18:00Z');

it('stands from begin to end, and until now where it lasts', () => {
  const bars = anomalyBars(
    [found('b', '2026-03-17T12:00Z', null), found('a', '2026-03-17T06:00Z', '2026-03-17T07:12Z')],
    day,
    NOW,
  );
  expect(bars.map(({ key, from, to, isStanding }) => [key, from, to, isStanding])).toEqual([
    ['a', 0.25, 0.3, false],
    ['b', 0.5, 0.75, true],
  ]);
});

it('is cut at the ends of the day, and left out on another', () => {
  const bars = anomalyBars(
    [
      found('over', '2026-03-16T12:00Z', '2026-03-19T00:00Z'),
      found('before', '2026-03-15T00:00Z', '2026-03-17T00:00Z'),
      found('after', '2026-03-18T00:00Z', null),
    ],
    day,
    Date.parse('2026-03-20T00:00Z'),
  );
  expect(bars.map(({ key, from, to }) => [key, from, to])).toEqual([['over', 0, 1]]);
});
