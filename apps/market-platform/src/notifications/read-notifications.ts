import { type CommandContext, notificationsDecider, notificationsStream } from '@flexledger/domain';
import { type EventStore, createCommandHandler } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Records what customers have read. Rejects as the rules do (`DomainError`). */
export function readNotifications(options: { readonly store: EventStore; readonly clock: Clock }) {
  const handler = createCommandHandler({ ...options, decider: notificationsDecider });
  return async (podId: string, upToMs: number, context: CommandContext): Promise<void> => {
    const nowMs = options.clock.nowMs();
    await handler.handle(notificationsStream(podId), { podId, upToMs, nowMs }, context);
  };
}
