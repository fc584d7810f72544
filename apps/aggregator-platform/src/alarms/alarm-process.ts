/**
 * Alarms that follow from one event of the log: sales that cannot be delivered, terms refused, offers that the
 * market did not take; and the end of those whose cause is gone. What needs a clock stands in `watch-process.ts`.
 */
import {
  type AlarmFacts,
  type DispatchReported,
  type FlexibilityOffer,
  type RecordedEvent,
  type RefusedRow,
  ALARM_ROWS_SHOWN,
  MTU_MS,
} from '@flexledger/domain';
import { type Processor, contextFrom } from '@flexledger/event-store';
import {
  type SessionDocument,
  type Views,
  findSessions,
  getPod,
  getSession,
  isStanding,
} from '@flexledger/projections';
import { type Clock, msFromIso } from '@flexledger/runtime';
import type { AggregatorPolicy } from '../policy';
import type { Alarms } from './alarms';

export interface AlarmProcessOptions {
  readonly alarms: Alarms;
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
  readonly policy: Pick<AggregatorPolicy, 'liveDays'>;
}

const DAY_MS = 86_400_000;

/** What an event changes of the alarms of one aggregator. */
type Change = { readonly aggregatorId: string; readonly alarmId: string } & (
  { readonly kind: 'raiseAlarm'; readonly facts: AlarmFacts } | { readonly kind: 'endAlarm' }
);

/** Under which an alarm that concerns one PoD stands, and ends. */
export const podAlarmId = (kind: AlarmFacts['kind'], podId: string): string => `${kind}-${podId}`;

/** Under which the alarm stands that a window cannot be delivered as sold. */
export const windowAlarmId = (windowStart: string): string => `notDeliverable-${windowStart}`;

/** Of what is over nothing is raised: a log that is older than its alarms, or was left for long, tells of it all at once. */
export function createAlarmProcess(options: AlarmProcessOptions): Processor {
  const { alarms, views, clock, policy } = options;
  const isOver = ({ deliveryStart, mtuCount }: SessionDocument): boolean =>
    msFromIso(deliveryStart) + mtuCount * MTU_MS <= clock.nowMs();

  /** The session that a change belongs to; undefined where it belongs to none. */
  async function sessionOf({ data, type }: RecordedEvent): Promise<SessionDocument | undefined> {
    if (type !== 'DispatchReported' && type !== 'FlexibilityOffered') return undefined;
    await views.caughtUp();
    if (type === 'FlexibilityOffered') {
      return getSession(views.documents, (data as Offered).sessionId);
    }
    const { windowStart } = data as DispatchReported['data'];
    const { items } = await findSessions(views.documents, { deliveryStart: windowStart });
    return items.find(({ kind }) => kind === 'realTime');
  }

  async function isLate(event: RecordedEvent): Promise<boolean> {
    const session = await sessionOf(event);
    if (session) return isOver(session);
    return msFromIso(event.occurredAt) < clock.nowMs() - policy.liveDays * DAY_MS;
  }

  const podOf = async ({ data }: RecordedEvent) => {
    await views.caughtUp();
    return getPod(views.documents, (data as { readonly podId: string }).podId);
  };

  async function changeOf(event: RecordedEvent): Promise<Change | undefined> {
    switch (event.type) {
      case 'DispatchReported':
        return notDeliverable(event.data as DispatchReported['data']);
      case 'FlexibilityOffered':
        return offersRefused(event.data as Offered, event.revision);
      case 'AgreementRefused':
      case 'AgreementProposed': {
        // As the agreement stands now: an event that comes again changes nothing that came after it.
        const { podId, agreement } = (await podOf(event)) ?? {};
        if (podId === undefined || !agreement) return undefined;
        const { aggregatorId } = agreement.terms;
        const of = { aggregatorId, alarmId: podAlarmId('termsRefused', podId) };
        if (agreement.status !== 'refused') return { ...of, kind: 'endAlarm' };
        const reason = agreement.reason ?? '';
        return { ...of, kind: 'raiseAlarm', facts: { kind: 'termsRefused', podId, reason } };
      }
      case 'NodeConnected':
      case 'NodeRevoked': {
        const { podId, aggregatorId, node } = (await podOf(event)) ?? {};
        if (podId === undefined || !aggregatorId || node?.connected === false) return undefined;
        const alarmId = podAlarmId('nodeSilent', podId);
        // Millions come back after an outage, and of most of them there is no alarm: the view knows without their streams.
        if (!(await isStanding(views.documents, aggregatorId, alarmId))) return undefined;
        return { aggregatorId, alarmId, kind: 'endAlarm' };
      }
      default:
        return undefined;
    }
  }

  return {
    name: 'aggregators/alarms',
    types: [
      'DispatchReported',
      'FlexibilityOffered',
      'AgreementRefused',
      'AgreementProposed',
      'NodeConnected',
      'NodeRevoked',
    ],
    async handle(event) {
      const change = await changeOf(event);
      if (!change || (change.kind === 'raiseAlarm' && (await isLate(event)))) return;
      const { aggregatorId } = change;
      const context = contextFrom(event, `alarm/${aggregatorId}`, `aggregator:${aggregatorId}`);
      await alarms.change(change, context);
    },
  };
}

function notDeliverable(data: DispatchReported['data']): Change | undefined {
  const { aggregatorId, windowStart, infeasibleMtus, infeasible } = data;
  const [worst] = infeasible;
  if (!worst) return undefined;
  return {
    kind: 'raiseAlarm',
    aggregatorId,
    alarmId: windowAlarmId(windowStart),
    facts: { kind: 'notDeliverable', windowStart, infeasibleMtus, worst },
  };
}

interface Offered {
  readonly sessionId: string;
  readonly aggregatorId: string;
  readonly offers: readonly FlexibilityOffer[];
  readonly refused: readonly RefusedRow[];
}

/** Each part of a bid is told of by itself: a later one may be refused for another reason. */
function offersRefused(
  { sessionId, aggregatorId, refused }: Offered,
  revision: number,
): Change | undefined {
  if (refused.length === 0) return undefined;
  const offers = refused
    .slice(0, ALARM_ROWS_SHOWN)
    .map(({ offerId, reason }) => ({ offerId, reason }));
  return {
    kind: 'raiseAlarm',
    aggregatorId,
    alarmId: `offersRefused-${sessionId}-${revision}`,
    facts: { kind: 'offersRefused', sessionId, offerCount: refused.length, offers },
  };
}
