import { type WebhookEvent, type WebhookSubscription } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { foldOfLog } from '../events/fold-of-log';

/** Types of the events that subscribe, change and delete webhooks. */
export const WEBHOOK_TYPES: readonly WebhookEvent['type'][] = [
  'WebhookSubscribed',
  'WebhookSecretRotated',
  'WebhookDeleted',
];

/** The subscriptions of a log. */
export interface Webhooks {
  /** Those in force, by their id. */
  readonly inForce: ReadonlyMap<string, WebhookSubscription>;
  /** Ids of those that were deleted; none of them comes again. */
  readonly deleted: ReadonlySet<string>;
}

/** Subscriptions folded from the log; each call reads what came since the last. */
export function webhooksOfLog(store: EventStore): () => Promise<Webhooks> {
  const inForce = new Map<string, WebhookSubscription>();
  const deleted = new Set<string>();
  const upTo = foldOfLog(store, WEBHOOK_TYPES, (event) => {
    const { type, data } = event as unknown as WebhookEvent;
    if (type === 'WebhookSubscribed') {
      inForce.set(data.webhookId, data);
      // Logs of before may hold one that was subscribed anew.
      deleted.delete(data.webhookId);
    }
    if (type === 'WebhookDeleted') {
      inForce.delete(data.webhookId);
      deleted.add(data.webhookId);
    }
  });
  return async () => {
    await upTo(await store.head());
    return { inForce, deleted };
  };
}
