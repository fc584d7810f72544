import { type Decider, DomainError } from '../log/decider';
import { type AlarmEvent, type AlarmFacts, ALARM_WORDS_MAX } from './events';

export type AlarmCommand = { readonly aggregatorId: string; readonly alarmId: string } & (
  | { readonly kind: 'raiseAlarm'; readonly facts: AlarmFacts }
  | {
      readonly kind: 'acknowledgeAlarm';
      /** What was done. */
      readonly action?: string;
      /** Why nothing is done. */
      readonly reason?: string;
    }
  | { readonly kind: 'endAlarm' }
);

/** What has ended may be raised anew, acknowledged or not: `over` is what is both, in whichever order. */
export type AlarmState = 'none' | 'raised' | 'acknowledged' | 'ended' | 'over';

/**
 * An alarm stands once however often its cause is found, is acknowledged once, and begins anew only after it
 * has ended.
 */
export const alarmDecider: Decider<AlarmState, AlarmCommand, AlarmEvent> = {
  initialState: 'none',
  decide(command, state) {
    const { aggregatorId, alarmId } = command;
    const isStanding = state === 'raised' || state === 'acknowledged';
    if (command.kind === 'raiseAlarm') {
      if (isStanding) return [];
      return [{ type: 'AlarmRaised', data: { aggregatorId, alarmId, facts: command.facts } }];
    }
    if (command.kind === 'endAlarm') {
      return isStanding ? [{ type: 'AlarmEnded', data: { aggregatorId, alarmId } }] : [];
    }
    if (state === 'none') {
      throw new DomainError('alarm-unknown', `${aggregatorId} has no alarm ${alarmId}.`);
    }
    const { action, reason } = wordsOf(command);
    if (state === 'acknowledged' || state === 'over') {
      throw new DomainError(
        'alarm-acknowledged',
        `Alarm ${alarmId} is acknowledged already; what was said of it stands.`,
      );
    }
    return [{ type: 'AlarmAcknowledged', data: { aggregatorId, alarmId, action, reason } }];
  },
  evolve(state, { type }) {
    switch (type) {
      case 'AlarmRaised':
        return 'raised';
      case 'AlarmAcknowledged':
        return state === 'ended' ? 'over' : 'acknowledged';
      case 'AlarmEnded':
        return state === 'acknowledged' ? 'over' : 'ended';
    }
  },
};

/** @throws DomainError `input-malformed` unless one of the two says something */
function wordsOf({ action, reason }: { readonly action?: string; readonly reason?: string }) {
  const said = { action: action?.trim() || null, reason: reason?.trim() || null };
  const given = said.action ?? said.reason;
  const wrong = (field: string, why: string): DomainError =>
    new DomainError('input-malformed', `An acknowledgement needs one: ${field} ${why}.`, [
      { field, reason: why },
    ]);
  if (given === null) throw wrong('action', 'or reason must say something');
  if (said.action !== null && said.reason !== null) {
    throw wrong('reason', 'must be absent where something was done');
  }
  if (given.length > ALARM_WORDS_MAX) {
    const field = said.action === null ? 'reason' : 'action';
    throw wrong(field, `must have ${ALARM_WORDS_MAX} characters at most`);
  }
  return said;
}
