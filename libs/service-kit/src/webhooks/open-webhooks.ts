import type { Clock } from '@flexledger/runtime';
import type { PartyLog } from '../events/party-log';
import { createDeliveries } from './deliveries';
import type { WebhookReach } from './webhook-address';
import { httpSender } from './webhook-sender';
import { openWebhookState } from './webhook-state';
import type { WebhookFeed } from './webhooks.controller';

/**
 * The webhooks of a process: their processor under `deliveries`, their routes by `WebhooksModule`. Whoever
 * opens them closes their `state`.
 *
 * @param options.path file of secrets, progress and dead letters
 * @throws Error when the file cannot be used
 */
export function openWebhooks(options: {
  readonly log: PartyLog;
  readonly path: string;
  readonly reach: WebhookReach;
  /** The machine's clock. */
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
  readonly backOffMs?: readonly number[];
  readonly againMs?: number;
}): WebhookFeed {
  const { log, path, reach, clock, onProblem, backOffMs, againMs } = options;
  const state = openWebhookState(path);
  const send = httpSender(reach);
  const deliveries = createDeliveries({
    log,
    state,
    send,
    clock,
    onProblem,
    ...(backOffMs && { backOffMs }),
    ...(againMs !== undefined && { againMs }),
  });
  return { log, state, deliveries, reach, clock };
}
