import { DomainError } from '@flexledger/domain';
import { GridModelError } from '@flexledger/grid';

/** What the grid library refuses of the caller's data, as the rules' refusal under a code. */
export function asked<Result>(code: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GridModelError)) throw error;
    const { element, reason, remedy, message } = error;
    throw new DomainError(code, message, [{ field: element, reason: `${reason}. ${remedy}.` }]);
  }
}
