/** Which events of a log a bundle needs, so that what it is of can be checked from them alone. */
import {
  type RecordedEvent,
  decodeEvent,
  isLastPart,
  nodeStream,
  sessionStream,
  settlementStream,
} from '@flexledger/domain';
import { type LogReader, SessionNotAuditable } from '../log-reader';
import type { LoggedEvent, LoggedOf } from '../logged-event';
import type { BundleSubject } from './bundle';
import { eventsOfReceipt } from './receipt';

/** Whether an event belongs into the bundle; asked once of each event, in the order of the log. */
export type IsBundled = (event: RecordedEvent) => boolean;

const OF_ALL = ['RulePackAdopted', 'GridModelPublished', 'PodLocated'];
const OF_FORECASTS = ['ForecastComputed', 'ForecastContinued', 'GridReconfigured'];

/**
 * Of a session, a measurement or a receipt; what a party was told is not for the log itself to say.
 *
 * @throws SessionNotAuditable when the log has no such session, or it is not settled or not closed yet
 */
export async function eventsBundledFor(
  log: LogReader,
  of: Exclude<BundleSubject, { kind: 'party' | 'rows' }>,
): Promise<IsBundled> {
  if (of.kind === 'session') return ofSession(log, of.sessionId);
  if (of.kind === 'measurement') return ofMeasurement(of);
  const ids = new Set((await eventsOfReceipt(log, of)).map(({ id }) => id));
  return ({ id }) => ids.has(id);
}

/** The packet, and all of its node's stream before it: by which key the node signed then. */
function ofMeasurement({ podId, sequence }: Extract<BundleSubject, { kind: 'measurement' }>) {
  let isPast = false;
  return ({ type, streamId, data }: RecordedEvent): boolean => {
    if (isPast) return false;
    if (streamId === nodeStream(podId)) return true;
    const said = data as { readonly podId?: unknown; readonly sequence?: unknown };
    isPast = type === 'MeasurementRecorded' && said.podId === podId && said.sequence === sequence;
    return isPast;
  };
}

/**
 * All that `replay` and the checks of one session rest on, up to the settlement that counts: every session
 * and its rules, since baselines look back to earlier days; grid and forecast; and of the PoDs that were
 * offered in the session or day-ahead all of their register, nodes and measurements. Streams are whole, so
 * that nothing can be left out of them unseen; of other PoDs there is no more than where they hang.
 */
async function ofSession(log: LogReader, sessionId: string): Promise<IsBundled> {
  const settledAt = await settledPosition(log, sessionId);
  const scheduled = await scheduledOn(log, sessionId);
  const market = new Set([sessionId, scheduled.dayAheadId]);
  const podIds = new Set<string>();
  for (const id of market) for await (const pod of podsOffered(log, id)) podIds.add(pod);
  return ({ type, streamId, position, data }) => {
    if (position > settledAt) return false;
    if (/^(session|settlement)-/.test(streamId)) return true;
    if (OF_ALL.includes(type)) return true;
    const said = data as { readonly sessionId?: string };
    if (OF_FORECASTS.includes(type)) return market.has(said.sessionId ?? '');
    const podId = /^(?:node|pod|meter)-([^-]+)/.exec(streamId)?.[1];
    return podId !== undefined && podIds.has(podId);
  };
}

/** Position of the event that published the settlement that counts. */
async function settledPosition(log: LogReader, sessionId: string): Promise<number> {
  let isComputed = false;
  let settledAt: number | undefined;
  for await (const recorded of log.readStream(settlementStream(sessionId))) {
    const event = decodeEvent(recorded) as unknown as LoggedEvent;
    if (event.type === 'SettlementComputed') isComputed = isLastPart(event.data.part);
    else if (event.type === 'SettlementPublished' && isComputed) settledAt = event.position;
  }
  if (settledAt !== undefined) return settledAt;
  throw new SessionNotAuditable(
    `Session ${sessionId} is not settled in this log, or not in it; bundle it once its settlement is published.`,
  );
}

async function scheduledOn(
  log: LogReader,
  sessionId: string,
): Promise<{ readonly dayAheadId: string }> {
  const days = new Map<string, LoggedOf<'SessionScheduled'>['data']>();
  for await (const recorded of log.readAll()) {
    if (recorded.type !== 'SessionScheduled') continue;
    const { data } = decodeEvent(recorded) as unknown as LoggedOf<'SessionScheduled'>;
    days.set(data.sessionId, data);
  }
  const day = days.get(sessionId)?.deliveryDay;
  const dayAhead = [...days.values()].find(
    ({ kind, deliveryDay }) => kind === 'dayAhead' && deliveryDay === day,
  );
  return { dayAheadId: dayAhead?.sessionId ?? sessionId };
}

async function* podsOffered(log: LogReader, sessionId: string): AsyncGenerator<string> {
  for await (const recorded of log.readStream(sessionStream(sessionId))) {
    if (recorded.type !== 'FlexibilityOffered') continue;
    const { data } = decodeEvent(recorded) as unknown as LoggedOf<'FlexibilityOffered'>;
    for (const { podId } of data.offers) yield podId;
  }
}
