import { DomainError } from '@flexledger/domain';
import { type CommandContext, contextOf, recurringContextOf } from '@flexledger/event-store';
import { type Principal, documentDigest } from '@flexledger/identity';

/** Characters of an `Idempotency-Key`. */
const KEY_LENGTH_MAX = 500;

/**
 * Who asks by HTTP, and under which id. The one rule of all platforms: with an `Idempotency-Key` the
 * command is recognised whenever it comes again, answered from the log, and refused when something else
 * is asked under the key. Without one the same may be meant again later (off, on, off), so it is decided
 * each time by what stands then; its decider leaves out what is so already.
 *
 * Whoever makes several commands of the one, or names it otherwise, keeps `mayRecur` with it.
 *
 * @param about what the command is about; commands about the same belong together in the log
 * @param path the place under which a client's keys are told apart; give it where requests of
 * another kind are about the same
 * @throws DomainError `idempotency-key-malformed` for a key of no or of more than 500 characters
 */
export function commandContext(
  speaker: Principal,
  about: string,
  idempotencyKey: string | undefined,
  asked: object,
  path = about,
): CommandContext {
  requireKey(idempotencyKey);
  const content = documentDigest(asked);
  const { clientId, actor } = speaker;
  return idempotencyKey === undefined
    ? recurringContextOf(`http/${clientId}/${path}/${content}`, about, actor)
    : { ...contextOf(`http/${clientId}/${path}/${idempotencyKey}`, about, actor), content };
}

function requireKey(key: string | undefined): void {
  if (key === undefined || (key !== '' && key.length <= KEY_LENGTH_MAX)) return;
  const reason = `must have 1 to ${KEY_LENGTH_MAX} characters`;
  throw new DomainError(
    'idempotency-key-malformed',
    `The header Idempotency-Key ${reason}; leave it out where the same may be meant again.`,
    [{ field: 'Idempotency-Key', reason }],
  );
}
