/** Given what was excluded, when a PoD is left out or taken in, then the event, or the refusal. */
import { DomainError } from '../log/decider';
import { kpiExclusionDecider } from './exclusion';

const { decide, evolve } = kpiExclusionDecider;
const podId = 'IT002E60776854';
const out = { podId, excluded: true, reason: 'its meter runs backwards' };

it('a PoD is left out, once, and taken in again', () => {
  const event = { type: 'KpiExclusionChanged', data: out } as const;
  expect(decide({ ...out, reason: ` ${out.reason} ` }, false)).toEqual([event]);
  expect(evolve(false, event)).toBe(true);
  expect(decide(out, true)).toEqual([]);
  expect(decide({ ...out, excluded: false }, true)).toHaveLength(1);
  expect(decide({ ...out, excluded: false }, false)).toEqual([]);
});

it.each(['', '   ', 'x'.repeat(501)])('a reason of %j is refused by name', (reason) => {
  expect(() => decide({ ...out, reason }, false)).toThrow(DomainError);
});
