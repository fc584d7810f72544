import type { MeasuredQuarterHour, MeasurementsPort } from '../measurements';
import { parts } from './http-register';
import type { PlatformClient } from './platform-client';

/** The measurements of a shared customer database that runs elsewhere. */
export function httpMeasurements(call: PlatformClient): MeasurementsPort {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      const found: (readonly MeasuredQuarterHour[])[] = [];
      for (const [, part] of parts(podIds)) {
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
