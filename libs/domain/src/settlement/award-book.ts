/**
 * Who has been awarded what, as a fold of the log, so that market and audit come to the same tokens
 * (ADR 0004 and 0007). All amounts are micro-euro.
 *
 * A settlement comes due with the last part of its `SettlementComputed`, and dues are awarded in that
 * order, each by one `TokensAwarded`. Let, after the k-th award,
 *
 * - E(w) be what wallet w has earned: the sum over sessions of its share of the session's settlement
 *   that was awarded last, which may be a correction and may be less than the one before;
 * - C(w) = max(C before, E(w)) its leaf of the cumulative distribution, which never shrinks, because
 *   what was awarded may have been claimed and the token burns nothing;
 * - C(w) - E(w) >= 0 what the wallet was given too much, carried forward against what it earns next.
 *
 * The award mints the growth of all C, never less than 0. So at every moment
 *
 *   tokens minted = sum of C = sum of awarded settlements, each session's latest + sum carried,
 *
 * and as long as no correction has lowered a wallet nothing is carried and the tokens are the
 * settlements. A carried amount disappears to the micro-euro as soon as its wallet has earned it.
 *
 * A settlement is shared by the terms and wallets that stood when the session's result was published:
 * whoever sold has earned it. What changes afterwards (another customer, aggregator, wallet or
 * share) changes later sessions and no correction of this one; else a correction would pay a second
 * wallet what the first has claimed. The terms of a row are those that the customer accepted last from
 * the row's aggregator, ended ones included, since what was sold under them is paid under them. Where
 * there were none the first that are accepted count.
 *
 * Where another token contract follows (`ContractsChanged`), its distribution begins at nothing: what was awarded before
 * stays to be claimed in the contract before. With B(w) = the sum of a wallet's last leaves in all contracts before,
 * its leaf in the present one is C(w) = max(C before, E(w) - B(w)), from 0 on; B + C grows as C alone did (ADR 24).
 */
import type { AgreementEvent, AgreementTerms } from '../agreement/events';
import type { CertificationEvent } from '../certification/events';
import type { MarketSessionEvent } from '../market-session/events';
import { type Gathered, gatherPart, isLastPart } from '../market-session/parts';
import type { PodEvent } from '../pod/events';
import { type PodWallets, addAwards } from './awards';
import type { SettlementEvent, SettlementRow } from './events';

/** The events that the book is made of; others are passed over. */
export const AWARD_BOOK_TYPES = [
  'PodRegistered',
  'PodDetailsChanged',
  'AgreementProposed',
  'AgreementAccepted',
  'ResultPublished',
  'SettlementComputed',
  'TokensAwarded',
  'ContractsChanged',
] as const;

type BookType = (typeof AWARD_BOOK_TYPES)[number];
export type AwardBookEvent = Extract<
  PodEvent | AgreementEvent | MarketSessionEvent | SettlementEvent | CertificationEvent,
  { readonly type: BookType }
>;

/** The award of one settlement, as it is to be recorded. */
export interface DueAward {
  readonly sessionId: string;
  readonly correction: number;
  /** What is minted: the growth of all leaves. */
  readonly amountMicroEur: number;
  /** What all wallets together were given too much and have still to earn. */
  readonly carriedMicroEur: number;
  /** Leaves of the distribution of the token contract in force after the award, by wallet in lower case. */
  readonly cumulative: ReadonlyMap<string, number>;
}

export interface AwardBook {
  /** Folds the next event of the log. */
  take(event: AwardBookEvent): void;
  /** The award that is due first, if any is; a settlement that waits for an agreement holds up no other. */
  due(): DueAward | undefined;
  /** A PoD for whose agreement the award of a session waits, if it does. */
  waitsFor(sessionId: string): string | undefined;
  /** Leaves of the token contract in force as the last award left them, micro-euro by wallet in lower case. */
  leaves(): ReadonlyMap<string, number>;
  /** The token contract that the last change of contracts named, 0x-prefixed; undefined before any. */
  tokenContract(): string | undefined;
  /** What a wallet, in lower case, was ever awarded in all token contracts together, micro-euro. */
  awardedTo(wallet: string): number;
  /** What wallets have earned by the settlements awarded last; less than awarded where some is carried. */
  earned(): ReadonlyMap<string, number>;
  /** By whose terms a row of a session is shared; undefined while there are none. */
  walletsOf(sessionId: string, row: SoldBy): PodWallets | undefined;
}

