import { type WebhookEvent, type WebhookSubscription } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';

/** Types of the events that subscribe, change and delete webhooks. */
export const WEBHOOK_TYPES: readonly WebhookEvent['type'][] = [
  'WebhookSubscribed',
  'WebhookSecretRotated',
  'WebhookDeleted',
];

/** The subscriptions in force, by their id. */
export type Webhooks = ReadonlyMap<string, WebhookSubscription>;

/** Subscriptions folded from the log; each call reads what came since the last. */
export function webhooksOfLog(store: EventStore): () => Promise<Webhooks> {
  const inForce = new Map<string, WebhookSubscription>();
  let known = BEFORE_FIRST;
  let reading: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const head = await store.head();
    for await (const event of store.readAll({ after: known, filter: { types: WEBHOOK_TYPES } })) {
      const { type, data } = event as unknown as WebhookEvent;
      if (type === 'WebhookSubscribed') inForce.set(data.webhookId, data);
      if (type === 'WebhookDeleted') inForce.delete(data.webhookId);
      known = Math.max(known, event.position);
    }
    known = Math.max(known, head);
  }

  return async () => {
    reading = reading.then(read, read);
    await reading;
    return inForce;
  };
}
