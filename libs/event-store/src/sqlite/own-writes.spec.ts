import { RevisionConflict } from '../errors';
import { testEvents } from '../testing/events';
import type { AppendOutcome } from './append-batch';
import { createOwnWrites } from './own-writes';

const append = (type: string, count = 1) => ({
  streamId: 'a',
  expected: 'any' as const,
  events: testEvents('a', count).map(({ data: _, ...event }) => ({
    ...event,
    type,
    dataJson: '{}',
  })),
  bytes: 2,
});
const at = (position: number): AppendOutcome => ({ revision: 0, position });
const filter = { types: ['NodeEnrolled', 'KeyRotated'] };

describe('what a store has written itself', () => {
  it('is passed over by who looks for other types, and by nobody else', () => {
    const own = createOwnWrites(10);
    own.wrote([append('Measured', 3), append('Measured')], {
      outcomes: [at(13), at(14)],
      othersWrote: false,
    });
    expect(own.skip(10, filter)).toBe(14);
    expect(own.skip(12, filter)).toBe(14);
    expect(own.skip(14, filter)).toBe(14);
    expect(own.skip(9, filter)).toBe(9);
    expect(own.skip(10, { types: ['Measured'] })).toBe(10);
    expect(own.skip(10, { streamPrefixes: ['pod-'] })).toBe(10);
    expect(own.skip(10, undefined)).toBe(10);
  });

  it('is read once where it is of the type that is looked for', () => {
    const own = createOwnWrites(0);
    const outcomes = [at(1), at(2)];
    own.wrote([append('Measured'), append('KeyRotated')], { outcomes, othersWrote: false });
    own.wrote([append('Measured')], { outcomes: [at(3)], othersWrote: false });
    expect(own.skip(0, filter)).toBe(0);
    expect(own.skip(1, filter)).toBe(1);
    expect(own.skip(2, filter)).toBe(3);
  });

  it('begins anew where others have written, whatever they wrote', () => {
    const own = createOwnWrites(0);
    own.wrote([append('Measured')], { outcomes: [at(1)], othersWrote: false });
    own.wrote([append('KeyRotated'), append('Measured')], {
      outcomes: [at(5), at(6)],
      othersWrote: true,
    });
    expect(own.skip(0, filter)).toBe(0);
    expect(own.skip(5, filter)).toBe(5);
    own.wrote([append('Measured')], { outcomes: [at(7)], othersWrote: false });
    expect(own.skip(5, filter)).toBe(5);
    expect(own.skip(6, filter)).toBe(7);
  });

  it('is nothing where an append was refused or stood before', () => {
    const own = createOwnWrites(5);
    own.wrote([append('KeyRotated'), append('KeyRotated')], {
      outcomes: [new RevisionConflict('a', 1, 2), { revision: 0, position: 3, repeated: true }],
      othersWrote: false,
    });
    expect(own.skip(5, filter)).toBe(5);
    own.wrote([append('Measured')], { outcomes: [at(6)], othersWrote: false });
    expect(own.skip(5, filter)).toBe(6);
  });

  it('reads what others wrote before an append of its own that was refused', () => {
    const own = createOwnWrites(0);
    own.wrote([append('Measured')], { outcomes: [at(1)], othersWrote: false });
    own.wrote([append('Measured')], {
      outcomes: [new RevisionConflict('a', 1, 2)],
      othersWrote: true,
    });
    own.wrote([append('Measured')], { outcomes: [at(4)], othersWrote: false });
    expect(own.skip(1, filter)).toBe(1);
    own.wrote([append('Measured')], { outcomes: [at(5)], othersWrote: false });
    expect(own.skip(4, filter)).toBe(5);
  });
});