/** What says whose a settled row is. */
export type SoldBy = Pick<SettlementRow, 'podId' | 'aggregatorId'>;

interface Due {
  readonly sessionId: string;
  readonly correction: number;
  readonly rows: readonly SettlementRow[];
  /** By wallet; undefined while a PoD has no agreement. */
  shares: ReadonlyMap<string, number> | undefined;
}

/** An empty book, to be given the log from its beginning. */
export function createAwardBook(): AwardBook {
  const contracts = createContracts();
  /** By session, wallets by PoD and aggregator as they stood when it sold. */
  const atSale = new Map<string, Map<string, PodWallets>>();
  const begun = new Map<string, Gathered<SettlementRow>>();
  const dues: Due[] = [];
  const shares = new Map<string, ReadonlyMap<string, number>>();
  const earned = new Map<string, number>();
  const leaves = new Map<string, number>();
  /** Last leaves of the token contracts before, added up. */
  const before = new Map<string, number>();
  let tokenContract: string | undefined;

  function computed({ data }: BookEvent<'SettlementComputed'>): void {
    const { sessionId, correction, part } = data;
    const key = `${sessionId}/${correction}`;
    const parts = gatherPart(begun.get(key) ?? [], part, data.rows);
    if (!isLastPart(part)) return void begun.set(key, parts);
    begun.delete(key);
    const rows = parts.flat();
    const due = { sessionId, correction, rows, shares: sharesOf(sessionId, rows) };
    const isAlone = !dues.some((other) => other.sessionId === sessionId);
    if (due.shares && isAlone && !isAwardable(due)) return;
    dues.push(due);
  }

  /** Asked first when the session's result is published; what is found is kept for the session. */
  function walletsOf(sessionId: string, row: SoldBy): PodWallets | undefined {
    const kept = atSale.get(sessionId) ?? new Map<string, PodWallets>();
    const wallets = kept.get(soldKey(row)) ?? contracts.walletsOf(row);
    if (wallets) atSale.set(sessionId, kept.set(soldKey(row), wallets));
    return wallets;
  }

  function sharesOf(
    sessionId: string,
    rows: readonly SettlementRow[],
  ): ReadonlyMap<string, number> | undefined {
    const isKnown = rows.every((row) => walletsOf(sessionId, row) !== undefined);
    return isKnown ? addAwards(new Map(), rows, (row) => walletsOf(sessionId, row)) : undefined;
  }

  /** Due, and not one that moves nothing: neither it nor what it corrects gave anyone a share. */
  function isAwardable({ sessionId, shares: next }: Due): boolean {
    return next !== undefined && (next.size > 0 || (shares.get(sessionId)?.size ?? 0) > 0);
  }

  /** What each wallet has earned more (or less, below 0) with a settlement. */
  function changes({ sessionId, shares: next }: Due): Map<string, number> {
    const change = new Map(next);
    for (const [wallet, microEur] of shares.get(sessionId) ?? []) {
      change.set(wallet, (change.get(wallet) ?? 0) - microEur);
    }
    return change;
  }

  function awarded({ data }: BookEvent<'TokensAwarded'>): void {
    const { sessionId, correction } = data;
    const place = dues.findIndex(
      (due) => due.sessionId === sessionId && due.correction === correction,
    );
    const [due] = place < 0 ? [] : dues.splice(place, 1);
    if (!due?.shares) return;
    for (const [wallet, microEur] of changes(due)) {
      const earnedMicroEur = (earned.get(wallet) ?? 0) + microEur;
      earned.set(wallet, earnedMicroEur);
      leaves.set(wallet, grown(wallet, earnedMicroEur));
    }
    shares.set(sessionId, due.shares);
  }

  /** Leaf of a wallet once it has earned so much. */
  function grown(wallet: string, earnedMicroEur: number): number {
    return Math.max(leaves.get(wallet) ?? 0, earnedMicroEur - (before.get(wallet) ?? 0));
  }

  const awardedTo = (wallet: string): number =>
    (before.get(wallet) ?? 0) + (leaves.get(wallet) ?? 0);

  function contractsChanged({ data: { former, next } }: BookEvent<'ContractsChanged'>): void {
    tokenContract = next.tokenContract.address;
    if (next.tokenContract.address === former.tokenContract) return;
    for (const wallet of leaves.keys()) before.set(wallet, awardedTo(wallet));
    leaves.clear();
  }

  return {
    take(event) {
      switch (event.type) {
        case 'ResultPublished':
          for (const row of event.data.rows) walletsOf(event.data.sessionId, row);
          return;
        case 'SettlementComputed':
          return computed(event);
        case 'TokensAwarded':
          return awarded(event);
        case 'ContractsChanged':
          return contractsChanged(event);
        default:
          contracts.take(event);
          for (const due of dues) due.shares ??= sharesOf(due.sessionId, due.rows);
      }
    },
    due() {
      const due = dues.find(isAwardable);
      if (!due) return undefined;
      const cumulative = new Map(leaves);
      let amountMicroEur = 0;
      for (const [wallet, microEur] of changes(due)) {
        const after = grown(wallet, (earned.get(wallet) ?? 0) + microEur);
        cumulative.set(wallet, after);
        amountMicroEur += after - (leaves.get(wallet) ?? 0);
      }
      const sum = (amounts: Iterable<number>): number =>
        [...amounts].reduce((total, microEur) => total + microEur, 0);
      const earnedMicroEur = sum(earned.values()) + sum(changes(due).values());
      const { sessionId, correction } = due;
      const carriedMicroEur = sum(before.values()) + sum(cumulative.values()) - earnedMicroEur;
      return { sessionId, correction, amountMicroEur, carriedMicroEur, cumulative };
    },
    waitsFor(sessionId) {
      const waiting = dues.find((due) => due.sessionId === sessionId && !due.shares);
      return waiting?.rows.find((row) => !walletsOf(sessionId, row))?.podId;
    },
    leaves: () => leaves,
    tokenContract: () => tokenContract,
    awardedTo,
    earned: () => earned,
    walletsOf,
  };
}

