/** An address is subscribed, its secret rotated, and deleted. */
import { givenOf } from '../testing/decider-spec';
import { webhookDecider } from './decider';
import type { WebhookEvent } from './events';

const given = givenOf(webhookDecider);
const subscription = {
  webhookId: 'wh_1',
  party: 'aggregator:AGG1',
  url: 'https://agg1.example/events',
  types: ['ResultPublished'],
  afterPosition: 7,
};
const subscribed: WebhookEvent = { type: 'WebhookSubscribed', data: subscription };
const data = { webhookId: 'wh_1', party: 'aggregator:AGG1' };
const rotated: WebhookEvent = { type: 'WebhookSecretRotated', data };
const deleted: WebhookEvent = { type: 'WebhookDeleted', data };
const subscribe = { kind: 'subscribeWebhook', ...subscription } as const;
const rotate = { kind: 'rotateWebhookSecret', webhookId: 'wh_1' } as const;
const remove = { kind: 'deleteWebhook', webhookId: 'wh_1' } as const;

it('is subscribed once, and never again when it was deleted', () => {
  given().when(subscribe).then(subscribed);
  given(subscribed).when(subscribe).then();
  given(subscribed, deleted).when(subscribe).thenRefused('webhook-deleted');
});

it('has its secret rotated as often as is asked', () => {
  given(subscribed).when(rotate).then(rotated);
  given(subscribed, rotated).when(rotate).then(rotated);
  given(subscribed, deleted).when(rotate).thenRefused('webhook-deleted');
});

it('is deleted once', () => {
  given(subscribed).when(remove).then(deleted);
  given(subscribed, deleted).when(remove).then();
});

it('is not there before it is subscribed', () => {
  given().when(rotate).thenRefused('webhook-unknown');
  given().when(remove).thenRefused('webhook-unknown');
});
