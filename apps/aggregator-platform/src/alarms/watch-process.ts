/**
 * Alarms that need a clock: who cannot be offered before a gate closes, what a quarter-hour lacks once it is
 * measured, offers that lost once the result is out; nodes that stay silent stand in `silent-nodes.ts`.
 */
import {
  type CommandContext,
  type AlarmCommand,
  type AlarmFacts,
  type RecordedEvent,
  type RulePack,
  type Schedule,
  ALARM_ROWS_SHOWN,
  MTUS_PER_HOUR,
  MTU_MS,
  deliveryDay as civilDay,
  isLastPart,
  rowsOfDay,
} from '@flexledger/domain';
import { type Processor, contextFrom } from '@flexledger/event-store';
import { type Views, allOf, findAlarms, requiredSession } from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { Aggregator } from '../aggregator';
import { type Bidders, armForEach } from '../bidders';
import { soldChanges } from '../dispatch/sold-changes';
import type { PersistentTasks } from '../persistent-tasks';
import type { AggregatorPolicy } from '../policy';
import { windowAlarmId } from './alarm-process';
import type { Alarms } from './alarms';
import { shortfallOf } from './shortfall';
import { createSilentNodes } from './silent-nodes';

export interface WatchProcessOptions {
  readonly alarms: Alarms;
  readonly bidders: Bidders;
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly tasks: Pick<PersistentTasks, 'arm'>;
  readonly rules: RulePack;
  readonly policy: Pick<
    AggregatorPolicy,
    'silentMinutes' | 'liveDays' | 'measuredMinutes' | 'offerMinutes'
  >;
  readonly replayAfter: () => Promise<number>;
}

/** An alarm is looked for so long after it could first be found; later it helps nobody. */
const LOOKED_FOR_MS = 3_600_000;
/** Who comes back within a day still ends what is over. */
const ENDED_WITHIN_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Lost offers of which the market is asked why. */
const EXPLAINED = 5;

