/** An alarm's life: given what it went through, when something is found or said, then the event or the refusal. */
import { DomainError } from '../log/decider';
import { type AlarmCommand, type AlarmState, alarmDecider } from './decider';
import type { AlarmFacts } from './events';

const { decide, evolve, initialState } = alarmDecider;
const of = { aggregatorId: 'AGG1', alarmId: 'nodeSilent-IT002E60776854' };
const facts: AlarmFacts = {
  kind: 'nodeSilent',
  podId: 'IT002E60776854',
  since: '2026-03-17T10:00:00.000Z',
};
const raise: AlarmCommand = { kind: 'raiseAlarm', ...of, facts };
const end: AlarmCommand = { kind: 'endAlarm', ...of };
const done: AlarmCommand = { kind: 'acknowledgeAlarm', ...of, action: 'called the customer' };

/** The types of the events of some commands, one after the other. */
function story(...commands: readonly AlarmCommand[]): string[] {
  let state: AlarmState = initialState;
  return commands.flatMap((command) => {
    const events = decide(command, state);
    state = events.reduce<AlarmState>((before, event) => evolve(before, event), state);
    return events.map(({ type }) => type);
  });
}

function codeOf(...commands: readonly AlarmCommand[]): unknown {
  try {
    story(...commands);
  } catch (error) {
    return (error as DomainError).code;
  }
  return undefined;
}

it('stands once however often its cause is found, and begins anew once it has ended', () => {
  expect(story(raise, raise, end, end, raise)).toEqual([
    'AlarmRaised',
    'AlarmEnded',
    'AlarmRaised',
  ]);
});

it('says what was done about it, or why nothing', () => {
  const raised = decide(raise, initialState).reduce<AlarmState>(evolve, initialState);
  expect(decide(done, raised)[0]!.data).toEqual({
    ...of,
    action: 'called the customer',
    reason: null,
  });
  const nothing = { kind: 'acknowledgeAlarm', ...of, reason: ' is on holiday ' } as const;
  expect(decide(nothing, raised)[0]!.data).toEqual({
    ...of,
    action: null,
    reason: 'is on holiday',
  });
});

it('stays acknowledged until it has ended; what has ended may be acknowledged late', () => {
  expect(story(raise, done, raise, end, raise)).toEqual([
    'AlarmRaised',
    'AlarmAcknowledged',
    'AlarmEnded',
    'AlarmRaised',
  ]);
  expect(story(raise, end, done)).toEqual(['AlarmRaised', 'AlarmEnded', 'AlarmAcknowledged']);
});

it('begins anew where it was acknowledged only after it had ended, and ends but once', () => {
  expect(story(raise, end, done, end, raise, end)).toEqual([
    'AlarmRaised',
    'AlarmEnded',
    'AlarmAcknowledged',
    'AlarmRaised',
    'AlarmEnded',
  ]);
});

it.each<[string, readonly AlarmCommand[], string]>([
  ['there is none', [done], 'alarm-unknown'],
  ['it is acknowledged', [raise, done, done], 'alarm-acknowledged'],
  ['it was acknowledged and has ended since', [raise, done, end, done], 'alarm-acknowledged'],
  ['it was acknowledged after its end', [raise, end, done, done], 'alarm-acknowledged'],
  [
    'it is of another aggregator, whose name goes on in its id',
    [raise, { ...done, aggregatorId: 'AGG', alarmId: `1-${of.alarmId}` }],
    'alarm-unknown',
  ],
  ['nothing is said', [raise, { ...done, action: '  ' }], 'input-malformed'],
  ['both are said', [raise, { ...done, reason: 'no' }], 'input-malformed'],
  ['too much is said', [raise, { ...done, action: 'x'.repeat(501) }], 'input-malformed'],
])('refuses an acknowledgement where %s', (_, commands, code) => {
  expect(codeOf(...commands)).toBe(code);
});
