/** Certified measurements as platforms of the same process reach them (flows 1, 1a, 8). */
import { DomainError } from '@flexledger/domain';
import type { MeasurementsPort } from '@flexledger/ports';
import {
  type QuarterHourMeasurement,
  firstMeasuredDay,
  measurementsBetween,
} from '@flexledger/projections';
import type { SharedCustomerDatabasePolicy } from '../policy';
import type { CustomerReads } from './register-port';

/** Documents, each of a PoD and day, asked for at once. */
const DOCUMENTS_AT_ONCE = 10_000;
const DAY_MS = 86_400_000;

/** The port over this process' own views. */
export function measurementsPort(
  { documents, caughtUp }: CustomerReads,
  policy: Pick<SharedCustomerDatabasePolicy, 'measuredDaysMax'>,
): MeasurementsPort {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      requireStretch(fromMs, untilMs, policy);
      await caughtUp();
      const days = Math.ceil((untilMs - fromMs) / DAY_MS) + 1;
      const atOnce = Math.max(1, Math.floor(DOCUMENTS_AT_ONCE / days));
      const found: (readonly QuarterHourMeasurement[])[] = [];
      for (let from = 0; from < podIds.length; from += atOnce) {
        const part = podIds.slice(from, from + atOnce);
        for (const rows of await measurementsBetween(documents, part, fromMs, untilMs)) {
          found.push(rows);
        }
      }
      return found;
    },
    async firstDay() {
      await caughtUp();
      return firstMeasuredDay(documents);
    },
  };
}

/** @throws DomainError `query-malformed` when the stretch is empty or longer than the policy lets */
export function requireStretch(
  fromMs: number,
  untilMs: number,
  { measuredDaysMax }: Pick<SharedCustomerDatabasePolicy, 'measuredDaysMax'>,
  field = 'untilMs',
): void {
  if (untilMs > fromMs && untilMs - fromMs <= measuredDaysMax * DAY_MS) return;
  const reason = `must lie after the beginning, by ${measuredDaysMax} days at most`;
  throw new DomainError('query-malformed', `The end of the stretch, ${field}, ${reason}.`, [
    { field, reason },
  ]);
}
