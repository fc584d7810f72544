import fc from 'fast-check';
import { createQuarterHourTable } from './quarter-hours';

const QUARTER_HOUR_MS = 900_000;
const entries = fc.array(
  fc.record({
    podId: fc.constantFrom('A', 'B'),
    startMs: fc.integer({ min: -200, max: 400 }).map((index) => index * QUARTER_HOUR_MS),
    value: fc.integer(),
  }),
  { maxLength: 60 },
);

it('answers as a list of all entries would', () => {
  fc.assert(
    fc.property(entries, fc.nat(), (list, pick) => {
      const table = createQuarterHourTable();
      const known = new Map<string, number>();
      for (const { podId, startMs, value } of list) {
        table.set(podId, startMs, value);
        known.set(`${podId}/${startMs}`, value);
      }
      const { podId, startMs } = list[pick % Math.max(1, list.length)] ?? {
        podId: 'A',
        startMs: 0,
      };
      const starts = [...known.keys()]
        .filter((key) => key.startsWith(podId))
        .map((key) => Number(key.slice(2)))
        .sort((a, b) => a - b);
      const valueAt = (at: number | undefined) => known.get(`${podId}/${at}`);
      expect(table.at(podId, startMs)).toBe(valueAt(startMs));
      expect(table.before(podId, startMs)).toBe(valueAt(starts.findLast((at) => at < startMs)));
      expect(table.after(podId, startMs)).toBe(valueAt(starts.find((at) => at > startMs)));
    }),
  );
});

it('finds the neighbours of a quarter-hour of a day that has none yet', () => {
  const table = createQuarterHourTable();
  table.set('A', 0, 7);
  expect(table.before('A', 96 * QUARTER_HOUR_MS)).toBe(7);
  expect(table.after('A', -QUARTER_HOUR_MS)).toBe(7);
});

it('refuses what starts no quarter-hour', () => {
  const table = createQuarterHourTable();
  expect(() => table.set('A', 1, 0)).toThrow('no quarter-hour starts at 1 ms');
  expect(() => table.at('A', NaN)).toThrow(RangeError);
});
