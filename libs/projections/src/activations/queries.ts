import { activationStream } from '@flexledger/domain';
import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import { type ActivationDocument, activationsView } from './activations-view';
import { type DispatchDocument, dispatchesView } from './dispatches-view';

/** @param windowStartName the window's start as it stands in the stream's name (`instantInName`) */
export function getActivation(
  documents: DocumentStore,
  windowStartName: string,
  podId: string,
): Promise<ActivationDocument | undefined> {
  return getOne(documents, activationsView, activationStream(windowStartName, podId));
}

/** Activations, the latest windows first. @throws InvalidQuery */
export function findActivations(
  documents: DocumentStore,
  where: Where<ActivationDocument>,
  page: PageRequest = {},
): Promise<Page<ActivationDocument>> {
  const order = { orderBy: 'windowStart', descending: true } as const;
  return documents.find(activationsView, { where, ...order, ...page });
}

/** Reports of dispatches, the latest windows first. @throws InvalidQuery */
export function findDispatches(
  documents: DocumentStore,
  where: Where<DispatchDocument>,
  page: PageRequest = {},
): Promise<Page<DispatchDocument>> {
  const order = { orderBy: 'windowStart', descending: true } as const;
  return documents.find(dispatchesView, { where, ...order, ...page });
}
