import { type RulePack, deliveryDay, sessionsDelivering, MTU_MS } from '@flexledger/domain';

/** How a delivery day falls into windows of setpoints: those of its real-time sessions. */
export interface SetpointWindows {
  /** Indices in the day of the MTUs with which they begin, rising. */
  readonly windowStarts: readonly number[];
  /** From the moment setpoints arrive to their window. */
  readonly leadMinutes: number;
}

export function setpointWindows(
  day: string,
  rules: Pick<RulePack, 'timeZone' | 'calendar'>,
): SetpointWindows {
  const { startMs } = deliveryDay(day, rules.timeZone);
  const windowStarts = sessionsDelivering(day, rules)
    .filter(({ kind }) => kind === 'realTime')
    .map(({ period }) => (period.startMs - startMs) / MTU_MS);
  return { windowStarts, leadMinutes: rules.calendar.setpointsBeforeMinutes };
}
