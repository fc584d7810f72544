import { type DocumentStore, getOne, type Page, type PageRequest } from '../document-store';
import { CERTIFIER_KEY, type CertifierDocument, certifierView } from './certifier-view';
import { type CheckpointDocument, checkpointsView } from './checkpoints-view';

export function getCertifier(documents: DocumentStore): Promise<CertifierDocument | undefined> {
  return getOne(documents, certifierView, CERTIFIER_KEY);
}

/** The checkpoint that covers most leaves. */
export async function latestCheckpoint(
  documents: DocumentStore,
): Promise<CheckpointDocument | undefined> {
  return (await findCheckpoints(documents, { limit: 1 })).items[0];
}

/** The anchored checkpoint that covers most leaves. */
export async function latestAnchor(
  documents: DocumentStore,
): Promise<CheckpointDocument | undefined> {
  const where = { anchoredSize: {} };
  const order = { orderBy: 'anchoredSize', descending: true } as const;
  return (await documents.find(checkpointsView, { where, ...order, limit: 1 })).items[0];
}

/**
 * The smallest checkpoint, or the smallest anchored one, that covers a leaf of the certifier's tree, by
 * its index there (dense, from 0; not a position of the log); `undefined` until there is one.
 */
export async function checkpointCovering(
  documents: DocumentStore,
  leafIndex: number,
  { anchored }: { readonly anchored: boolean },
): Promise<CheckpointDocument | undefined> {
  const orderBy = anchored ? 'anchoredSize' : 'size';
  const where = { [orderBy]: { from: leafIndex + 1 } };
  return (await documents.find(checkpointsView, { where, orderBy, limit: 1 })).items[0];
}

/** Checkpoints, the largest first. @throws InvalidQuery */
export function findCheckpoints(
  documents: DocumentStore,
  page: PageRequest = {},
): Promise<Page<CheckpointDocument>> {
  return documents.find(checkpointsView, { orderBy: 'size', descending: true, ...page });
}
