/** The platforms that a DSO meets at its ports, small: what they are told, and what they answer. */
import {
  type CommandContext,
  DomainError,
  MTU_MS,
  type FlexibilityRequest,
  type OutcomeRow,
  type PodEvent,
  podStream,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { type RegisteredPod, PlatformUnavailable, type ValidationAnswer } from '@flexledger/ports';
import { uuidFrom } from '@flexledger/identity';
import { type Clock, isoNow } from '@flexledger/runtime';
import type { DsoOptions } from '../open';

/** Puts an event into the log as its platform does. @returns its position */
export async function appendEvent(
  log: EventStore,
  clock: Clock,
  streamId: string,
  event: { readonly type: string; readonly data: object },
): Promise<number> {
  const id = uuidFrom(`${streamId}/${event.type}/${JSON.stringify(event.data)}`);
  const { position } = await log.append(streamId, 'any', [
    {
      id,
      type: event.type,
      schemaVersion: 1,
      occurredAt: isoNow(clock),
      correlationId: id,
      causationId: id,
      actor: 'test',
      data: event.data,
    },
  ]);
  return position;
}

/** A market that keeps what it is sent, by command and by request. */
export interface TrialMarket {
  /** Does not answer while true. */
  isDown: boolean;
  /** Takes no requests while true. */
  isGateClosed: boolean;
  /** What it says to each request. */
  refusal: DomainError | undefined;
  /** What happens meanwhile, once, when it is asked for what was sold before a session. */
  meanwhile: (() => Promise<void>) | undefined;
  /** Requests that stand, by id. */
  readonly requests: Map<string, FlexibilityRequest>;
  /** Ids of the commands that changed something. */
  readonly commands: string[];
  readonly answers: ValidationAnswer[];
  /** The outcome that waits for validation. */
  rows: readonly OutcomeRow[];
}

/** Meters that a test reads for the customers. */
export interface TrialMeters {
  /** The first day of which anything was measured; undefined before. */
  firstDay: string | undefined;
  /** Withdrawn in a quarter-hour, Wh. */
  withdrawnWh: (podId: string, mtuStartMs: number) => number;
  /** The first instant of each stretch that was asked for. */
  readonly asked: number[];
}

/** A register whose PoDs a test sets. */
export interface TrialRegister {
  readonly pods: RegisteredPod[];
}

/** Neighbours over one log, and what a test sees of them. */
export function openNeighbours(
  log: EventStore,
  clock: Clock,
): {
  readonly market: TrialMarket;
  readonly register: TrialRegister;
  readonly meters: TrialMeters;
  readonly ports: DsoOptions['ports'];
} {
  const market: TrialMarket = {
    isDown: false,
    isGateClosed: false,
    refusal: undefined,
    meanwhile: undefined,
    requests: new Map(),
    commands: [],
    answers: [],
    rows: [],
  };
  const register: TrialRegister = { pods: [] };
  const meters: TrialMeters = { firstDay: undefined, withdrawnWh: () => 0, asked: [] };
  const reach = (): void => {
    if (market.isDown) throw new PlatformUnavailable('http://market.test', 'nobody answers');
  };
  /** True when the command is new. */
  const isNew = ({ commandId }: CommandContext): boolean => {
    if (market.commands.includes(commandId)) return false;
    market.commands.push(commandId);
    return true;
  };
  const ports: DsoOptions['ports'] = {
    register: {
      async submit(commands) {
        for (const command of commands) {
          if (command.kind !== 'locatePod') throw new Error(`${command.kind} is not the DSO's`);
          const { podId, gridId, busId, pom } = command;
          const data: Extract<PodEvent, { type: 'PodLocated' }>['data'] = {
            podId,
            gridId,
            busId,
            pom,
          };
          await appendEvent(log, clock, podStream(podId), { type: 'PodLocated', data });
        }
        return commands.map(({ podId }) => ({ podId, accepted: true, changed: true }));
      },
      podsOf: async () => register.pods,
      baselines: async () => [],
    },
    measurements: {
      async quarterHours(podIds, fromMs, untilMs) {
        if (meters.firstDay === undefined) return podIds.map(() => []);
        meters.asked.push(fromMs);
        const starts = Array.from(
          { length: (untilMs - fromMs) / MTU_MS },
          (_, mtu) => fromMs + mtu * MTU_MS,
        );
        return podIds.map((podId) =>
          starts.map((mtuStartMs) => ({
            mtuStartMs,
            withdrawnWh: meters.withdrawnWh(podId, mtuStartMs),
            injectedWh: 0,
            reactiveVarh: 0,
          })),
        );
      },
      firstDay: async () => meters.firstDay,
    },
    orders: {
      async requestFlexibility(_sessionId, request, context) {
        reach();
        if (market.isGateClosed) throw new DomainError('gate-closed', 'It is not open.');
        if (market.refusal) throw market.refusal;
        if (isNew(context)) market.requests.set(request.requestId, request);
      },
      async withdrawRequest(_sessionId, requestId, context) {
        reach();
        if (isNew(context)) market.requests.delete(requestId);
      },
    },
    outcomes: {
      async outcome() {
        reach();
        return { rows: market.rows, sold: [] };
      },
      async soldBefore() {
        reach();
        const { meanwhile } = market;
        market.meanwhile = undefined;
        await meanwhile?.();
        return [];
      },
      async answer(_sessionId, answer, context) {
        reach();
        if (isNew(context)) market.answers.push(answer);
      },
    },
  };
  return { market, register, meters, ports };
}
