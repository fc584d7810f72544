import { type Distribution, distributionOf } from '@flexledger/merkle-log';
import {
  type AwardBook,
  type AwardBookEvent,
  AWARD_BOOK_TYPES,
  createAwardBook,
} from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { inOrder } from '@flexledger/runtime';

/** Who has been awarded what by a log, as far as it has come. */
export interface AwardsOfLog {
  book(): Promise<AwardBook>;
  /** The book, with the distribution under the root of its last award; undefined before the first. */
  distributed(): Promise<{
    readonly book: AwardBook;
    readonly distribution: Distribution | undefined;
  }>;
}

/** The award book of a log: read once from the beginning, then as far as the log has come. */
export function createAwardsOfLog(store: EventStore): AwardsOfLog {
  const awardBook = createAwardBook();
  let taken = BEFORE_FIRST;
  let distribution: Distribution | undefined;
  /** One reads at a time, so that no event is folded twice. */
  const inTurn = inOrder();

  async function readOn(): Promise<AwardBook> {
    const filter = { types: AWARD_BOOK_TYPES };
    for await (const event of store.readAll({ after: taken, filter })) {
      awardBook.take(event as unknown as AwardBookEvent);
      taken = event.position;
      if (event.type === 'TokensAwarded') distribution = undefined;
    }
    return awardBook;
  }

  const book = (): Promise<AwardBook> => inTurn(readOn);

  return {
    book,
    async distributed() {
      const upToDate = await book();
      // Kept until the next award: a million wallets take some ten seconds.
      if (upToDate.leaves().size > 0) distribution ??= distributionOf(upToDate.leaves());
      return { book: upToDate, distribution };
    },
  };
}
