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

export interface AlarmState {
  /** What has ended may be raised anew, acknowledged or not: `over` is what is both, in whichever order. */
  readonly status: 'none' | 'raised' | 'acknowledged' | 'ended' | 'over';
  /** Whose it is: names of streams alone do not part `A` with `B-1` from `A-B` with `1`. */
  readonly aggregatorId: string | undefined;
}

/**
 * An alarm stands once however often its cause is found, is acknowledged once, and begins anew only after it
 * has ended.
 */
export const alarmDecider: Decider<AlarmState, AlarmCommand, AlarmEvent> = {
  initialState: { status: 'none', aggregatorId: undefined },
  decide(command, { status, aggregatorId: owner = command.aggregatorId }) {
    const { aggregatorId, alarmId } = command;
    const unknown = () =>
      new DomainError('alarm-unknown', `${aggregatorId} has no alarm ${alarmId}.`);
    if (owner !== aggregatorId) throw unknown();
    const isStanding = status === 'raised' || status === 'acknowledged';
    if (command.kind === 'raiseAlarm') {
      if (isStanding) return [];
      return [{ type: 'AlarmRaised', data: { aggregatorId, alarmId, facts: command.facts } }];
    }
    if (command.kind === 'endAlarm') {
      return isStanding ? [{ type: 'AlarmEnded', data: { aggregatorId, alarmId } }] : [];
    }
    if (status === 'none') throw unknown();
    const { action, reason } = wordsOf(command);
    if (status === 'acknowledged' || status === 'over') {
      throw new DomainError(
        'alarm-acknowledged',
        `Alarm ${alarmId} is acknowledged already; what was said of it stands.`,
      );
    }
    return [{ type: 'AlarmAcknowledged', data: { aggregatorId, alarmId, action, reason } }];
  },
  evolve({ status }, { type, data: { aggregatorId } }) {
    switch (type) {
      case 'AlarmRaised':
        return { aggregatorId, status: 'raised' };
      case 'AlarmAcknowledged':
        return { aggregatorId, status: status === 'ended' ? 'over' : 'acknowledged' };
      case 'AlarmEnded':
        return { aggregatorId, status: status === 'acknowledged' ? 'over' : 'ended' };
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
