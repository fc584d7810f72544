import type { OutcomeRow } from './events';
import type { Round, ScheduledSession } from './state';

/**
 * A round's rows after the DSO's word: each capped at what is permitted, rows with nothing left gone
 * (DESIGN 8, final clearing).
 */
export function permittedRows(round: Round): OutcomeRow[] {
  const exceptions = new Map(round.exceptions.map((exception) => [exception.index, exception]));
  return round.rows.flatMap((row, index) => {
    const exception = exceptions.get(index);
    if (!exception) return [row];
    const acceptedW = row.acceptedW.map((watts, mtu) =>
      Math.min(watts, exception.permittedW[mtu] ?? 0),
    );
    return acceptedW.some((watts) => watts > 0) ? [{ ...row, acceptedW }] : [];
  });
}

/** The session's rows over all validated rounds, in the order of the rounds. */
export function finalRows(state: ScheduledSession): OutcomeRow[] {
  return state.rounds.filter((round) => round.validated).flatMap(permittedRows);
}

/** W·MTU of rows by any key. */
export function acceptedByMtu(
  rows: readonly OutcomeRow[],
  mtuCount: number,
  keyOf: (row: OutcomeRow) => string,
): Map<string, Float64Array> {
  const sums = new Map<string, Float64Array>();
  for (const row of rows) {
    const key = keyOf(row);
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = new Float64Array(mtuCount)));
    row.acceptedW.forEach((watts, index) => {
      const mtu = row.firstMtu + index;
      if (mtu >= 0 && mtu < mtuCount) sum[mtu]! += watts;
    });
  }
  return sums;
}
