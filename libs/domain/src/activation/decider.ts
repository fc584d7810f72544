import { type Decider, DomainError, type Violation } from '../log/decider';
import type { ActivationEvent, Setpoint } from './events';

interface OfSetpoint {
  readonly podId: string;
  readonly setpointId: string;
}

export type ActivationCommand =
  | ({ readonly kind: 'issueSetpoint' } & IssuedSetpoint)
  | ({ readonly kind: 'reportCarried'; readonly attempt: number } & OfSetpoint)
  | ({ readonly kind: 'reportReceived'; readonly at: string } & OfSetpoint)
  | ({ readonly kind: 'reportApplied'; readonly at: string } & OfSetpoint)
  | ({ readonly kind: 'reportFailed'; readonly reason: string } & OfSetpoint);

export interface IssuedSetpoint extends Setpoint {
  readonly aggregatorId: string;
  readonly setpointId: string;
}

/** `attempts`: how often the setpoint was handed to the node's topic. */
export type ActivationState =
  | { readonly status: 'none' }
  | {
      readonly status: 'issued' | 'carried' | 'received' | 'applied' | 'failed';
      readonly setpoint: IssuedSetpoint;
      readonly attempts: number;
    };

type Active = Exclude<ActivationState, { status: 'none' }>;

/**
 * One setpoint's way: issued, carried (perhaps more than once), received, applied, or failed. Until
 * it is carried another one may take its place. An answer that comes after the setpoint was given
 * up is recorded all the same: the plant did move. An answer that `received` was left out of
 * (`applied` straight after `carried`) is taken too: the node's acknowledgements may overtake each other.
 */
export const activationDecider: Decider<ActivationState, ActivationCommand, ActivationEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: ActivationCommand, state: ActivationState): ActivationEvent[] {
  if (command.kind === 'issueSetpoint') return issue(command, state);
  const { podId, setpointId } = command;
  if (state.status === 'none' || state.setpoint.setpointId !== setpointId) {
    throw new DomainError(
      'setpoint-unknown',
      `Setpoint ${setpointId} of PoD ${podId} was not issued for this window, or another has ` +
        'taken its place.',
    );
  }
  switch (command.kind) {
    case 'reportCarried':
      return carried(command, state);
    case 'reportReceived':
      return received(command, state);
    case 'reportApplied': {
      refuseUncarried(state);
      const { at } = command;
      return state.status === 'applied'
        ? []
        : [{ type: 'SetpointApplied', data: { setpointId, podId, at } }];
    }
    case 'reportFailed':
      return failed(command, state);
  }
}

function issue(
  command: Extract<ActivationCommand, { kind: 'issueSetpoint' }>,
  state: ActivationState,
): ActivationEvent[] {
  const { podId, windowStart, targetW, targetVar, aggregatorId, setpointId } = command;
  refuseMalformed(command);
  const setpoint = { podId, windowStart, targetW, targetVar, aggregatorId, setpointId };
  const issued: ActivationEvent[] = [{ type: 'SetpointIssued', data: setpoint }];
  if (state.status === 'none') return issued;
  const isRetry = state.status === 'failed' && state.setpoint.setpointId !== setpointId;
  if (isRetry) return issued;
  if (sameContent(setpoint, state.setpoint)) return [];
  if (state.status === 'issued') return issued;
  throw new DomainError(
    'setpoint-already-carried',
    `Setpoint ${state.setpoint.setpointId} of PoD ${podId} from ${windowStart} is ${state.status}; ` +
      'another one can take its place only before it is carried, or under another id once it has failed.',
  );
}

function refuseMalformed({ podId, windowStart, targetW, targetVar }: Setpoint): void {
  const violations: Violation[] = [];
  if (targetW.length === 0) violations.push({ field: 'targetW', reason: 'is empty' });
  if (targetW.length !== targetVar.length) {
    const reason = `has ${targetVar.length} MTUs, targetW has ${targetW.length}`;
    violations.push({ field: 'targetVar', reason });
  }
  for (const [field, targets] of Object.entries({ targetW, targetVar })) {
    const bad = targets.findIndex((target) => target !== null && !Number.isSafeInteger(target));
    if (bad >= 0) {
      violations.push({ field: `${field}[${bad}]`, reason: 'is neither a whole number nor null' });
    }
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  const what = `Setpoint of PoD ${podId} from ${windowStart}`;
  throw new DomainError('setpoint-malformed', `${what} cannot be issued: ${list}.`, violations);
}

function carried(
  { podId, setpointId, attempt }: Extract<ActivationCommand, { kind: 'reportCarried' }>,
  state: Active,
): ActivationEvent[] {
  if (state.status === 'failed') {
    throw new DomainError(
      'setpoint-failed',
      `Setpoint ${setpointId} of PoD ${podId} has failed; issue it anew instead of carrying it on.`,
    );
  }
  const isOpen = state.status === 'issued' || state.status === 'carried';
  return isOpen && attempt > state.attempts
    ? [{ type: 'SetpointCarried', data: { setpointId, podId, attempt } }]
    : [];
}

function received(
  { podId, setpointId, at }: Extract<ActivationCommand, { kind: 'reportReceived' }>,
  state: Active,
): ActivationEvent[] {
  refuseUncarried(state);
  return state.status === 'received' || state.status === 'applied'
    ? []
    : [{ type: 'SetpointReceived', data: { setpointId, podId, at } }];
}

function failed(
  { podId, setpointId, reason }: Extract<ActivationCommand, { kind: 'reportFailed' }>,
  state: Active,
): ActivationEvent[] {
  if (state.status === 'applied') {
    throw new DomainError(
      'setpoint-already-applied',
      `Setpoint ${setpointId} of PoD ${podId} has been applied and cannot fail any more.`,
    );
  }
  return state.status === 'failed'
    ? []
    : [{ type: 'SetpointFailed', data: { setpointId, podId, reason } }];
}

/** Nobody can answer what was never sent. */
function refuseUncarried(state: Active): void {
  if (state.attempts > 0) return;
  const { podId, setpointId } = state.setpoint;
  throw new DomainError(
    'setpoint-not-carried',
    `Setpoint ${setpointId} of PoD ${podId} was answered before it was carried.`,
  );
}

function evolve(state: ActivationState, event: ActivationEvent): ActivationState {
  if (event.type === 'SetpointIssued') {
    return { status: 'issued', setpoint: event.data, attempts: 0 };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'SetpointCarried':
      return { ...state, status: 'carried', attempts: event.data.attempt };
    case 'SetpointReceived':
      return { ...state, status: 'received' };
    case 'SetpointApplied':
      return { ...state, status: 'applied' };
    case 'SetpointFailed':
      return { ...state, status: 'failed' };
    default:
      return state;
  }
}

/** The same targets by the same aggregator; the id does not count. */
function sameContent(one: IssuedSetpoint, other: IssuedSetpoint): boolean {
  return (
    one.aggregatorId === other.aggregatorId &&
    one.windowStart === other.windowStart &&
    sameTargets(one.targetW, other.targetW) &&
    sameTargets(one.targetVar, other.targetVar)
  );
}

function sameTargets(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((target, index) => target === other[index]);
}
