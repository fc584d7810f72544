/** Laws of the ids that follow from commands, by arbitrary commands. */
import fc from 'fast-check';
import {
  commandMark,
  eventIdOf,
  isFirstOf,
  isLastOfCommand,
  markOf,
  recurringEventId,
  recurringId,
} from './event-id';

const command = fc.record(
  { commandId: fc.string(), content: fc.string() },
  { requiredKeys: ['commandId'] },
);
const index = fc.nat({ max: 100_000 });

describe('an event id that follows from a command', () => {
  it('is a lower-case UUID of version 8', () => {
    fc.assert(
      fc.property(command, index, fc.boolean(), (of, at, isLast) => {
        expect(eventIdOf(of, at, isLast)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it('tells its command, whatever the index and the content, and whether it is the last', () => {
    fc.assert(
      fc.property(command, index, fc.boolean(), (of, at, isLast) => {
        const id = eventIdOf(of, at, isLast);
        expect(markOf(id)).toBe(commandMark(of.commandId));
        expect(isLastOfCommand(id)).toBe(isLast);
      }),
    );
  });

  it('is the same for the same, and another for anything else', () => {
    const given = fc.tuple(command, index, fc.boolean());
    fc.assert(
      fc.property(given, given, ([one, i, iLast], [other, j, jLast]) => {
        const sameContent = (one.content ?? '') === (other.content ?? '');
        const same = one.commandId === other.commandId && sameContent && i === j && iLast === jLast;
        expect(eventIdOf(one, i, iLast) === eventIdOf(other, j, jLast)).toBe(same);
      }),
    );
    const parted = [
      { commandId: 'a', content: '0/b' },
      { commandId: 'a/0', content: 'b' },
    ].map((of) => eventIdOf(of, 0, true));
    expect(parted[0]).not.toBe(parted[1]);
  });

  it('shows whether it is the first of a command with that content', () => {
    fc.assert(
      fc.property(command, fc.string(), index, fc.boolean(), (of, content, at, isLast) => {
        expect(isFirstOf(of, eventIdOf(of, 0, isLast))).toBe(true);
        expect(isFirstOf(of, eventIdOf(of, at + 1, isLast))).toBe(false);
        const isSame = (of.content ?? '') === content;
        expect(isFirstOf({ ...of, content }, eventIdOf(of, 0, isLast))).toBe(isSame);
      }),
    );
  });
});

describe('the id of an event of a command that may recur', () => {
  const event = fc.record({
    recurringId: fc.tuple(fc.string(), fc.nat()).map((of) => recurringId(...of)),
    index,
    isLast: fc.boolean(),
    occurredAt: fc
      .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  });

  it('is a lower-case UUID of version 8, in the order of time', () => {
    fc.assert(
      fc.property(event, event, (one, other) => {
        const [id, otherId] = [recurringEventId(one), recurringEventId(other)];
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(isLastOfCommand(id)).toBe(one.isLast);
        if (one.occurredAt !== other.occurredAt) {
          expect(id < otherId).toBe(one.occurredAt < other.occurredAt);
        }
      }),
    );
  });

  it('is the same for the same, and another for anything else', () => {
    fc.assert(
      fc.property(event, event, (one, other) => {
        expect(recurringEventId({ ...one })).toBe(recurringEventId(one));
        const changes = [
          { ...one, recurringId: other.recurringId },
          { ...one, index: one.index + 1 },
        ];
        for (const changed of changes) {
          const isSame = JSON.stringify(changed) === JSON.stringify(one);
          expect(recurringEventId(changed) === recurringEventId(one)).toBe(isSame);
        }
      }),
    );
  });

  it('is what it was when logs were written', () => {
    const of = { recurringId: recurringId('b1f2c7a0-0000-8000-8000-000000000000', 6), index: 0 };
    const id = recurringEventId({ ...of, isLast: true, occurredAt: '2026-03-17T10:00:00.000Z' });
    expect(id).toBe('019cfb3c-ed00-83a3-a5dc-f5b50600a649');
  });
});

it('is what it was when logs were written', () => {
  const of = { commandId: 'b1f2c7a0-0000-8000-8000-000000000000', content: 'digest' };
  expect(eventIdOf(of, 0, false)).toBe('f5932b68-b49c-88b4-8d90-04a35f80f04d');
  expect(eventIdOf(of, 1, true)).toBe('f5932b68-b49c-88b4-a261-05629718b0d7');
});
