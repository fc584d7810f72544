/** Given what was read, when a customer reads on, then the event; what is read stays read. */
import { DomainError } from '../log/decider';
import { notificationsDecider } from './events';

const { decide, evolve, initialState } = notificationsDecider;
const podId = 'IT002E60776854';
const at = (time: string): number => Date.parse(`2026-03-17T${time}:00.000Z`);
const nowMs = at('12:00');

it('is read up to an instant, and never less again', () => {
  const [read] = decide({ podId, upToMs: at('10:00'), nowMs }, initialState);
  expect(read!.data).toEqual({ podId, upTo: '2026-03-17T10:00:00.000Z' });
  const state = evolve(initialState, read!);
  expect(decide({ podId, upToMs: at('10:00'), nowMs }, state)).toEqual([]);
  expect(decide({ podId, upToMs: at('09:00'), nowMs }, state)).toEqual([]);
  expect(decide({ podId, upToMs: at('11:00'), nowMs }, state)).toHaveLength(1);
});

it('nothing that is still to come can be read', () => {
  expect(() => decide({ podId, upToMs: nowMs + 1, nowMs }, initialState)).toThrow(DomainError);
});
