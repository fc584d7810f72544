import {
  type CommandContext,
  type NotificationWish,
  notificationsDecider,
  notificationsStream,
} from '@flexledger/domain';
import { type EventStore, createCommandHandler } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Records what customers have read and what they want to be told of. Rejects as the rules do (`DomainError`). */
export function changeNotifications(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}) {
  const handler = createCommandHandler({ ...options, decider: notificationsDecider });
  return async (wish: NotificationWish, context: CommandContext): Promise<void> => {
    const command = { ...wish, nowMs: options.clock.nowMs() };
    await handler.handle(notificationsStream(wish.podId), command, context);
  };
}
