/**
 * How many reports of one node are recorded a minute. Of what comes beyond, the last of each kind is kept
 * and recorded when the minute is over, so that the log ends where the node is and no node fills it.
 */
import type { Clock } from '@flexledger/runtime';

/** Reports of one node that are recorded at once, a minute. */
export const REPORTS_A_MINUTE = 20;

const MINUTE_MS = 60_000;

/** What a node may tell within its minute. */
interface Minute<Report> {
  readonly beginsMs: number;
  count: number;
  /** The last report of each kind that came beyond, by kind. */
  readonly held: Map<string, Report>;
}

export interface ReportBudget<Report> {
  /**
   * Whether a report is taken at once. One that is not is held in the place of an earlier one of its kind;
   * one without a kind is dropped.
   *
   * @param kind few in all: what a later report of the same kind replaces
   * @returns `first` for the first that goes beyond in a minute
   */
  take(podId: string, kind?: string, report?: Report): 'now' | 'first' | 'later';
  /** What was held in minutes that are over, by node and in the order of coming. */
  due(): Report[];
}

/** Budgets of all nodes; those of whom nothing came for a minute are forgotten. */
export function createReportBudget<Report>(clock: Clock): ReportBudget<Report> {
  const minutes = new Map<string, Minute<Report>>();
  return {
    take(podId, kind, report) {
      const nowMs = clock.nowMs();
      let minute = minutes.get(podId);
      // What a minute that is over still holds comes before.
      if (!minute || (nowMs - minute.beginsMs >= MINUTE_MS && minute.held.size === 0)) {
        minute = { beginsMs: nowMs, count: 0, held: new Map() };
        minutes.set(podId, minute);
      }
      minute.count += 1;
      if (minute.count <= REPORTS_A_MINUTE) return 'now';
      if (kind !== undefined && report !== undefined) {
        minute.held.delete(kind);
        minute.held.set(kind, report);
      }
      return minute.count === REPORTS_A_MINUTE + 1 ? 'first' : 'later';
    },
    due() {
      const nowMs = clock.nowMs();
      const over = [...minutes].filter(([, { beginsMs }]) => nowMs - beginsMs >= MINUTE_MS);
      for (const [podId] of over) minutes.delete(podId);
      return over.flatMap(([, { held }]) => [...held.values()]);
    },
  };
}
