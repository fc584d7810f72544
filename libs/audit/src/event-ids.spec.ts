import fc from 'fast-check';
import { createEventIds } from './event-ids';
import { tools } from './testing/node-tools';

it('knows an id again, UUID or any other text, as a set of texts does', () => {
  const id = fc.oneof(fc.uuid(), fc.string({ maxLength: 3 }), fc.constantFrom('a', 'A', ''));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 60 }), (ids) => {
      const [seen, known] = [new Set<string>(), createEventIds(tools.sha256)];
      for (const one of ids) {
        expect(known.add(one)).toBe(!seen.has(one));
        seen.add(one);
      }
    }),
  );
});

it('tells ids apart that differ in letter case alone, and grows beyond what it begins with', () => {
  const known = createEventIds(tools.sha256);
  const upper = 'ABCDEF00-0000-4000-8000-000000000000';
  expect([known.add(upper), known.add(upper.toLowerCase())]).toEqual([true, true]);
  const ids = Array.from({ length: 5_000 }, (_, at) => `id ${at}`);
  expect(ids.every((id) => known.add(id))).toBe(true);
  expect(ids.some((id) => known.add(id))).toBe(false);
});
