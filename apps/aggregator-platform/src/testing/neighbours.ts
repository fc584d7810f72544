/**
 * The platforms around an aggregator, by the deciders that they really have, over one real log: what an
 * aggregator's calls lead to stands there as it would in a market. Each port can be cut off.
 */
import {
  type ActivationCommand,
  type CalendarEntry,
  type OutcomeRow,
  type PodCommand,
  type PodState,
  type SettlementRow,
  DomainError,
  activationDecider,
  activationStream,
  finalRows,
  instantInName,
  marketSessionDecider,
  podDecider,
  podStream,
  quarterHoursOf,
  sessionStream,
  settlementDecider,
  settlementStream,
  standingOffers,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import {
  type RegisterAnswer,
  type RegisterRequest,
  type ResultsPort,
  PlatformUnavailable,
} from '@flexledger/ports';
import {
  type DocumentStore,
  type Views,
  findPods,
  getBaselines,
  measurementsBetween,
} from '@flexledger/projections';
import { type Clock, msFromIso } from '@flexledger/runtime';
import type { AggregatorPorts } from '../aggregator';

/** How the next calls of a port's method fail: before they have any effect, or with their answer lost. */
export type Fault = 'down' | 'answerLost';

export interface Neighbours {
  /** Ports as `portsOf` wants them. */
  readonly ports: AggregatorPorts;
  /** Faults by `port.method`, as `orders.offerFlexibility`; each is used up by one call. */
  readonly faults: Map<string, Fault[]>;
  /** Calls by `port.method`, with the command ids they carried, in order. */
  readonly calls: Map<string, string[]>;
  /** Sends the register commands, whoever's they are. */
  register(commands: readonly PodCommand[]): Promise<void>;
  /** A session of the calendar, up to `scheduled` or open. */
  schedule(entry: CalendarEntry): Promise<void>;
  open(sessionId: string): Promise<void>;
  /** Closes a session and publishes rows as its result. */
  publish(sessionId: string, rows: readonly OutcomeRow[]): Promise<void>;
  /** Settles a session that was published, and publishes the settlement. */
  settle(sessionId: string, rows: readonly SettlementRow[]): Promise<void>;
}

/** Opens them over a log and its read models. */
export function openNeighbours(options: {
  readonly store: EventStore;
  readonly views: Views;
  readonly clock: Clock;
}): Neighbours {
  const { store, views, clock } = options;
  const { documents, runner } = views;
  const pods = createCommandHandler({ store, clock, decider: podDecider });
  const sessions = createCommandHandler({ store, clock, decider: marketSessionDecider });
  const activations = createCommandHandler({ store, clock, decider: activationDecider });
  const settlements = createCommandHandler({ store, clock, decider: settlementDecider });

  const podState = (podId: string): Promise<PodState> => pods.stateOf(podStream(podId));
  const session = async (sessionId: string) => {
    const state = await sessions.stateOf(sessionStream(sessionId));
    if (state.status !== 'unknown') return state;
    throw new DomainError('session-unknown', `There is no session ${sessionId}.`);
  };
  const inSession = (sessionId: string, command: Parameters<typeof sessions.handle>[1]) =>
    sessions.handle(
      sessionStream(sessionId),
      command,
      contextOf(`${sessionId}/${documentDigest(command)}`, sessionId, 'platform:market'),
    );

  async function submit(
    commands: readonly PodCommand[],
    { requestId, actor, mayRecur }: RegisterRequest,
  ): Promise<RegisterAnswer[]> {
    const answers: RegisterAnswer[] = [];
    for (const [index, command] of commands.entries()) {
      const { podId } = command;
      try {
        const state = await podState(podId);
        if (actor.startsWith('aggregator:')) requireOwn(state, actor);
        const named = contextOf(`${requestId}/${index}`, requestId, actor);
        const context = mayRecur ? { ...named, mayRecur } : named;
        const { position } = await pods.handle(podStream(podId), command, context);
        answers.push({ podId, accepted: true, changed: position >= 0 });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        answers.push({ podId, accepted: false, error });
      }
    }
    return answers;
  }

  const results: ResultsPort = {
    async resultsOf(aggregatorId, deliveryDay) {
      await runner.catchUp();
      const sales = [];
      for (const sessionId of await publishedSessions(store, deliveryDay)) {
        const state = await session(sessionId);
        const { deliveryStartMs: startMs, mtuCount } = periodOf(state.schedule);
        const rows = finalRows(state).filter((row) => row.aggregatorId === aggregatorId);
        sales.push({ sessionId, startMs, mtuCount, rows });
      }
      return sales;
    },
    async settledRows(aggregatorId, sessionId, correction) {
      const { settlements: all } = await settlements.stateOf(settlementStream(sessionId));
      const last = all.at(-1);
      if (!last?.complete || last.correction !== correction) return undefined;
      const rows = last.rows.filter((row) => row.aggregatorId === aggregatorId);
      return { deliveryDay: (await session(sessionId)).schedule.deliveryDay, rows };
    },
    async dispute(dispute, context) {
      const command = { kind: 'disputeSettlement', dispute } as const;
      await settlements.handle(settlementStream(dispute.sessionId), command, context);
    },
  };

  const { faults, calls, faulty } = cutOff();
  return {
    ports: {
      register: faulty('register', { submit, ...registerReads(documents, runner) }),
      measurements: faulty('measurements', {
        async quarterHours(podIds: readonly string[], fromMs: number, untilMs: number) {
          await runner.catchUp();
          return measurementsBetween(documents, podIds, fromMs, untilMs);
        },
      }),
      orders: faulty('orders', orders()),
      results: faulty('results', results),
      setpoints: faulty('setpoints', { issue }),
    },
    faults,
    calls,
    async settle(sessionId, rows) {
      const stream = settlementStream(sessionId);
      const [inputDigest, rowsRoot] = ['0'.repeat(64), '0'.repeat(64)];
      const salted = rows.map((row, index) => ({ ...row, salt: `${index}`.padStart(32, '0') }));
      const context = contextOf(`settle/${sessionId}`, sessionId, 'platform:market');
      await settlements.handle(
        stream,
        { kind: 'recordSettlement', sessionId, correction: 0, inputDigest, rowsRoot, rows: salted },
        context,
      );
      const publishing = contextOf(`publish/${sessionId}`, sessionId, 'platform:market');
      await settlements.handle(stream, { kind: 'publishSettlement', sessionId }, publishing);
    },
    async register(commands) {
      const request = { requestId: `setup/${documentDigest({ commands })}`, actor: 'test' };
      for (const answer of await submit(commands, request))
        if (!answer.accepted) throw answer.error;
      await runner.catchUp();
    },
    async schedule(entry) {
      const registerPosition = await store.head();
      const rulePackDigest = '0'.repeat(64);
      await inSession(entry.sessionId, {
        kind: 'schedule',
        entry,
        rulePackDigest,
        registerPosition,
      });
    },
    async open(sessionId) {
      await inSession(sessionId, { kind: 'open', nowMs: clock.nowMs() });
    },
    async publish(sessionId, rows) {
      await inSession(sessionId, { kind: 'close', nowMs: clock.nowMs() });
      const clearing = {
        round: 0,
        algorithm: 'byHand',
        version: '1',
        parameters: {},
        inputDigest: '0'.repeat(64),
        gap: null,
        rows,
        requests: [],
      };
      await inSession(sessionId, { kind: 'recordClearing', clearing });
      await inSession(sessionId, {
        kind: 'sendForValidation',
        answerDueMs: clock.nowMs() + 60_000,
      });
      const { rounds } = await session(sessionId);
      const { outcomeId } = rounds.at(-1) as { outcomeId?: string };
      await inSession(sessionId, {
        kind: 'recordValidation',
        outcomeId: outcomeId!,
        validatedBy: 'DSO',
        exceptions: [],
      });
      await inSession(sessionId, { kind: 'publish' });
    },
  };

  function orders(): AggregatorPorts['orders'] {
    const nowMs = (): number => clock.nowMs();
    return {
      async offerFlexibility(sessionId, bid, context) {
        const podIds = [...new Set(bid.offers.map(({ podId }) => podId))];
        const states = await Promise.all(podIds.map(podState));
        const { schedule } = await session(sessionId);
        const { deliveryStartMs: startMs, mtuCount } = periodOf(schedule);
        const quarterHours = quarterHoursOf({ startMs, mtuCount }, 'Europe/Rome');
        const known = new Map(podIds.map((podId, index) => [podId, marketPod(states[index]!)]));
        const register = { pod: (podId: string) => known.get(podId), hasPom: () => true };
        await sessions.handle(
          sessionStream(sessionId),
          { kind: 'offerFlexibility', nowMs: nowMs(), ...bid, register, quarterHours },
          context,
        );
        const { bids } = await session(sessionId);
        return bids.find(({ bidId }) => bidId === bid.bidId)?.refusedParts.flat() ?? [];
      },
      async withdrawOffers(sessionId, aggregatorId, offerIds, context) {
        await sessions.handle(
          sessionStream(sessionId),
          { kind: 'withdrawOffers', nowMs: nowMs(), aggregatorId, offerIds },
          context,
        );
      },
      async standingOffers(sessionId, aggregatorId) {
        const offers = standingOffers(await session(sessionId));
        return offers.filter((offer) => offer.aggregatorId === aggregatorId);
      },
      async whyLost(sessionId, aggregatorId, offerId) {
        const { rounds } = await session(sessionId);
        return `${aggregatorId} sold nothing of ${offerId} in ${rounds.length} rounds`;
      },
    };
  }

  async function issue(
    setpoints: Parameters<AggregatorPorts['setpoints']['issue']>[0],
    aggregatorId: string,
    context: CommandContext,
  ): Promise<void> {
    for (const setpoint of setpoints) {
      const setpointId = documentDigest(setpoint).slice(0, 32);
      const command: ActivationCommand = {
        kind: 'issueSetpoint',
        ...setpoint,
        aggregatorId,
        setpointId,
      };
      const stream = activationStream(
        instantInName(msFromIso(setpoint.windowStart)),
        setpoint.podId,
      );
      const commandId = `${context.commandId}/${setpointId}`;
      await activations.handle(stream, command, { ...context, commandId });
    }
  }
}

function registerReads(
  documents: DocumentStore,
  runner: Views['runner'],
): Pick<AggregatorPorts['register'], 'podsOf' | 'baselines'> {
  return {
    async podsOf(selection) {
      await runner.catchUp();
      const where = { ...selection, status: 'registered' };
      return (await findPods(documents, where, { limit: 1_000 })).items;
    },
    async baselines(podIds, deliveryDay) {
      await runner.catchUp();
      const found = await getBaselines(documents, podIds, deliveryDay);
      return found.flatMap((baseline) => {
        if (!baseline) return [];
        const { podId, earlier, declaredAt, baselineW, baselineVar } = baseline;
        const declared = [...earlier, { declaredAt, baselineW, baselineVar }].map(
          ({ baselineVar: reactive, ...one }) =>
            reactive ? { ...one, baselineVar: reactive } : one,
        );
        return [{ podId, declared }];
      });
    },
  };
}

function requireOwn(state: PodState, actor: string): void {
  const owner = state.status === 'registered' ? `aggregator:${state.details.aggregatorId}` : null;
  if (owner !== actor) throw new DomainError('pod-foreign', `the PoD is not one of ${actor}'s`);
}

function marketPod(state: PodState) {
  if (state.status !== 'registered' || !state.location || !state.flexibility) return undefined;
  const { details, location, flexibility, unavailableDays } = state;
  const { aggregatorId } = details;
  return { aggregatorId, pom: location.pom, flexibility, unavailableDays };
}

function periodOf(schedule: { readonly deliveryStart: string; readonly mtuCount: number }) {
  return { deliveryStartMs: msFromIso(schedule.deliveryStart), mtuCount: schedule.mtuCount };
}

/** Sessions of a delivery day whose result is published, in the order scheduled. */
async function publishedSessions(store: EventStore, day: string): Promise<string[]> {
  const ofDay: string[] = [];
  const published = new Set<string>();
  const filter = { types: ['SessionScheduled', 'ResultPublished'] };
  for await (const { type, data } of store.readAll({ filter })) {
    const { sessionId, deliveryDay } = data as { sessionId: string; deliveryDay?: string };
    if (type === 'ResultPublished') published.add(sessionId);
    else if (deliveryDay === day) ofDay.push(sessionId);
  }
  return ofDay.filter((sessionId) => published.has(sessionId));
}

/** Ports that fail as told, and remember who called. */
function cutOff() {
  const faults = new Map<string, Fault[]>();
  const calls = new Map<string, string[]>();
  type Method = (...args: never[]) => Promise<unknown>;
  function faulty<Port extends object>(name: string, port: Port): Port {
    const methods = Object.entries(port as Readonly<Record<string, Method>>);
    const wrapped = methods.map(([method, call]) => {
      const key = `${name}.${method}`;
      const behind = async (...args: never[]): Promise<unknown> => {
        const context = args.at(-1) as { commandId?: string; requestId?: string } | undefined;
        const id = context?.commandId ?? context?.requestId ?? '';
        calls.set(key, [...(calls.get(key) ?? []), id]);
        const fault = faults.get(key)?.shift();
        if (fault === 'down') throw new PlatformUnavailable(`test://${key}`, 'it is down');
        const answer = await call(...args);
        if (fault) throw new PlatformUnavailable(`test://${key}`, 'its answer came too late');
        return answer;
      };
      return [method, behind] as const;
    });
    return Object.fromEntries(wrapped) as Port;
  }
  return { faults, calls, faulty };
}
