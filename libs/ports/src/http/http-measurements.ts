import { type MeasuredQuarterHour, type MeasurementsPort, POD_DAYS_AT_ONCE } from '../measurements';
import { rowsIn } from './answer-checks';
import { parts } from './http-register';
import { type PlatformClient, PlatformUnavailable } from './platform-client';

const DAY_MS = 86_400_000;

/** The measurements of a shared customer database that runs elsewhere. */
export function httpMeasurements(call: PlatformClient): MeasurementsPort {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      const path = '/api/v1/measurements/query';
      const found: (readonly MeasuredQuarterHour[])[] = [];
      const days = Math.max(1, Math.ceil((untilMs - fromMs) / DAY_MS));
      const atOnce = Math.max(1, Math.min(1_000, Math.floor(POD_DAYS_AT_ONCE / days)));
      for (const [, part] of parts(podIds, atOnce)) {
        const body = { podIds: part, fromMs, untilMs };
        const answer = await call({ method: 'POST', path, body });
        const rows = rowsIn<readonly MeasuredQuarterHour[]>(answer, 'items', part.length, path);
        for (const row of rows) found.push(row);
      }
      return found;
    },
    async firstDay() {
      const path = '/api/v1/measurements/first-day';
      const answer = await call<{ readonly firstDay?: unknown } | undefined>({
        method: 'GET',
        path,
      });
      const firstDay = answer?.firstDay;
      if (firstDay === null) return undefined;
      if (typeof firstDay === 'string') return firstDay;
      throw new PlatformUnavailable(path, 'its answer names no first day');
    },
  };
}
