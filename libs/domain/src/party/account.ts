/**
 * What parties, users and clients have in common: each exists once under its id and is switched off and
 * on again, never deleted, so that what it did keeps its name.
 */
import { DomainError, type Violation } from '../log/decider';

export type AccountStatus = 'none' | 'enabled' | 'disabled';

/** What HTTP Basic, files and addresses carry without a thought. */
const ID = '[A-Za-z0-9][A-Za-z0-9._-]';
/** The id in a party's text, as a regular expression. */
export const PARTY_ID = `${ID}{0,63}`;
/** Ids of users, clients and persons: long enough for a party's kind and id in one, `aggregator-AGG1`. */
const ACCOUNT_ID = new RegExp(`^${ID}{0,79}$`);
const REASON_LENGTH_MAX = 500;

/** Why an id cannot be used; nothing for one that can. */
export function idViolations(field: string, id: string): Violation[] {
  if (ACCOUNT_ID.test(id)) return [];
  const reason = 'must have 1 to 80 letters, digits, dots, dashes or underscores';
  return [{ field, reason }];
}

/** @throws DomainError `reason-malformed` for a reason that is none or a story */
export function refuseReason(reason: string): void {
  if (reason.trim() !== '' && reason.length <= REASON_LENGTH_MAX) return;
  const why = `must have 1 to ${REASON_LENGTH_MAX} characters`;
  throw new DomainError('reason-malformed', `The reason ${why}.`, [
    { field: 'reason', reason: why },
  ]);
}

/** @throws DomainError with all that is wrong, where something is */
export function refuse(code: string, what: string, violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new DomainError(code, `${what} is refused: ${list}.`, violations);
}
