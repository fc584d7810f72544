import { DomainError } from '@flexledger/domain';
import { type DocumentStore, type SessionDocument, getSession } from '@flexledger/projections';

/** The session's document. @throws DomainError `session-unknown` */
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