export function createWatchProcess(options: WatchProcessOptions): Processor {
  const { alarms, views, rules, policy, replayAfter } = options;
  const silentNodes = createSilentNodes({ ...options, lookedForMs: LOOKED_FOR_MS });

  const contextOf = (event: RecordedEvent, of: string, aggregatorId: string): CommandContext =>
    contextFrom(event, `${of}/${aggregatorId}`, `aggregator:${aggregatorId}`);

  const raise = (
    { aggregatorId }: Pick<Aggregator, 'aggregatorId'>,
    alarmId: string,
    facts: AlarmFacts,
    context: CommandContext,
  ): Promise<boolean> => {
    const command: AlarmCommand = { kind: 'raiseAlarm', aggregatorId, alarmId, facts };
    return alarms.change(command, context);
  };

  /** Once a delivery day: who cannot be offered in its first session seldom can in the next ones. */
  function watchPortfolio(event: RecordedEvent): void {
    const { sessionId, deliveryDay, gateOpensAt, gateClosesAt } = event.data as Schedule;
    const task = {
      name: `without-flexibility/${sessionId}`,
      // After the own bid: whom it left out the operator can still see to.
      atMs: msFromIso(gateOpensAt) + (policy.offerMinutes + 1) * MINUTE_MS,
      untilMs: msFromIso(gateClosesAt),
    };
    armForEach(task, options, async (aggregator) => {
      const { leftOut } = await aggregator.portfolio.on(deliveryDay);
      if (leftOut.length === 0) return;
      const pods = leftOut.slice(0, ALARM_ROWS_SHOWN);
      const podCount = leftOut.length;
      await raise(
        aggregator,
        `noFlexibility-${deliveryDay}`,
        { kind: 'noFlexibility', sessionId, deliveryDay, gateClosesAt, podCount, pods },
        contextOf(event, 'without-flexibility', aggregator.aggregatorId),
      );
    });
  }

  /** The alarms that stand of offers of a session that the market refused. */
  async function refusedAlarmIds(aggregatorId: string, sessionId: string): Promise<string[]> {
    await views.caughtUp();
    const alarmIds: string[] = [];
    for (const status of ['open', 'acknowledged'] as const) {
      const where = { aggregatorId, kind: 'offersRefused', status } as const;
      const standing = await allOf((page) => findAlarms(views.documents, where, page));
      for (const { alarmId, facts } of standing) {
        if ('sessionId' in facts && facts.sessionId === sessionId) alarmIds.push(alarmId);
      }
    }
    return alarmIds;
  }

  /** Ends what nobody can do anything about any more: a delivery that is over. */
  function watchEnd(event: RecordedEvent): void {
    const { sessionId, kind, deliveryDay, deliveryStart, mtuCount } = event.data as Schedule;
    const atMs = msFromIso(deliveryStart) + mtuCount * MTU_MS;
    const task = { name: `over/${sessionId}`, atMs, untilMs: atMs + ENDED_WITHIN_MS };
    const alarmIds =
      kind === 'realTime'
        ? [windowAlarmId(deliveryStart), `shortfall-${sessionId}`]
        : [`noFlexibility-${deliveryDay}`];
    armForEach(task, options, async ({ aggregatorId }) => {
      const refused = await refusedAlarmIds(aggregatorId, sessionId);
      for (const alarmId of [...alarmIds, `offersLost-${sessionId}`, ...refused]) {
        const context = contextOf(event, `over/${alarmId}`, aggregatorId);
        await alarms.change({ kind: 'endAlarm', aggregatorId, alarmId }, context);
      }
    });
  }

  /** Each quarter-hour of a real-time window but the last, as soon as it is measured. */
  function watchDelivery(event: RecordedEvent): void {
    const { sessionId, kind, deliveryStart, mtuCount } = event.data as Schedule;
    if (kind !== 'realTime') return;
    const startMs = msFromIso(deliveryStart);
    for (let mtu = 0; mtu < mtuCount - 1; mtu += 1) {
      const mtuMs = startMs + mtu * MTU_MS;
      const atMs = mtuMs + MTU_MS + policy.measuredMinutes * MINUTE_MS;
      const task = { name: `delivery/${sessionId}/${mtu}`, atMs, untilMs: atMs + LOOKED_FOR_MS };
      armForEach(task, options, async (aggregator) => {
        const { aggregatorId } = aggregator;
        const sold = await soldAndMeasured(event.data as Schedule, mtuMs, aggregator, rules);
        if (sold.length === 0) return;
        const alarmId = `shortfall-${sessionId}`;
        const context = contextOf(event, `delivery/${mtu}`, aggregatorId);
        const found = shortfallOf(sold, rules.settlement.penalty);
        if (!found) {
          await alarms.change({ kind: 'endAlarm', aggregatorId, alarmId }, context);
          return;
        }
        const mtuStart = isoFromMs(mtuMs);
        const facts = { kind: 'shortfall', sessionId, mtuStart, ...found } as const;
        await raise(aggregator, alarmId, facts, context);
      });
    }
  }

  /** What stood when the gate closed, and of which the result holds nothing. */
  function watchResult(event: RecordedEvent): void {
    const { sessionId, part } = event.data as Published;
    if (!isLastPart(part)) return;
    const atMs = msFromIso(event.occurredAt);
    const task = { name: `lost/${sessionId}`, atMs, untilMs: atMs + LOOKED_FOR_MS };
    armForEach(task, options, async (aggregator) => {
      const { aggregatorId, ports } = aggregator;
      const standing = await ports.orders.standingOffers(sessionId, aggregatorId);
      if (standing.length === 0) return;
      await views.caughtUp();
      const { deliveryDay } = await requiredSession(views.documents, sessionId);
      const sales = await ports.results.resultsOf(aggregatorId, deliveryDay);
      const rows = sales.find((sold) => sold.sessionId === sessionId)?.rows ?? [];
      const won = new Set(rows.map(({ offerId }) => offerId));
      const lost = standing
        .map(({ offerId }) => offerId)
        .filter((offerId) => !won.has(offerId))
        .sort();
      if (lost.length === 0) return;
      const offers = [];
      for (const offerId of lost.slice(0, EXPLAINED)) {
        const reason = await ports.orders.whyLost(sessionId, aggregatorId, offerId);
        offers.push({ offerId, reason });
      }
      const counts = { offered: standing.length, offerCount: lost.length };
      await raise(
        aggregator,
        `offersLost-${sessionId}`,
        { kind: 'offersLost', sessionId, ...counts, offers },
        contextOf(event, 'lost', aggregatorId),
      );
    });
  }

  return {
    name: 'aggregators/watch',
    types: [
      'SessionScheduled',
      'ResultPublished',
      'NodeDisconnected',
      'NodeConnected',
      'NodeRevoked',
    ],
    replayAfter,
    async handle(event) {
      if (event.type === 'ResultPublished') watchResult(event);
      if (event.type === 'NodeDisconnected') silentNodes.cutOff(event);
      if (event.type === 'NodeConnected' || event.type === 'NodeRevoked') silentNodes.back(event);
      if (event.type !== 'SessionScheduled') return;
      watchPortfolio(event);
      watchDelivery(event);
      watchEnd(event);
    },
  };
}

interface Published {
  readonly sessionId: string;
  readonly part: { readonly index: number; readonly of: number };
}

/** What an aggregator's PoDs had sold of active power in a quarter-hour, and what they did; none where nothing was sold. */
async function soldAndMeasured(
  { deliveryDay }: Schedule,
  mtuMs: number,
  { aggregatorId, ports }: Aggregator,
  rules: RulePack,
) {
  const period = civilDay(deliveryDay, rules.timeZone);
  const mtu = (mtuMs - period.startMs) / MTU_MS;
  const rows = rowsOfDay(await ports.results.resultsOf(aggregatorId, deliveryDay), period);
  const sold = [...soldChanges(rows, mtu + 1, 'P')].flatMap(([podId, changes]) => {
    const changeW = changes[mtu];
    return typeof changeW === 'number' ? [{ podId, changeW }] : [];
  });
  if (sold.length === 0) return [];
  const podIds = sold.map(({ podId }) => podId);
  const declared = await ports.register.baselines(podIds, deliveryDay);
  const baselines = new Map(declared.map((of) => [of.podId, of.declared.at(-1)?.baselineW[mtu]]));
  const measured = await ports.measurements.quarterHours(podIds, mtuMs, mtuMs + MTU_MS);
  return sold.flatMap((one, index) => {
    const baselineW = baselines.get(one.podId);
    const [quarterHour] = measured[index]!;
    // Without a baseline nobody knows what a change would be; the dispatch has told of it.
    if (baselineW === undefined) return [];
    const measuredW = quarterHour
      ? (quarterHour.withdrawnWh - quarterHour.injectedWh) * MTUS_PER_HOUR
      : null;
    return [{ ...one, baselineW, measuredW }];
  });
}
