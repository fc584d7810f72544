/**
 * Sends each webhook its events, in their order, one at a time: an event is sent until it is taken, with
 * growing pauses, and given up as a dead letter after the last; while its party is disabled it waits. One instance sends at a time; one that
 * was late may send an event again, and its receiver knows it by its `webhook-id`.
 */
import type { RecordedEvent, WebhookSubscription } from '@flexledger/domain';
import type { EventFilter, Processor } from '@flexledger/event-store';
import { type Principal, partyOf } from '@flexledger/identity';
import { type Clock, isoNow, messageOf, sleep, withoutFullStop } from '@flexledger/runtime';
import { STANDING_TYPES } from '../access/disabled-speakers';
import { cloudEvent } from '../events/cloud-event';
import { type PartyLog, narrowedFor } from '../events/party-log';
import type { ShownEvent } from '../events/visible-events';
import { keepGoing } from '../processors/keep-going';
import type { Delivery, SendMessage } from './webhook-sender';
import { signedHeaders } from './webhook-signature';
import type { DeadLetter, WebhookState } from './webhook-state';
import { WEBHOOK_TYPES, webhooksOfLog } from './webhooks-of-log';

interface DeliveryOptions {
  readonly log: PartyLog;
  readonly state: WebhookState;
  readonly send: SendMessage;
  /** The machine's clock. */
  readonly clock: Clock;
  /** Pauses between the attempts at one event; after the last it is a dead letter. */
  readonly backOffMs?: readonly number[];
  /** Pause after an error that nobody foresaw. */
  readonly againMs?: number;
  readonly onProblem: (problem: string) => void;
}

/** Five more attempts over some twelve minutes. */
const BACK_OFF_MS: readonly number[] = [1_000, 5_000, 30_000, 120_000, 600_000];
/** How far it has come over events that are not sent is stored so often: what is lost is read again. */
const STORED_EVERY = 1_000;
const AGAIN_MS = 5_000;

export interface Deliveries {
  /** Does the work, under a lease like any other processor. */
  readonly processor: Processor;
  /** Sends a dead letter once more, now; it is forgotten when it is taken. */
  redeliver(subscription: WebhookSubscription, letter: DeadLetter): Promise<Delivery>;
}

