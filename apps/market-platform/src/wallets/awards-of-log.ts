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
  /** The distribution that an award of the log left under a root; undefined where none did. */
  distributionUnder(root: string): Promise<Distribution | undefined>;
}

/** The award book of a log: read once from the beginning, then as far as the log has come. */
export function createAwardsOfLog(store: EventStore): AwardsOfLog {
  let newest = startOfLog();
  /** As far as the award that is claimable now, up to an hour behind. */
  let claimable = startOfLog();
  let kept: Distribution | undefined;
  /** One reads at a time, so that no event is folded twice. */
  const inTurn = inOrder();

  /** @param last position of the last event to fold; the end of the log where absent */
  async function readOn({ book, taken }: BookAt, last = Infinity): Promise<BookAt> {
    const filter = { types: AWARD_BOOK_TYPES };
    for await (const event of store.readAll({ after: taken, filter })) {
      if (event.position > last) break;
      book.take(event as unknown as AwardBookEvent);
      taken = event.position;
    }
    return { book, taken };
  }

  async function awardWith(root: string, after: number): Promise<number | undefined> {
    for await (const event of store.readAll({ after, filter: { types: ['TokensAwarded'] } })) {
      const { data } = event as unknown as Extract<AwardBookEvent, { type: 'TokensAwarded' }>;
      if (data.distributionRoot === root) return event.position;
    }
    return undefined;
  }

  async function distributionUnder(root: string): Promise<Distribution | undefined> {
    // A million wallets take some ten seconds: the proofs of one award are made from one tree.
    if (kept?.root === root) return kept;
    let position = await awardWith(root, claimable.taken);
    if (position === undefined) {
      // An older one, as after a rejection or on a chain that was put back.
      position = await awardWith(root, BEFORE_FIRST);
      if (position === undefined) return undefined;
      claimable = startOfLog();
    }
    claimable = await readOn(claimable, position);
    kept = distributionOf(claimable.book.leaves());
    return kept;
  }

  return {
    book: () => inTurn(async () => (newest = await readOn(newest)).book),
    distributionUnder: (root) => inTurn(() => distributionUnder(root)),
  };
}

/** A book, and the last event that it has taken in. */
interface BookAt {
  readonly book: AwardBook;
  taken: number;
}

const startOfLog = (): BookAt => ({ book: createAwardBook(), taken: BEFORE_FIRST });
