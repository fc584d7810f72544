import type { RecordedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';

/** Who asks, and under which id: equal command ids give equal event ids, which append once. */
export interface CommandContext {
  readonly commandId: string;
  readonly correlationId: string;
  /** Id of the event that led to this command; the command's own id where a person or device asks. */
  readonly causationId: string;
  readonly actor: string;
}

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
 * must be the same when the same command is given again.
 */
export function contextOf(name: string, correlation: string, actor: string): CommandContext {
  const commandId = uuidFrom(name);
  return { commandId, correlationId: uuidFrom(correlation), causationId: commandId, actor };
}