type BookEvent<Type extends BookType> = Extract<AwardBookEvent, { readonly type: Type }>;

const soldKey = ({ podId, aggregatorId }: SoldBy): string => `${podId}/${aggregatorId}`;

/** Terms as customers accepted them last, by PoD and aggregator, and the customers' wallets now. */
function createContracts() {
  const customerWallets = new Map<string, string>();
  const proposed = new Map<string, AgreementTerms>();
  const accepted = new Map<string, AgreementTerms>();
  /** By PoD, then aggregator: one object for the rows of many sessions. */
  const current = new Map<string, Map<string, PodWallets>>();
  return {
    walletsOf(row: SoldBy): PodWallets | undefined {
      const known = current.get(row.podId)?.get(row.aggregatorId);
      if (known) return known;
      const terms = accepted.get(soldKey(row));
      const wallet = customerWallets.get(row.podId);
      if (!terms || wallet === undefined) return undefined;
      const aggregatorWallet = terms.aggregatorWallet.toLowerCase();
      const wallets = {
        terms: { ...terms, aggregatorWallet },
        customerWallet: wallet.toLowerCase(),
      };
      const ofPod = current.get(row.podId) ?? new Map<string, PodWallets>();
      current.set(row.podId, ofPod.set(row.aggregatorId, wallets));
      return wallets;
    },
    take(
      event: BookEvent<
        'PodRegistered' | 'PodDetailsChanged' | 'AgreementProposed' | 'AgreementAccepted'
      >,
    ): void {
      const { podId } = event.data;
      switch (event.type) {
        case 'PodRegistered':
        case 'PodDetailsChanged':
          customerWallets.set(podId, event.data.wallet);
          break;
        case 'AgreementProposed':
          proposed.set(podId, event.data);
          return;
        case 'AgreementAccepted': {
          const terms = proposed.get(podId);
          if (terms) accepted.set(soldKey(terms), terms);
        }
      }
      current.delete(podId);
    },
  };
}
