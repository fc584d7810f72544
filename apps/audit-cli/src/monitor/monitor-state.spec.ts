/** Which alarms a monitor keeps when there are more than it keeps. */
import type { Alarm } from './follow-log';
import { nothingSeen, withAlarms } from './monitor-state';

const alarm = (kind: Alarm['kind'], nth: number): Alarm => ({ kind, what: `${nth}`, evidence: [] });
const keptOf = (...rounds: (readonly Alarm[])[]): string[] =>
  rounds
    .reduce(
      (state, alarms) => withAlarms(state, alarms, '2026-03-17T10:00:00.000Z').state,
      nothingSeen('flexledger/trial'),
    )
    .alarms.map(({ kind, what }) => `${kind} ${what}`);
const many = (kind: Alarm['kind']): Alarm[] =>
  Array.from({ length: 1_100 }, (_, nth) => alarm(kind, nth));

it('a fork is kept after a witness that was away for long', () => {
  const kept = keptOf(many('cosignatures'), [alarm('forked', 1)], [alarm('cosignatures', 2_000)]);
  expect(kept).toHaveLength(1_000);
  expect([kept[0], kept.at(-2), kept.at(-1)]).toEqual([
    'cosignatures 0',
    'cosignatures 998',
    'forked 1',
  ]);
});

it('of those that show that the log contradicts itself the first are kept, and no cosignatures beside them', () => {
  const kept = keptOf([alarm('cosignatures', 0)], many('forked'), [alarm('shrunk', 1)]);
  expect(kept).toHaveLength(1_000);
  expect([kept[0], kept.at(-1)]).toEqual(['forked 0', 'forked 999']);
});
