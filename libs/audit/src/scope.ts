/** What an audit looks at: the whole log, or what one session's result rests on. */
import { MTU_MS } from '@flexledger/domain';
import type { LoggedEvent, LoggedOf } from './logged-event';
import { type Replay, podsOf, publishedRows } from './replay';

/** Which parts of the log are rechecked; hashes, order and checkpoints always are, over all of it. */
export interface Scope {
  /** Sessions whose orders, clearing and validation are rechecked. */
  market(sessionId: string): boolean;
  /** Sessions whose settlement and award are rechecked. */
  settlement(sessionId: string): boolean;
  measurement(event: LoggedOf<'MeasurementRecorded'>): boolean;
  /** Events whose inclusion is proved. */
  inclusion(event: LoggedEvent): boolean;
}

/** Everything. */
export const WHOLE_LOG: Scope = {
  market: () => true,
  settlement: () => true,
  measurement: () => true,
  inclusion: () => true,
};

/**
 * One session, with the market side of the day-ahead session that sold the same MTUs before it and
 * what was measured, while it delivered, at the PoDs it bought from.
 *
 * @param dayAheadId the day-ahead session of the same delivery day, which may be the session itself
 */
export function sessionScope(sessionId: string, dayAheadId: string, replay: Replay): Scope {
  let soldPods: ReadonlySet<string> | undefined;
  const market = (id: string): boolean => id === sessionId || id === dayAheadId;

  function measurement({ data }: LoggedOf<'MeasurementRecorded'>): boolean {
    const session = replay.session(sessionId);
    if (session.status !== 'published') return false;
    const { deliveryStart, mtuCount } = session.schedule;
    const mtu = (Date.parse(data.inputData.mtuStart) - Date.parse(deliveryStart)) / MTU_MS;
    if (!(mtu >= 0 && mtu < mtuCount)) return false;
    soldPods ??= new Set(podsOf(publishedRows(session)));
    return soldPods.has(data.podId);
  }

  return {
    market,
    settlement: (id) => id === sessionId,
    measurement,
    inclusion(event) {
      if (event.type === 'MeasurementRecorded') return measurement(event);
      if (event.type === 'RulePackAdopted' || event.type === 'GridModelPublished') return true;
      const { sessionId: id } = event.data as { sessionId?: unknown };
      return typeof id === 'string' && market(id);
    },
  };
}
