/** A session's book and results as one: what was offered, accepted and delivered, by offer and quarter-hour. */
import { type PlainText, named, t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';

export type Session = Schemas['PublicSession'];
/** With the window of a block as the client gives it. */
type AsRead<Kind> = Kind extends { window: unknown }
  ? Omit<Kind, 'window'> & { readonly window: readonly number[] }
  : Kind;
export type Offer = AsRead<Schemas['StandingOffer']>;
export type BuiltOffer = AsRead<Schemas['FlexibilityOffer']>;
export type Request = Schemas['RequestDocument'];
export type Outcome = Schemas['OutcomeDocument'];
export type Settled = Schemas['SettlementRowDocument'];
export type Product = Schemas['Product'];
export type Direction = Schemas['Direction'];

export const MTU_MS = 900_000;

/** What one has read of a session; null where one may not. */
export interface SessionBook {
  readonly session: Session;
  readonly requests: readonly Request[] | null;
  readonly offers: readonly Offer[] | null;
  /** Rows as the market accepted them, before the DSO answered. */
  readonly cleared: readonly Schemas['OutcomeRow'][] | null;
  readonly outcomes: readonly Outcome[] | null;
  readonly settled: readonly Settled[] | null;
}

/** W of an offer in a quarter-hour; a block may run anywhere in its window and has its power there. */
export function offeredW(offer: Offer, mtu: number): number {
  if (offer.kind === 'single') return offer.quantityW[mtu] ?? 0;
  const [first = 0, last = first] = offer.window;
  return mtu >= first && mtu <= last ? offer.quantityW : 0;
}

/** µEUR/kWh of an offer in a quarter-hour. */
export const priceOf = (offer: Offer, mtu: number): number =>
  offer.kind === 'single' ? (offer.priceMicroEurPerKwh[mtu] ?? 0) : offer.priceMicroEurPerKwh;

interface MtuRow {
  readonly firstMtu: number;
}

/** A row's value in a quarter-hour of the session; 0 outside it. */
function at<Row extends MtuRow>(row: Row, values: readonly number[], mtu: number): number {
  return values[mtu - row.firstMtu] ?? 0;
}

/** What a heat map shows: each stage by quarter-hour, W; null where it is not known or not shown. */
export interface Stage {
  readonly name: 'requested' | 'offered' | 'accepted' | 'validated' | 'delivered';
  readonly watts: readonly number[] | null;
}

/** Sums over all PoDs, both directions together or one. */
export function stagesOf(
  book: SessionBook,
  product: Product,
  direction: Direction | 'both',
): readonly Stage[] {
  const { mtuCount } = book.session;
  const isWanted = (row: { readonly product: Product; readonly direction: Direction }): boolean =>
    row.product === product && (direction === 'both' || row.direction === direction);
  function sumOf<Row extends { product: Product; direction: Direction }>(
    rows: readonly Row[] | null,
    value: (row: Row, mtu: number) => number,
  ): number[] | null {
    if (rows === null) return null;
    const sums = new Array<number>(mtuCount).fill(0);
    for (const row of rows) {
      if (!isWanted(row)) continue;
      for (let mtu = 0; mtu < mtuCount; mtu += 1) sums[mtu]! += value(row, mtu);
    }
    return sums;
  }
  const accepted = (row: Schemas['OutcomeRow'], mtu: number) => at(row, row.acceptedW, mtu);
  return [
    { name: 'requested', watts: sumOf(book.requests, (row, mtu) => row.quantityW[mtu] ?? 0) },
    { name: 'offered', watts: sumOf(book.offers, offeredW) },
    { name: 'accepted', watts: sumOf(book.cleared, accepted) },
    { name: 'validated', watts: sumOf(book.outcomes, accepted) },
    { name: 'delivered', watts: sumOf(book.settled, (row, mtu) => at(row, row.deliveredW, mtu)) },
  ];
}

/** The quarter-hour in which most was asked for, else offered; 0 where nothing was. */
export function busiestMtu(stages: readonly Stage[]): number {
  for (const { watts } of stages) {
    const most = Math.max(0, ...(watts ?? []));
    if (watts && most > 0) return watts.indexOf(most);
  }
  return 0;
}

/** One offer with what became of it in a quarter-hour. */
export interface OfferRow {
  readonly key: string;
  readonly offerId: string;
  readonly podId: string;
  readonly aggregatorId: string;
  readonly product: Product;
  readonly direction: Direction;
  readonly offeredW: number;
  readonly acceptedW: number;
  /** Null until the session is settled. */
  readonly deliveredW: number | null;
  readonly paidMicroEur: number | null;
  readonly priceMicroEurPerKwh: number;
  readonly outcome: OfferOutcome;
}

/** What may become of an offer, the best first. */
export const OUTCOMES = [
  'accepted',
  'in part',
  'refused by the grid',
  'not taken',
  'open',
] as const;
export type OfferOutcome = (typeof OUTCOMES)[number];

/**
 * Offers with all that became of them, once for a book; whoever moves a slider over it asks for many quarter-hours.
 * What belongs to a quarter-hour stands together: of offer `i` at `[mtu * offers.length + i]`.
 */
export interface FollowedOffers {
  /** In the order of their keys. */
  readonly offers: readonly { readonly key: string; readonly offer: Offer }[];
  readonly offeredW: Float64Array;
  readonly priceMicroEurPerKwh: Float64Array;
  readonly acceptedW: Float64Array;
  /** As the market accepted it, before the DSO answered. */
  readonly clearedW: Float64Array;
  readonly deliveredW: Float64Array;
  /** Less penalties. */
  readonly paidMicroEur: Float64Array;
}

/** Of one product, or of both. */
export function followedOffers(book: SessionBook, product?: Product): FollowedOffers {
  const { mtuCount } = book.session;
  const offers = (book.offers ?? [])
    .filter((offer) => product === undefined || offer.product === product)
    .map((offer) => ({ key: keyOf(offer), offer }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const places = new Map(offers.map(({ key }, place) => [key, place]));
  function ofOffers(value: (offer: Offer, mtu: number) => number): Float64Array {
    const column = new Float64Array(mtuCount * offers.length);
    offers.forEach(({ offer }, place) => {
      for (let mtu = 0; mtu < mtuCount; mtu += 1)
        column[mtu * offers.length + place] = value(offer, mtu);
    });
    return column;
  }
  function ofRows<Row extends MtuRow & { offerId: string; aggregatorId: string }>(
    rows: readonly Row[] | null,
    values: (row: Row) => readonly number[],
  ): Float64Array {
    const column = new Float64Array(mtuCount * offers.length);
    for (const row of rows ?? []) {
      const place = places.get(keyOf(row));
      if (place === undefined) continue;
      values(row).forEach((value, index) => {
        column[(row.firstMtu + index) * offers.length + place]! += value;
      });
    }
    return column;
  }
  return {
    offers,
    offeredW: ofOffers(offeredW),
    priceMicroEurPerKwh: ofOffers(priceOf),
    acceptedW: ofRows(book.outcomes, (row) => row.acceptedW),
    clearedW: ofRows(book.cleared, (row) => row.acceptedW),
    deliveredW: ofRows(book.settled, (row) => row.deliveredW),
    paidMicroEur: ofRows(book.settled, (row) =>
      row.paidMicroEur.map((paid, index) => paid - (row.penaltyMicroEur[index] ?? 0)),
    ),
  };
}

/** All offers that have anything in the quarter-hour, cheapest first; of equal prices in the order of their keys. */
export function offerRows(
  book: SessionBook,
  mtu: number,
  followed = followedOffers(book),
): readonly OfferRow[] {
  const isDecided = book.session.publishedAt !== null;
  const isSettled = book.settled !== null && book.settled.length > 0;
  const { offers } = followed;
  const rows: OfferRow[] = [];
  for (let place = 0; place < offers.length; place += 1) {
    const index = mtu * offers.length + place;
    const watts = followed.offeredW[index] ?? 0;
    if (watts <= 0) continue;
    const { key, offer } = offers[place]!;
    const acceptedW = followed.acceptedW[index]!;
    rows.push({
      key,
      offerId: offer.offerId,
      podId: offer.podId,
      aggregatorId: offer.aggregatorId,
      product: offer.product,
      direction: offer.direction,
      offeredW: watts,
      acceptedW,
      deliveredW: isSettled ? followed.deliveredW[index]! : null,
      paidMicroEur: isSettled ? followed.paidMicroEur[index]! : null,
      priceMicroEurPerKwh: followed.priceMicroEurPerKwh[index]!,
      outcome: isDecided ? outcomeOf(watts, acceptedW, followed.clearedW[index]!) : 'open',
    });
  }
  return rows.sort((a, b) => a.priceMicroEurPerKwh - b.priceMicroEurPerKwh);
}

function outcomeOf(offered: number, accepted: number, cleared: number): OfferOutcome {
  if (accepted === 0) return cleared > 0 ? 'refused by the grid' : 'not taken';
  return accepted < offered ? 'in part' : 'accepted';
}

const keyOf = (row: { readonly aggregatorId: string; readonly offerId: string }): string =>
  `${row.aggregatorId}/${row.offerId}`;

/** What was asked for in a quarter-hour, requests one after another, with what stopped each. */
export interface RequestLine {
  readonly requestId: string;
  readonly requester: Schemas['Requester'];
  readonly quantityW: number;
  readonly servedW: number;
  readonly marginalPriceMicroEurPerKwh: number | null;
  /** What limited it, in words. */
  readonly because: string;
}

const BINDING: Readonly<Record<string, PlainText>> = {
  nothingRequested: 'nothing was requested',
  requestedQuantity: 'all that was asked for was served',
  noMoreOffers: 'no more offers reach it',
  cap: 'what is left is dearer than its price cap',
  podLimit: 'the PoDs that are left give all that they can',
  podDirection: 'the PoDs that are left move the other way',
  discrete: 'what is left is offered whole or not at all',
};

/** Requests of a quarter-hour. */
export function requestLines(
  { requests, outcomes }: SessionBook,
  mtu: number,
  wanted: { readonly product: Product; readonly direction: Direction },
): readonly RequestLine[] {
  const servedBy = new Map<string, number>();
  for (const row of outcomes ?? []) {
    const watts = at(row, row.acceptedW, mtu);
    if (watts === 0) continue;
    servedBy.set(row.requestId, (servedBy.get(row.requestId) ?? 0) + watts);
  }
  return (requests ?? [])
    .filter((one) => one.product === wanted.product && one.direction === wanted.direction)
    .map(({ requestId, requester, quantityW, results }) => {
      const last = results.at(-1);
      const binding = last?.binding[mtu] ?? '';
      return {
        requestId,
        requester,
        quantityW: quantityW[mtu] ?? 0,
        servedW: servedBy.get(requestId) ?? 0,
        marginalPriceMicroEurPerKwh: last?.marginalPriceMicroEurPerKwh[mtu] ?? null,
        because: last ? named(BINDING[binding] ?? binding) : t('it is not cleared yet'),
      };
    })
    .filter(({ quantityW }) => quantityW > 0);
}

/** The offers of a quarter-hour as steps of a merit order. */
export interface MeritStep {
  readonly row: OfferRow;
  readonly fromW: number;
  readonly toW: number;
}

export function meritOrder(
  rows: readonly OfferRow[],
  wanted: { readonly product: Product; readonly direction: Direction },
): readonly MeritStep[] {
  let fromW = 0;
  return rows
    .filter(
      ({ product, direction }) => product === wanted.product && direction === wanted.direction,
    )
    .map((row) => {
      const step = { row, fromW, toW: fromW + row.offeredW };
      fromW = step.toW;
      return step;
    });
}

/** What is too narrow to be seen is drawn with what follows it at once, as high as the dearest of it. */
export function mergedSteps(steps: readonly MeritStep[], narrowestW: number): readonly MeritStep[] {
  const merged: MeritStep[] = [];
  for (const step of steps) {
    const last = merged.at(-1);
    if (last?.toW === step.fromW && last.toW - last.fromW < narrowestW) {
      merged[merged.length - 1] = { ...step, fromW: last.fromW };
    } else merged.push(step);
  }
  return merged;
}

/** The dearest price of which anything was accepted, of steps in order of price; undefined where nothing was. */
export const marginalPrice = (steps: readonly MeritStep[]): number | undefined =>
  steps.findLast(({ row }) => row.acceptedW > 0)?.row.priceMicroEurPerKwh;
