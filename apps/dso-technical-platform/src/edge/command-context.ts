import { type CommandContext, contextOf } from '@flexledger/event-store';
import { type Principal, documentDigest } from '@flexledger/identity';

/**
 * Who asks by HTTP, and under which id: the `Idempotency-Key` of the request, or, without one, the
 * digest of what is asked, so that the same request sent twice is the same command.
 *
 * @param about what the command is about; commands about the same belong together in the log
 */
export function commandContext(
  speaker: Principal,
  about: string,
  idempotencyKey: string | undefined,
  asked: object,
): CommandContext {
  const id = idempotencyKey ?? documentDigest(asked);
  return contextOf(`http/${speaker.clientId}/${about}/${id}`, about, speaker.actor);
}
