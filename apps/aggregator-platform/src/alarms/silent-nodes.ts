/**
 * Alarms of nodes that stay silent: one a PoD where few do, and one for all of an aggregator's where more fall silent
 * within minutes than an alarm lists, as when a broker is down. Nodes are looked at by the minute in which they were cut
 * off, in the register, so that an outage of millions costs a timer a minute and what is told.
 */
import { type AlarmFacts, type RecordedEvent, ALARM_ROWS_SHOWN } from '@flexledger/domain';
import { contextFrom } from '@flexledger/event-store';
import {
  type SilentSince,
  type Views,
  aggregatorsWithSilentPods,
  allOf,
  countSilentPods,
  findAlarms,
  findSilentPods,
} from '@flexledger/projections';
import { inOrder, isoFromMs, msFromIso } from '@flexledger/runtime';
import type { PersistentTasks } from '../persistent-tasks';
import type { AggregatorPolicy } from '../policy';
import { podAlarmId } from './alarm-process';
import type { Alarms } from './alarms';

export interface SilentNodesOptions {
  readonly alarms: Alarms;
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly tasks: Pick<PersistentTasks, 'arm'>;
  readonly policy: Pick<AggregatorPolicy, 'silentMinutes' | 'liveDays'>;
  /** An alarm is looked for so long after it could first be found. */
  readonly lookedForMs: number;
}

