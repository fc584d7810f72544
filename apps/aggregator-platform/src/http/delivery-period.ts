import { type DeliveryPeriod, DomainError, deliveryDay } from '@flexledger/domain';
import { type DocumentStore, type SessionDocument, getSession } from '@flexledger/projections';

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

/** @throws DomainError `session-unknown` */
export async function requiredSession(
  documents: DocumentStore,
  sessionId: string,
): Promise<SessionDocument> {
  const session = await getSession(documents, sessionId);
  if (session) return session;
  throw new DomainError(
    'session-unknown',
    `There is no session ${sessionId}; GET /api/v1/sessions lists those of the calendar.`,
  );
}
