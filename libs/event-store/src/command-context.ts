import type { CommandContext, RecordedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';

export type { CommandContext };

/**
 * The context of a command that an event led to. The command's id follows from the event and the
 * step, so a processor that sees the event twice commands once.
 */
export function contextFrom(cause: RecordedEvent, step: string, actor: string): CommandContext {
  return {
    commandId: uuidFrom(`${cause.id}/${step}`),
    correlationId: cause.correlationId,
    causationId: cause.id,
    actor,
  };
}

/**
 * The context of a command that nothing in the log led to: the calendar, a device, a person. `name`
 * must be the same when the same command is given again, and another when it is meant anew.
 */
export function contextOf(name: string, correlation: string, actor: string): CommandContext {
  const commandId = uuidFrom(name);
  const correlationId = correlation === name ? commandId : uuidFrom(correlation);
  return { commandId, correlationId, causationId: commandId, actor };
}

/** As `contextOf`, for a command that may be meant again later under the same name: off, on, off. */
export function recurringContextOf(
  name: string,
  correlation: string,
  actor: string,
): CommandContext {
  return { ...contextOf(name, correlation, actor), mayRecur: true };
}
