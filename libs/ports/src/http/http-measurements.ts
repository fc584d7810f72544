import { type MeasuredQuarterHour, type MeasurementsPort, POD_DAYS_AT_ONCE } from '../measurements';
import { parts } from './http-register';
import type { PlatformClient } from './platform-client';

const DAY_MS = 86_400_000;

/** The measurements of a shared customer database that runs elsewhere. */
export function httpMeasurements(call: PlatformClient): MeasurementsPort {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      const found: (readonly MeasuredQuarterHour[])[] = [];
      const days = Math.max(1, Math.ceil((untilMs - fromMs) / DAY_MS));
      const atOnce = Math.max(1, Math.min(1_000, Math.floor(POD_DAYS_AT_ONCE / days)));
      for (const [, part] of parts(podIds, atOnce)) {
        const { items } = await call<{ items: readonly (readonly MeasuredQuarterHour[])[] }>({
          method: 'POST',
          path: '/api/v1/measurements/query',
          body: { podIds: part, fromMs, untilMs },
        });
        for (const item of items) found.push(item);
      }
      return found;
    },
    async firstDay() {
      const { firstDay } = await call<{ firstDay: string | null }>({
        method: 'GET',
        path: '/api/v1/measurements/first-day',
      });
      return firstDay ?? undefined;
    },
  };
}