export interface SilentNodes {
  /** A node was cut off: one that is for a moment only needs nobody. */
  cutOff(event: RecordedEvent): void;
  /** A node is back, or no node any more. */
  back(event: RecordedEvent): void;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What is cut off within so long of the first has one cause. */
const AT_ONCE_MS = 5 * MINUTE_MS;

type Collected = Extract<AlarmFacts, { readonly kind: 'nodesSilent' }>;

/** Alarms that stand once however often they are found; both MAY be told of the same event again. */
export function createSilentNodes(options: SilentNodesOptions): SilentNodes {
  const { alarms, views, tasks, policy, lookedForMs } = options;
  const { documents } = views;
  /** One after another, however long each takes: what the one has told the next does not tell again. */
  const inTurn = inOrder();

  const contextOf = (event: RecordedEvent, aggregatorId: string, alarmId: string) =>
    contextFrom(event, `silent/${aggregatorId}/${alarmId}`, `aggregator:${aggregatorId}`);

  async function raise(
    event: RecordedEvent,
    aggregatorId: string,
    alarmId: string,
    facts: AlarmFacts,
  ): Promise<void> {
    const context = contextOf(event, aggregatorId, alarmId);
    await alarms.change({ kind: 'raiseAlarm', aggregatorId, alarmId, facts }, context);
  }

  /** One each, of the first `ALARM_ROWS_SHOWN`. */
  async function raiseEach(
    event: RecordedEvent,
    aggregatorId: string,
    since: SilentSince,
  ): Promise<void> {
    const page = { limit: ALARM_ROWS_SHOWN };
    const { items } = await findSilentPods(documents, aggregatorId, since, page);
    for (const { podId, node } of items) {
      const facts = { kind: 'nodeSilent', podId, since: node!.connectionSince! } as const;
      await raise(event, aggregatorId, podAlarmId('nodeSilent', podId), facts);
    }
  }

  async function raiseCollected(
    event: RecordedEvent,
    aggregatorId: string,
    since: SilentSince,
    podCount: number,
  ): Promise<void> {
    const found = (page: { readonly limit: number; readonly descending?: boolean }) =>
      findSilentPods(documents, aggregatorId, since, page).then(({ items }) => items);
    const first = await found({ limit: ALARM_ROWS_SHOWN });
    const [last] = await found({ limit: 1, descending: true });
    const [from] = first;
    // All came back while they were asked for.
    if (!from || !last) return;
    const facts: Collected = {
      kind: 'nodesSilent',
      since: from.node!.connectionSince!,
      until: last.node!.connectionSince!,
      podCount,
      podIds: first.map(({ podId }) => podId),
      lastPodId: last.podId,
    };
    await raise(event, aggregatorId, `nodesSilent-${facts.since}`, facts);
  }

  /** Collected alarms that stand, of one aggregator or all. */
  async function standing(aggregatorId?: string) {
    const of = {
      kind: 'nodesSilent',
      ...(aggregatorId !== undefined && { aggregatorId }),
    } as const;
    const found = [];
    for (const status of ['open', 'acknowledged'] as const) {
      found.push(...(await allOf((page) => findAlarms(documents, { ...of, status }, page))));
    }
    return found.map((alarm) => ({ ...alarm, facts: alarm.facts as Collected }));
  }

  /** What of a minute no collected alarm tells of. */
  async function untold(aggregatorId: string, minute: SilentSince): Promise<SilentSince> {
    let { fromMs } = minute;
    const told = (await standing(aggregatorId)).map(({ facts }) => spanOf(facts));
    for (const of of told.sort((one, other) => one.fromMs - other.fromMs)) {
      // From the minute on of which it was found.
      if (minuteOf(of.fromMs).fromMs <= fromMs) fromMs = Math.max(fromMs, of.belowMs);
    }
    return { ...minute, fromMs };
  }

  async function look(event: RecordedEvent, minute: SilentSince): Promise<void> {
    await views.caughtUp();
    for (const aggregatorId of await aggregatorsWithSilentPods(documents)) {
      const since = await untold(aggregatorId, minute);
      if (since.fromMs >= since.belowMs) continue;
      if ((await countSilentPods(documents, aggregatorId, since)) === 0) continue;
      const together = { ...since, belowMs: minute.fromMs + AT_ONCE_MS };
      const podCount = await countSilentPods(documents, aggregatorId, together);
      if (podCount <= ALARM_ROWS_SHOWN) await raiseEach(event, aggregatorId, since);
      else await raiseCollected(event, aggregatorId, together, podCount);
    }
  }

  /** Once so few of them lack that they are told one by one, the collected alarm has done. */
  async function lookBack(event: RecordedEvent): Promise<void> {
    await views.caughtUp();
    for (const { aggregatorId, alarmId, facts } of await standing()) {
      const since = spanOf(facts);
      const lacking = await countSilentPods(documents, aggregatorId, since);
      if (lacking > ALARM_ROWS_SHOWN) continue;
      await raiseEach(event, aggregatorId, since);
      const context = contextOf(event, aggregatorId, `${alarmId}/over`);
      await alarms.change({ kind: 'endAlarm', aggregatorId, alarmId }, context);
    }
  }

  return {
    cutOff(event) {
      const minute = minuteOf(msFromIso(event.occurredAt));
      const atMs = minute.belowMs - 1 + policy.silentMinutes * MINUTE_MS;
      const run = () => inTurn(() => look(event, minute));
      const name = `silent/${isoFromMs(minute.belowMs - 1)}`;
      tasks.arm({ name, atMs, untilMs: atMs + lookedForMs, run });
    },
    back(event) {
      const atMs = minuteOf(msFromIso(event.occurredAt)).belowMs - 1;
      const run = () => inTurn(() => lookBack(event));
      // An alarm that stands is no less over where nobody heard of it for hours.
      const untilMs = atMs + policy.liveDays * DAY_MS;
      tasks.arm({ name: `back/${isoFromMs(atMs)}`, atMs, untilMs, run });
    },
  };
}

/** The minute that ends at or after an instant: behind its beginning, up to its end included. */
function minuteOf(ms: number): SilentSince {
  const endMs = Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
  return { fromMs: endMs - MINUTE_MS + 1, belowMs: endMs + 1 };
}

const spanOf = ({ since, until }: Collected): SilentSince => ({
  fromMs: msFromIso(since),
  belowMs: msFromIso(until) + 1,
});
