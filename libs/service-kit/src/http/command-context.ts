import { type CommandContext, contextOf } from '@flexledger/event-store';
import { type Principal, documentDigest } from '@flexledger/identity';

/**
 * Who asks by HTTP, and under which id: the `Idempotency-Key` of the request, or, without one, the
 * digest of what is asked, so that the same request sent twice is the same command.
 *
 * @param about what the command is about; commands about the same belong together in the log
 * @param path the place under which a client's keys are told apart; give it where requests of
 * another kind are about the same
 */
export function commandContext(
  speaker: Principal,
  about: string,
  idempotencyKey: string | undefined,
  asked: object,
  path = about,
): CommandContext {
  const id = idempotencyKey ?? documentDigest(asked);
  return contextOf(`http/${speaker.clientId}/${path}/${id}`, about, speaker.actor);
}
