import { documentKey } from '../document-key';
import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import { type AnomalyDocument, anomaliesView } from './anomalies-view';
import { type BaselineDocument, baselinesView } from './baselines-view';
import { type LightNodeDocument, lightNodesView } from './light-nodes-view';
import { type PodDocument, podRegisterView } from './pod-register-view';

export function getPod(documents: DocumentStore, podId: string): Promise<PodDocument | undefined> {
  return getOne(documents, podRegisterView, podId);
}

/** PoDs by code, in the order of `podIds`; `undefined` where there is none. */
export function getPods(
  documents: DocumentStore,
  podIds: readonly string[],
): Promise<(PodDocument | undefined)[]> {
  return documents.getMany(podRegisterView, podIds);
}

/** PoDs in the order of their codes. @throws InvalidQuery */
export function findPods(
  documents: DocumentStore,
  where: Where<PodDocument>,
  page: PageRequest = {},
): Promise<Page<PodDocument>> {
  return documents.find(podRegisterView, { where, ...page });
}

export function getLightNode(
  documents: DocumentStore,
  podId: string,
): Promise<LightNodeDocument | undefined> {
  return getOne(documents, lightNodesView, podId);
}

/** Light Nodes in the order of their PoDs, those without a node among them. @throws InvalidQuery */
export function findLightNodes(
  documents: DocumentStore,
  where: Where<LightNodeDocument>,
  page: PageRequest = {},
): Promise<Page<LightNodeDocument>> {
  return documents.find(lightNodesView, { where, ...page });
}

/** What a PoD's node has found, the last first. @throws InvalidQuery */
export function findAnomalies(
  documents: DocumentStore,
  podId: string,
  page: PageRequest = {},
): Promise<Page<AnomalyDocument>> {
  const order = { orderBy: 'startedAt', descending: true } as const;
  return documents.find(anomaliesView, { where: { podId }, ...order, ...page });
}

export function countPods(documents: DocumentStore, where: Where<PodDocument>): Promise<number> {
  return documents.count(podRegisterView, where);
}

export function getBaseline(
  documents: DocumentStore,
  podId: string,
  deliveryDay: string,
): Promise<BaselineDocument | undefined> {
  return getOne(documents, baselinesView, documentKey(podId, deliveryDay));
}

/** Baselines of one delivery day, in the order of `podIds`; `undefined` where none is declared. */
export function getBaselines(
  documents: DocumentStore,
  podIds: readonly string[],
  deliveryDay: string,
): Promise<(BaselineDocument | undefined)[]> {
  const ids = podIds.map((podId) => documentKey(podId, deliveryDay));
  return documents.getMany(baselinesView, ids);
}

/** The baseline of the latest day that one is declared for; undefined where there is none. */
export async function latestBaseline(
  documents: DocumentStore,
  podId: string,
): Promise<BaselineDocument | undefined> {
  const order = { orderBy: 'deliveryDay', descending: true, limit: 1 } as const;
  const { items } = await documents.find(baselinesView, { where: { podId }, ...order });
  return items[0];
}

/** Baselines by PoD and day. @throws InvalidQuery */
export function findBaselines(
  documents: DocumentStore,
  where: Where<BaselineDocument>,
  page: PageRequest = {},
): Promise<Page<BaselineDocument>> {
  return documents.find(baselinesView, { where, ...page });
}
