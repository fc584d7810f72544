/** In which sessions a PoD sold something, and how much. */
import type { Schemas } from '@flexledger/api-client';

/** A whole code of a PoD; undefined for other texts. */
export function podIn(text: string): string | undefined {
  const typed = text.trim().toUpperCase();
  return /^[A-Z]{2}[0-9A-Z]{10,20}$/.test(typed) ? typed : undefined;
}

/** Wh of active and varh of reactive energy together, by session; sessions in which it sold nothing are absent. */
export function soldByPod(
  days: readonly (readonly Pick<Schemas['SessionSales'], 'sessionId' | 'rows'>[])[],
  podId: string,
): ReadonlyMap<string, number> {
  const sold = new Map<string, number>();
  for (const { sessionId, rows } of days.flat()) {
    const wattMtus = rows
      .filter((row) => row.podId === podId)
      .reduce((sum, { acceptedW }) => sum + acceptedW.reduce((a, b) => a + b, 0), 0);
    if (wattMtus > 0) sold.set(sessionId, wattMtus / 4);
  }
  return sold;
}
