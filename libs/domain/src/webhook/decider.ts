import { type Decider, DomainError } from '../log/decider';
import type { WebhookEvent, WebhookSubscription } from './events';

export type WebhookCommand =
  | ({ readonly kind: 'subscribeWebhook' } & WebhookSubscription)
  | { readonly kind: 'rotateWebhookSecret'; readonly webhookId: string }
  | { readonly kind: 'deleteWebhook'; readonly webhookId: string };

export type WebhookState =
  | { readonly status: 'none' }
  | { readonly status: 'active' | 'deleted'; readonly subscription: WebhookSubscription };

/** Subscribed once, also when it is asked again; deleted for good: what is subscribed anew has another id. */
export const webhookDecider: Decider<WebhookState, WebhookCommand, WebhookEvent> = {
  initialState: { status: 'none' },
  decide(command, state) {
    const { webhookId } = command;
    if (command.kind === 'subscribeWebhook') {
      const { kind: _, ...subscription } = command;
      if (state.status === 'active') return [];
      if (state.status === 'deleted') throw deleted(webhookId);
      return [{ type: 'WebhookSubscribed', data: subscription }];
    }
    if (state.status === 'none') {
      throw new DomainError('webhook-unknown', `There is no webhook ${webhookId}.`);
    }
    const data = { webhookId, party: state.subscription.party };
    if (command.kind === 'deleteWebhook') {
      return state.status === 'deleted' ? [] : [{ type: 'WebhookDeleted', data }];
    }
    if (state.status === 'deleted') throw deleted(webhookId);
    return [{ type: 'WebhookSecretRotated', data }];
  },
  evolve(state, event) {
    switch (event.type) {
      case 'WebhookSubscribed':
        return { status: 'active', subscription: event.data };
      case 'WebhookDeleted':
        return state.status === 'none' ? state : { ...state, status: 'deleted' };
      default:
        return state;
    }
  },
};

function deleted(webhookId: string): DomainError {
  return new DomainError(
    'webhook-deleted',
    `Webhook ${webhookId} is deleted and signs nothing any more; subscribe another.`,
  );
}
