/**
 * What a session's clearing rests on besides its own order book: what the day-ahead session sold for
 * the same MTUs. Pure, because the audit asks the same of the log as the market does.
 */
import type { ClearingInstance } from '../clearing/instance';
import type { RulePack } from '../rule-pack/rule-pack';
import { rowInPeriod } from '../settlement/settle';
import { MTU_MS } from '../time/delivery-day';
import { clearingInput, soldKey } from './clearing-input';
import type { OutcomeRow } from './events';
import { acceptedByMtu, finalRows } from './outcome';
import type { MarketSessionState, ScheduledSession } from './state';

/**
 * The clearing problem of a session's next round.
 *
 * @param dayAhead the day-ahead session of the same delivery day; the session itself is ignored
 */
export function sessionInput(
  session: ScheduledSession,
  dayAhead: MarketSessionState,
): ClearingInstance {
  const { mtuCount } = session.schedule;
  return clearingInput(session, acceptedByMtu(soldBefore(session, dayAhead), mtuCount, soldKey));
}

/** Rows the day-ahead session sold, as they fall into a real-time session's MTUs. */
export function soldBefore(session: ScheduledSession, dayAhead: MarketSessionState): OutcomeRow[] {
  if (session.schedule.kind === 'dayAhead' || dayAhead.status !== 'published') return [];
  return rowsDuring(finalRows(dayAhead), dayAhead, session);
}

/**
 * A fill-up round is worth it when the DSO took something off, rounds are left, and something is
 * still asked for and on offer. A round whose clearing was cut off between two parts is still due.
 *
 * @param next the problem of the round in question
 */
export function isFillUpDue(
  session: ScheduledSession,
  next: ClearingInstance,
  rules: RulePack,
): boolean {
  if (!mayFillUp(session, rules)) return false;
  const wanted = next.requests.some((request) => request.quantityW.some((watts) => watts > 0));
  return wanted && next.offers.length > 0;
}

/** What of `isFillUpDue` is known without the next round's problem, which takes a large session seconds. */
export function mayFillUp({ rounds }: ScheduledSession, rules: RulePack): boolean {
  const last = rounds.findLast(({ validated }) => validated);
  if (!last || last.round >= rules.validation.fillUpRounds) return false;
  return last.exceptions.some((row) => row.violatedElement !== 'no-answer');
}

/** Rows of one session as they fall into the MTUs of another. */
export function rowsDuring(
  rows: readonly OutcomeRow[],
  from: ScheduledSession,
  to: ScheduledSession,
): OutcomeRow[] {
  const startMs = (state: ScheduledSession): number => Date.parse(state.schedule.deliveryStart);
  const shift = (startMs(to) - startMs(from)) / MTU_MS;
  return rows.flatMap((row) => {
    const sold = rowInPeriod(row, shift, to.schedule.mtuCount);
    return sold ? [{ ...sold.row, firstMtu: sold.offset }] : [];
  });
}
