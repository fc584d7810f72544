import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import { type ActivationCommand, activationDecider, type IssuedSetpoint } from './decider';
import type { ActivationEvent } from './events';

const given = givenOf(activationDecider);
const setpoint: IssuedSetpoint = {
  podId: 'IT002E60776854',
  windowStart: '2026-03-17T11:00:00.000Z',
  targetW: [1_200, null, -300],
  targetVar: [null, null, 0],
  aggregatorId: 'AGG1',
  setpointId: 's1',
};
const { podId, setpointId } = setpoint;
const at = '2026-03-17T10:45:02.000Z';
const of = { podId, setpointId };

const issue: ActivationCommand = { kind: 'issueSetpoint', ...setpoint };
const carry: ActivationCommand = { kind: 'reportCarried', ...of, attempt: 1 };
const receive: ActivationCommand = { kind: 'reportReceived', ...of, at };
const apply: ActivationCommand = { kind: 'reportApplied', ...of, at };
const fail: ActivationCommand = { kind: 'reportFailed', ...of, reason: 'refused by the EMS' };

const issued: ActivationEvent = { type: 'SetpointIssued', data: setpoint };
const carried: ActivationEvent = { type: 'SetpointCarried', data: { ...of, attempt: 1 } };
const received: ActivationEvent = { type: 'SetpointReceived', data: { ...of, at } };
const applied: ActivationEvent = { type: 'SetpointApplied', data: { ...of, at } };
const failed: ActivationEvent = {
  type: 'SetpointFailed',
  data: { ...of, reason: 'refused by the EMS' },
};

describe('a setpoint', () => {
  it('goes from issued to applied', () => {
    given().when(issue).then(issued);
    given(issued).when(carry).then(carried);
    given(issued, carried).when(receive).then(received);
    given(issued, carried, received).when(apply).then(applied);
  });

  it.each<[string, object, string]>([
    ['no MTU', { targetW: [], targetVar: [] }, 'targetW'],
    ['lists of two lengths', { targetVar: [null] }, 'targetVar'],
    ['a fraction', { targetW: [1, 2.5, 3] }, 'targetW[1]'],
    ['no number', { targetVar: [null, null, NaN] }, 'targetVar[2]'],
  ])('is refused with %s', (_, deviation, field) => {
    const malformed = { ...issue, ...deviation } as ActivationCommand;
    given().when(malformed).thenRefused('setpoint-malformed');
    expect(() => activationDecider.decide(malformed, { status: 'none' })).toThrow(field);
  });

  describe('issued again', () => {
    const other: IssuedSetpoint = { ...setpoint, targetW: [0, 0, 0], setpointId: 's2' };
    const issueOther: ActivationCommand = { kind: 'issueSetpoint', ...other };

    it('with equal content changes nothing, wherever it stands', () => {
      given(issued).when(issue).then();
      given(issued, carried)
        .when({ ...issue, ...setpoint, setpointId: 's2' })
        .then();
      given(issued, carried, received, applied).when(issue).then();
      given(issued, carried, failed).when(issue).then();
    });

    it('with other content takes the place of the first one until that is carried', () => {
      given(issued).when(issueOther).then({ type: 'SetpointIssued', data: other });
      given(issued, carried).when(issueOther).thenRefused('setpoint-already-carried');
      given(issued, carried, applied).when(issueOther).thenRefused('setpoint-already-carried');
    });

    it('may be tried anew under another id once it has failed', () => {
      const again = { ...setpoint, setpointId: 's2' };
      given(issued, carried, failed)
        .when({ kind: 'issueSetpoint', ...again })
        .then({ type: 'SetpointIssued', data: again });
    });
  });

  describe('on its way', () => {
    it('is carried again by a later attempt only', () => {
      given(issued, carried).when(carry).then();
      given(issued, carried)
        .when({ kind: 'reportCarried', ...of, attempt: 2 })
        .then({ type: 'SetpointCarried', data: { ...of, attempt: 2 } });
      given(issued, carried, received)
        .when({ kind: 'reportCarried', ...of, attempt: 2 })
        .then();
      given(issued, failed).when(carry).thenRefused('setpoint-failed');
    });

    it.each([carry, receive, apply, fail])('must have been issued for $kind', (command) => {
      given().when(command).thenRefused('setpoint-unknown');
      given({ type: 'SetpointIssued', data: { ...setpoint, setpointId: 's2' } })
        .when(command)
        .thenRefused('setpoint-unknown');
    });

    it('is not answered before it was carried', () => {
      given(issued).when(receive).thenRefused('setpoint-not-carried');
      given(issued).when(apply).thenRefused('setpoint-not-carried');
    });

    it('is answered once, and in any order', () => {
      given(issued, carried, received).when(receive).then();
      given(issued, carried).when(apply).then(applied);
      given(issued, carried, applied).when(receive).then();
      given(issued, carried, applied).when(apply).then();
    });
  });

  describe('that fails', () => {
    it('may do so from anywhere before it is applied, once', () => {
      given(issued).when(fail).then(failed);
      given(issued, carried).when(fail).then(failed);
      given(issued, carried, received).when(fail).then(failed);
      given(issued, carried, failed).when(fail).then();
      given(issued, carried, received, applied).when(fail).thenRefused('setpoint-already-applied');
    });

    it('is still answered when the node comes late', () => {
      given(issued, carried, failed).when(receive).then(received);
      given(issued, carried, failed).when(apply).then(applied);
    });
  });

  it('does nothing more when an accepted command comes again', () => {
    const history = fc.array(fc.constantFrom(issue, carry, receive, apply, fail));
    fc.assert(
      fc.property(history, (commands) => {
        let state = activationDecider.initialState;
        for (const command of commands) {
          try {
            state = activationDecider
              .decide(command, state)
              .reduce(activationDecider.evolve, state);
          } catch {
            continue;
          }
          expect(activationDecider.decide(command, state)).toEqual([]);
        }
      }),
    );
  });
});
