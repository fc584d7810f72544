import { DomainError } from '@flexledger/domain';
import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import { type SessionDocument, sessionsView } from './sessions-view';

export function getSession(
  documents: DocumentStore,
  sessionId: string,
): Promise<SessionDocument | undefined> {
  return getOne(documents, sessionsView, sessionId);
}

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

/** Sessions, those that deliver last first. @throws InvalidQuery */
export function findSessions(
  documents: DocumentStore,
  where: Where<SessionDocument> = {},
  page: PageRequest = {},
): Promise<Page<SessionDocument>> {
  return documents.find(sessionsView, {
    where,
    orderBy: 'deliveryStart',
    descending: true,
    ...page,
  });
}

/** Of rows of several sessions, those whose session has published its whole result. */
export async function ofPublishedSessions<Row extends { readonly sessionId: string }>(
  documents: DocumentStore,
  rows: readonly Row[],
): Promise<Row[]> {
  const ids = [...new Set(rows.map(({ sessionId }) => sessionId))];
  const sessions = await documents.getMany(sessionsView, ids);
  const published = new Set(
    sessions.flatMap((session) => (session?.publishedAt ? [session.sessionId] : [])),
  );
  return rows.filter(({ sessionId }) => published.has(sessionId));
}
