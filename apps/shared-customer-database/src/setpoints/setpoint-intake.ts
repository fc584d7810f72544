/**
 * Takes setpoints from aggregators and ties them to their PoDs (FR_SCD_AF_1/2); the DSO carries them
 * on to the Light Nodes.
 */
import {
  type ActivationCommand,
  type ActivationState,
  DomainError,
  type PodState,
  type Setpoint,
  type Violation,
  activationDecider,
  activationStream,
  instantInName,
  mtuHolding,
  MTU_MS,
} from '@flexledger/domain';
import {
  type AddressedCommand,
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { type Clock, msFromIso } from '@flexledger/runtime';
import type { SharedCustomerDatabasePolicy } from '../policy';

/**
 * The same setpoint again changes nothing, also when its window is over by then. Nothing is recorded
 * of a list in which a window can no longer be followed, or a PoD is not the aggregator's.
 */
export interface SetpointIntake {
  /**
   * Records the setpoints of windows in the order given.
   *
   * @throws DomainError `pod-unknown`, `not-permitted`, `setpoint-malformed` for the list; and when
   *   the rules refuse one, those before and after it standing
   */
  issue(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    context: CommandContext,
  ): Promise<void>;
  /**
   * The same for setpoints that come from outside, each answered by itself.
   *
   * @param attempt tells a new attempt at a setpoint that has failed from the first one; equal
   *   attempts with equal content are one setpoint
   * @throws DomainError for the list, as `issue`
   */
  submit(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    attempt: string | undefined,
    context: CommandContext,
  ): Promise<SetpointAnswer[]>;
}

/** What became of one setpoint; `status` is that of the setpoint that stands for its window. */
export interface SetpointAnswer {
  readonly podId: string;
  readonly windowStart: string;
  readonly setpointId: string;
  readonly status: ActivationState['status'];
  /** Why the rules refused it. */
  readonly refused?: DomainError;
}

export interface SetpointIntakeOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly policy: Pick<SharedCustomerDatabasePolicy, 'setpointAheadMs'>;
  readonly podState: (podId: string) => Promise<PodState>;
}

const HOUR_MS = 3_600_000;

export function createSetpointIntake(options: SetpointIntakeOptions): SetpointIntake {
  const { store, clock, policy, podState } = options;
  const handler = createCommandHandler({ store, clock, decider: activationDecider });

  async function requireOwn(setpoints: readonly Setpoint[], aggregatorId: string): Promise<void> {
    for (const podId of new Set(setpoints.map((setpoint) => setpoint.podId))) {
      const state = await podState(podId);
      if (state.status !== 'registered') {
        throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
      }
      if (state.details.aggregatorId === aggregatorId) continue;
      throw new DomainError(
        'not-permitted',
        `PoD ${podId} is not one of ${aggregatorId}'s; only its own aggregator sends it setpoints.`,
      );
    }
  }

  async function requireWindows(setpoints: readonly Setpoint[]): Promise<void> {
    const nowMs = clock.nowMs();
    const violations: Violation[] = [];
    for (const [index, setpoint] of setpoints.entries()) {
      const reason = windowFault(setpoint, nowMs, policy.setpointAheadMs);
      if (!reason || (await stands(setpoint))) continue;
      violations.push({ field: `setpoints[${index}].windowStart`, reason });
    }
    if (violations.length === 0) return;
    const { field, reason } = violations[0]!;
    throw new DomainError('setpoint-malformed', `${field} ${reason}.`, violations);
  }

  /** Whether the setpoint was taken before. */
  async function stands(setpoint: Setpoint): Promise<boolean> {
    if (Number.isNaN(Date.parse(setpoint.windowStart))) return false;
    const state = await handler.stateOf(streamOf(setpoint));
    if (state.status === 'none') return false;
    const { podId, windowStart, targetW, targetVar } = state.setpoint;
    const content = { podId, windowStart, targetW, targetVar };
    return documentDigest(content) === documentDigest(setpoint);
  }

  return {
    async issue(setpoints, aggregatorId, context) {
      await requireOwn(setpoints, aggregatorId);
      await requireWindows(setpoints);
      const results = await handler.handleInOrder(
        setpoints.map((setpoint) => issuing(setpoint, aggregatorId, undefined, context)),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    async submit(setpoints, aggregatorId, attempt, context) {
      await requireOwn(setpoints, aggregatorId);
      await requireWindows(setpoints);
      const answers: SetpointAnswer[] = [];
      for (const setpoint of setpoints) {
        const given = issuing(setpoint, aggregatorId, attempt, context);
        const { streamId, command } = given;
        const refused = await refusalOf(handler.handle(streamId, command, given.context));
        const state = await handler.stateOf(streamId);
        const { podId, windowStart } = setpoint;
        const { setpointId } = refused || state.status === 'none' ? command : state.setpoint;
        const answer = { podId, windowStart, setpointId, status: state.status };
        answers.push(refused ? { ...answer, refused } : answer);
      }
      return answers;
    },
  };
}

function issuing(
  setpoint: Setpoint,
  aggregatorId: string,
  attempt: string | undefined,
  context: CommandContext,
): AddressedCommand<Extract<ActivationCommand, { kind: 'issueSetpoint' }>> {
  const named = attempt === undefined ? setpoint : { ...setpoint, attempt };
  const setpointId = documentDigest(named).slice(0, 32);
  return {
    streamId: streamOf(setpoint),
    command: { kind: 'issueSetpoint', ...setpoint, aggregatorId, setpointId },
    context: { ...context, commandId: `${context.commandId}/${setpointId}` },
  };
}

/** @throws RangeError for a window that begins at no instant */
function streamOf({ podId, windowStart }: Setpoint): string {
  return activationStream(instantInName(msFromIso(windowStart)), podId);
}

function windowFault(
  { windowStart, targetW }: Setpoint,
  nowMs: number,
  aheadMs: number,
): string | undefined {
  const startMs = Date.parse(windowStart);
  if (Number.isNaN(startMs) || mtuHolding(startMs) !== startMs) {
    return 'is not the start of a quarter-hour';
  }
  if (startMs + targetW.length * MTU_MS <= nowMs) return 'begins a window that is over';
  if (startMs - nowMs > aheadMs) return `lies more than ${aheadMs / HOUR_MS} hours ahead`;
  return undefined;
}

async function refusalOf(handled: Promise<unknown>): Promise<DomainError | undefined> {
  try {
    await handled;
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
