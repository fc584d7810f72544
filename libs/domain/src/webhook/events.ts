/**
 * Who wants events sent to which address. Stream `webhook-{webhookId}`. The secret that signs what is
 * sent stands in no event.
 */
export interface WebhookSubscription {
  readonly webhookId: string;
  /** Whose events are sent, and who may change it: a party as events name it (`aggregator:AGG1`). */
  readonly party: string;
  /** Where they are sent; it stands in the log, so it must hold no secret. */
  readonly url: string;
  /** Types of events; absent = all that the party is shown. */
  readonly types?: readonly string[];
  /** Beginning of the streams' names; absent = of any. */
  readonly stream?: string;
  /** Events behind this position are sent. */
  readonly afterPosition: number;
}

export type WebhookEvent =
  | { readonly type: 'WebhookSubscribed'; readonly data: WebhookSubscription }
  | {
      readonly type: 'WebhookSecretRotated';
      readonly data: { readonly webhookId: string; readonly party: string };
    }
  | {
      readonly type: 'WebhookDeleted';
      readonly data: { readonly webhookId: string; readonly party: string };
    };

export const webhookStream = (webhookId: string): string => `webhook-${webhookId}`;
