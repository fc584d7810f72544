import { type CommandContext, contextOf, recurringContextOf } from '@flexledger/event-store';
import { type Principal, documentDigest } from '@flexledger/identity';

/**
 * Who asks by HTTP, and under which id: with an `Idempotency-Key` the command is recognised whenever it
 * comes again, and refused when something else is asked under the key. Without one the same may be
 * meant again later, so it is decided each time by what stands then.
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
  const content = documentDigest(asked);
  const { clientId, actor } = speaker;
  return idempotencyKey === undefined
    ? recurringContextOf(`http/${clientId}/${path}/${content}`, about, actor)
    : { ...contextOf(`http/${clientId}/${path}/${idempotencyKey}`, about, actor), content };
}
