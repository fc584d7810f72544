import { type DeliveryPeriod, DomainError, deliveryDay } from '@flexledger/domain';

/**
 * The MTUs of a civil day.
 *
 * @param field that names the day
 * @throws DomainError `query-malformed` when there is no such day
 */
export function periodOf(day: string, timeZone: string, field = 'day'): DeliveryPeriod {
  try {
    return deliveryDay(day, timeZone);
  } catch {
    const reason = 'must be a day that exists, like 2026-03-17';
    throw new DomainError('query-malformed', `The day "${day}" ${reason}.`, [{ field, reason }]);
  }
}
