/** Given what was read and chosen, when a customer reads on or chooses anew, then the event. */
import { DomainError } from '../log/decider';
import { type NotificationKind, NOTIFICATION_KINDS, notificationsDecider } from './events';

const { decide, evolve, initialState } = notificationsDecider;
const podId = 'IT002E60776854';
const at = (time: string): number => Date.parse(`2026-03-17T${time}:00.000Z`);
const nowMs = at('12:00');
const read = (upToMs: number) => ({ kind: 'readNotifications', podId, upToMs, nowMs }) as const;
const choose = (...kinds: readonly NotificationKind[]) =>
  ({ kind: 'chooseNotifications', podId, kinds, nowMs }) as const;

it('is read up to an instant, and never less again', () => {
  const [event] = decide(read(at('10:00')), initialState);
  expect(event!.data).toEqual({ podId, upTo: '2026-03-17T10:00:00.000Z' });
  const state = evolve(initialState, event!);
  expect(decide(read(at('10:00')), state)).toEqual([]);
  expect(decide(read(at('09:00')), state)).toEqual([]);
  expect(decide(read(at('11:00')), state)).toHaveLength(1);
});

it('nothing that is still to come can be read', () => {
  expect(() => decide(read(nowMs + 1), initialState)).toThrow(DomainError);
});

it('is told of everything until the customer chooses, in one order and each kind once', () => {
  expect(decide(choose(...NOTIFICATION_KINDS), initialState)).toEqual([]);
  const wanted = choose('economicResult', 'offerAccepted', 'offerAccepted');
  const [event] = decide(wanted, initialState);
  expect(event!.data).toEqual({ podId, kinds: ['offerAccepted', 'economicResult'] });
  const state = evolve(initialState, event!);
  expect(decide(wanted, state)).toEqual([]);
  expect(decide(choose(), state)[0]!.data).toEqual({ podId, kinds: [] });
  // What was read stays so.
  expect(evolve(evolve(initialState, decide(read(at('10:00')), initialState)[0]!), event!)).toEqual(
    {
      readMs: at('10:00'),
      kinds: ['offerAccepted', 'economicResult'],
    },
  );
});
