/** What a node complained of in a day, as bars from its begin to its end. */

/** As `GET /api/v1/nodes/{podId}/anomalies` gives it. */
export interface FoundAnomaly {
  readonly anomalyId: string;
  readonly kind: string;
  readonly detail: string;
  readonly startedAt: string;
  /** null while it lasts. */
  readonly endedAt: string | null;
}

/** What is drawn of one. */
export interface AnomalyBar {
  readonly key: string;
  readonly kind: string;
  readonly detail: string;
  readonly startMs: number;
  /** Now where it lasts. */
  readonly endMs: number;
  readonly isStanding: boolean;
  /** Shares of the day, 0 to 1. */
  readonly from: number;
  readonly to: number;
}

/** Those that fall into a day, the first begun first; what began before it or goes on after it is cut there. */
export function anomalyBars(
  found: readonly FoundAnomaly[],
  day: { readonly startMs: number; readonly endMs: number },
  nowMs: number,
): readonly AnomalyBar[] {
  const share = (atMs: number): number =>
    Math.min(1, Math.max(0, (atMs - day.startMs) / (day.endMs - day.startMs)));
  return found
    .map(({ anomalyId, kind, detail, startedAt, endedAt }) => {
      const startMs = Date.parse(startedAt);
      const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
      const bar = { key: anomalyId, kind, detail, startMs, endMs, isStanding: endedAt === null };
      return { ...bar, from: share(startMs), to: share(endMs) };
    })
    .filter(({ startMs, endMs }) => startMs < day.endMs && endMs > day.startMs)
    .sort((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1));
}
