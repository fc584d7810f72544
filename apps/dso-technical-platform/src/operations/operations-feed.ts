/**
 * What a DSO's data server says of the grid over the broker or TCP, as JSON or XML (FR-DSOTP-DA-01 to 04): SCADA every ten
 * seconds, meters' curves and measurements every quarter-hour, weather, the model every day, what DER control answers. A message on
 * `measurements` completes its quarter-hour: the state is estimated from it and from all that was said of that time.
 */
import { MTU_MS, type OperatingLimits } from '@flexledger/domain';
import { type CommandContext, recurringContextOf } from '@flexledger/event-store';
import type { Network, Weather } from '@flexledger/grid';
import { sha256Hex } from '@flexledger/identity';
import { gridTopic } from '@flexledger/messaging';
import { type Clock, isoFromMs, messageOf } from '@flexledger/runtime';
import type { DerControl } from '../der-control/der-control';
import { CLOCK_FAST_MS, toldOnceAMinute } from '../feeds/told-once';
import { elementIds } from '../grid-model/element-ids';
import type { StateEstimation } from '../state-estimation/state-estimation';
import type { LiveOperations, TimedMeasurement } from './live-operations';
import type { OperationTopic } from './message-thread';
import { readMessage } from './read-message';

/** Below the topic of the grid. */
export const OPERATION_TOPICS = [
  'scada',
  'meters',
  'measurements',
  'weather',
  'model',
  'der-control',
] as const satisfies readonly OperationTopic[];

/** What each kind of message is handed to. */
export interface OperationsFeedOptions {
  readonly gridId: string;
  readonly live: LiveOperations;
  /** Told of values that were taken in. */
  readonly noted: (values: readonly TimedMeasurement[]) => void;
  readonly estimation: StateEstimation;
  /** The model that is operated. */
  readonly network: () => Promise<Network>;
  readonly reportWeather: (
    report: { readonly source: string; readonly weather: Weather },
    context: CommandContext,
  ) => Promise<void>;
  /** Publishes a model, with the limits that stand where the message has none. */
  readonly publishModel: (
    model: object,
    limits: OperatingLimits | undefined,
    context: CommandContext,
  ) => Promise<void>;
  readonly reportDerControl: DerControl['report'];
  /** Resolves once the views hold what stands in the log. */
  readonly caughtUp: () => Promise<void>;
  readonly clock: Clock;
  /** Told what was not taken, and why; of one topic and reason once a minute. */
  readonly onProblem: (problem: string) => void;
}

/** Messages of one grid, however they come. */
export interface OperationsFeed {
  /** Topics that are listened to. */
  readonly topics: readonly string[];
  /** Takes a message; it is dealt with after those before it. */
  receive(topic: string, payload: Buffer): Promise<void>;
}

/** Data may be so old. */
const OLDEST_MS = 86_400_000;
/** What waits while an estimate is made; a data server that says more is not listened to meanwhile. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** As `OperationsFeed`; a message that cannot be taken is told by `onProblem` and stops no other. */
export function createOperationsFeed(options: OperationsFeedOptions): OperationsFeed {
  const { gridId, live, estimation, clock } = options;
  const kindOf = new Map<string, OperationTopic>(
    OPERATION_TOPICS.map((kind) => [gridTopic(gridId, kind), kind]),
  );
  const tell = toldOnceAMinute(clock, options.onProblem);
  const complain = (topic: string, reason: string): void =>
    tell(`${topic} ${reason}`, `A message on ${topic} is not taken: ${reason}`);
  let before: Promise<void> = Promise.resolve();
  let waitingBytes = 0;

  /** @throws Error where a value is of another time than now, and what `add` says */
  async function take(values: readonly TimedMeasurement[]): Promise<void> {
    await requireKnown(values);
    const nowMs = clock.nowMs();
    const odd = values.find(({ atMs }) => atMs > nowMs + CLOCK_FAST_MS || atMs < nowMs - OLDEST_MS);
    if (odd) {
      const said = `${odd.measurement.id} is of ${isoFromMs(odd.atMs)}`;
      throw new Error(`${said}, not of the last day; set the clock right`);
    }
    const refused = live.add(values);
    if (refused !== undefined) throw new Error(refused);
    options.noted(values);
  }

  /** @throws Error naming a place that the model does not have: it would keep every estimate from being made */
  async function requireKnown(values: readonly TimedMeasurement[]): Promise<void> {
    const known = elementIds(await options.network());
    for (const { measurement } of values) {
      const place = 'bus' in measurement ? measurement.bus : measurement.element;
      if (known.has(place)) continue;
      throw new Error(`${measurement.id} is of ${place}, which the published model does not have`);
    }
  }

  const read = <Kind extends OperationTopic>(kind: Kind, payload: Buffer) =>
    readMessage(kind, payload, options.network);

  const handlers: Readonly<
    Record<OperationTopic, (payload: Buffer, context: CommandContext) => Promise<void>>
  > = {
    scada: async (payload) => take(await read('scada', payload)),
    meters: async (payload) => take(await read('meters', payload)),
    async measurements(payload, context) {
      const values = await read('measurements', payload);
      await take(values);
      await options.caughtUp();
      const startMs = Math.floor(values[0]!.atMs / MTU_MS) * MTU_MS;
      await estimation.estimate(startMs, [], context);
    },
    async weather(payload, context) {
      await options.reportWeather(await read('weather', payload), context);
    },
    async model(payload, context) {
      const { model, limits } = await read('model', payload);
      await options.publishModel(model, limits, context);
    },
    'der-control': async (payload, context) =>
      options.reportDerControl(await read('der-control', payload), context),
  };

  return {
    topics: [...kindOf.keys()],
    receive(topic, payload) {
      const kind = kindOf.get(topic);
      if (!kind) return Promise.resolve();
      if (waitingBytes + payload.length > WAITING_BYTES_MAX) {
        complain(topic, 'too much waits already; say it again later, or less of it');
        return Promise.resolve();
      }
      waitingBytes += payload.length;
      // Instances that hear the same command the same.
      const name = `${topic}/${sha256Hex(payload.toString('base64'))}`;
      before = before
        .then(() => handlers[kind](payload, recurringContextOf(name, topic, 'dso')))
        .catch((error: unknown) => complain(topic, messageOf(error)))
        .finally(() => (waitingBytes -= payload.length));
      return before;
    },
  };
}