export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { log, state, send, clock, backOffMs = BACK_OFF_MS, againMs = AGAIN_MS } = options;
  const { onProblem } = options;

  function attempt(
    { webhookId, url }: WebhookSubscription,
    shown: ShownEvent,
    signal?: AbortSignal,
  ): Promise<Delivery> {
    const nowMs = clock.nowMs();
    const secrets = state.secretsAt(webhookId, nowMs);
    if (secrets.length === 0) {
      const reason = `Webhook ${webhookId} has no secret to sign with; rotate it.`;
      return Promise.resolve({ delivered: false, reason });
    }
    const body = JSON.stringify(cloudEvent(shown));
    return send(url, signedHeaders({ id: shown.event.id, body }, secrets, nowMs), body, signal);
  }

  /** @returns once it is taken or given up; undefined where the signal ended it before */
  async function deliver(
    subscription: WebhookSubscription,
    shown: ShownEvent,
    afterPosition: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { webhookId } = subscription;
    for (let attempts = 1; !signal.aborted; attempts += 1) {
      await untilEnabled(readerOf(subscription), signal);
      if (signal.aborted) return;
      // What its reader may read by a grant is not sent once that is revoked.
      await log.grants.caughtUp();
      if (!(await log.shown(readerOf(subscription), shown.event))) return;
      const delivery = await attempt(subscription, shown, signal);
      if (delivery.delivered || signal.aborted) return;
      const { reason } = delivery;
      const pauseMs = backOffMs[attempts - 1];
      if (pauseMs === undefined) {
        const { position, id: eventId, type } = shown.event;
        const at = isoNow(clock);
        state.bury(webhookId, { position, eventId, type, afterPosition, attempts, reason, at });
        onProblem(
          `Webhook ${webhookId} of ${subscription.party}: event ${position} is given up after ` +
            `${attempts} attempts: ${reason}`,
        );
        return;
      }
      state.failed(webhookId, shown.event.position, attempts, reason);
      await sleep(pauseMs, signal);
    }
  }

  async function untilEnabled(reader: Principal, signal: AbortSignal): Promise<void> {
    const { store } = log;
    const after = await store.head();
    if (!(await log.isDisabled(reader, after))) return;
    const filter = { types: STANDING_TYPES };
    for await (const { position } of store.subscribe({ after, filter, signal })) {
      if (!(await log.isDisabled(reader, position))) return;
    }
  }

  async function follow(subscription: WebhookSubscription, signal: AbortSignal): Promise<void> {
    const { webhookId, afterPosition } = subscription;
    let before = Math.max(afterPosition, state.progressOf(webhookId).position ?? afterPosition);
    let passed = 0;
    const reader = readerOf(subscription);
    const filter = narrowedFor(reader, filterOf(subscription));
    for await (const event of log.store.subscribe({ after: before, filter, signal })) {
      const shown = await log.shown(reader, event);
      if (shown) await deliver(subscription, shown, before, signal);
      if (signal.aborted) return;
      passed += 1;
      if (shown || passed % STORED_EVERY === 0) state.advance(webhookId, event.position);
      before = event.position;
    }
  }

  /** Aborts what it has begun when it fails, so that nothing is sent twice when it is done again. */
  async function followAll(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    try {
      await followEach(AbortSignal.any([signal, ended.signal]));
    } finally {
      ended.abort();
    }
  }

  async function followEach(signal: AbortSignal): Promise<void> {
    const webhooks = webhooksOfLog(log.store);
    const running = new Map<string, AbortController>();
    const settle = async (): Promise<void> => {
      const { inForce } = await webhooks();
      for (const [webhookId, stop] of running) {
        if (inForce.has(webhookId)) continue;
        stop.abort();
        running.delete(webhookId);
        state.forget(webhookId);
      }
      for (const [webhookId, subscription] of inForce) {
        if (running.has(webhookId)) continue;
        const stop = new AbortController();
        running.set(webhookId, stop);
        void keepGoing(
          (until) => follow(subscription, until),
          AbortSignal.any([signal, stop.signal]),
          (error) => tellFailure(`Webhook ${webhookId}`, error),
          againMs,
        );
      }
    };
    const after = await log.store.head();
    await settle();
    const filter = { types: WEBHOOK_TYPES };
    for await (const _ of log.store.subscribe({ after, filter, signal })) await settle();
  }

  function tellFailure(what: string, error: unknown): void {
    const reason = withoutFullStop(messageOf(error));
    onProblem(`${what}: ${reason}; it goes on in ${againMs / 1_000} s.`);
  }

  return {
    processor: {
      name: 'webhooks',
      types: [],
      handle: async () => {},
      async begin({ signal }) {
        void keepGoing(followAll, signal, (error) => tellFailure('Webhooks', error), againMs);
      },
    },
    async redeliver(subscription, letter) {
      const { webhookId, party } = subscription;
      const reader = readerOf(subscription);
      if (await log.isDisabled(reader, await log.store.head())) {
        return { delivered: false, reason: `${party} is disabled; enable it first.` };
      }
      await log.grants.caughtUp();
      const shown = await findShown(log, reader, letter);
      if (!shown) return { delivered: false, reason: 'The log does not show it any more.' };
      const delivery = await attempt(subscription, shown);
      if (delivery.delivered) state.forgetDeadLetter(webhookId, letter.position);
      else {
        const attempts = letter.attempts + 1;
        const at = isoNow(clock);
        state.bury(webhookId, { ...letter, attempts, reason: delivery.reason, at });
      }
      return delivery;
    },
  };
}

/** Whose events are sent: those that the party may follow. */
function readerOf({ party, webhookId }: WebhookSubscription): Principal {
  return { clientId: webhookId, actor: party, scopes: ['events:read'], ...partyOf(party) };
}

function filterOf({ types, stream }: WebhookSubscription): EventFilter {
  return {
    ...(types === undefined ? {} : { types }),
    ...(stream === undefined ? {} : { streamPrefixes: [stream] }),
  };
}

async function findShown(
  log: PartyLog,
  reader: Principal,
  { afterPosition, eventId, type, position }: DeadLetter,
): Promise<ShownEvent | undefined> {
  let found: RecordedEvent | undefined;
  for await (const event of log.store.readAll({
    after: afterPosition,
    filter: { types: [type] },
  })) {
    if (event.id === eventId) found = event;
    if (event.position >= position) break;
  }
  return found && log.shown(reader, found);
}
