import {
  DomainError,
  type FlexibilityOffer,
  type RefusedRow,
  type Violation,
  jsonBytes,
} from '@flexledger/domain';
import type { Bid } from '../orders';

/** Rows of a bid that travel in one request, under a bid id of their own. */
export interface BidPart {
  readonly bidId: string;
  readonly offers: readonly FlexibilityOffer[];
  /** Row of the whole bid at which it begins. */
  readonly from: number;
}

/** Below the 2 MiB and the 10,000 rows that a market takes in one request. */
const PART_BYTES = 1_500_000;
const PART_ROWS = 10_000;

/**
 * A bid in parts that fit a request each. The first keeps the bid's id, so that a bid of one part is
 * the same bid by either way; the others get it with their number.
 */
export function bidParts({ bidId, offers }: Omit<Bid, 'aggregatorId'>): BidPart[] {
  const parts: { bidId: string; offers: FlexibilityOffer[]; from: number }[] = [];
  let bytes = Infinity;
  offers.forEach((offer, row) => {
    const size = jsonBytes(offer);
    if (bytes + size > PART_BYTES || parts.at(-1)!.offers.length === PART_ROWS) {
      const name = parts.length === 0 ? bidId : `${bidId}/${parts.length}`;
      parts.push({ bidId: name, offers: [], from: row });
      bytes = 0;
    }
    parts.at(-1)!.offers.push(offer);
    bytes += size;
  });
  return parts.length > 0 ? parts : [{ bidId, offers: [], from: 0 }];
}

/** Refused rows of a part, by their rows of the whole bid. */
export function rowsOfBid(rows: readonly RefusedRow[], { from }: BidPart): RefusedRow[] {
  return rows.map((row) => ({ ...row, index: row.index + from }));
}

/**
 * The rows of a part that was refused whole, because none of its rows stands. The market names some of
 * the reasons only; the others are refused for the first of them.
 */
export function rowsRefusedWhole(
  { violations, message }: DomainError,
  part: BidPart,
): RefusedRow[] {
  const reasons = new Map(violations.map(({ field, reason }) => [field, reason]));
  const reason = violations[0]?.reason ?? message;
  return part.offers.map(({ offerId }, index) => ({
    index: part.from + index,
    offerId: String(offerId),
    reason: reasons.get(`offers[${index}]`) ?? reason,
  }));
}

/** The refusal of a bid none of whose parts stands. */
export function refusedBid(bidId: string, rows: readonly RefusedRow[]): DomainError {
  const violations = rows.map(({ index, reason }): Violation => ({
    field: `offers[${index}]`,
    reason,
  }));
  const first = rows[0]?.reason ?? 'it holds no offer';
  return new DomainError('bid-refused', `No row of bid ${bidId} stands: ${first}.`, violations);
}
