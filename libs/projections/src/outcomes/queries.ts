import type { DocumentStore, Page, PageRequest, Where } from '../document-store';
import { ofPublishedSessions } from '../sessions/queries';
import { type OutcomeDocument, outcomesView } from './outcomes-view';

/**
 * Final rows of published results, by session and in the order published. A page may hold fewer than
 * its limit while a result is being published; go on while `next` is not null.
 *
 * @throws InvalidQuery
 */
export async function findOutcomes(
  documents: DocumentStore,
  where: Where<OutcomeDocument>,
  page: PageRequest = {},
): Promise<Page<OutcomeDocument>> {
  const { items, next } = await documents.find(outcomesView, { where, ...page });
  return { items: await ofPublishedSessions(documents, items), next };
}
