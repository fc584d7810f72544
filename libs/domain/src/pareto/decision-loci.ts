import { podLimitAt, limitMarket, OfferKind, type ClearingColumns } from '../clearing/columns';
import { emptyDecisions } from '../clearing/decisions';
import { findHardParts, sharesLimit, type HardParts } from '../clearing/hard-parts';
import {
  clearMtu,
  rankOf,
  type Allocation,
  type MeritOrder,
  type MtuAllocation,
} from '../clearing/merit-order';
import { buildPartModel, type Choice } from '../clearing/part-model';

/**
 * What merit order alone cannot decide of an instance, as genes: each place (locus) of a genome holds
 * one decision, 0 where the offer is left out. A discrete offer or a minimum is 1 where it is taken in
 * its MTU; an offer that needs a level holds it in W; a block its start and level together; a PoD
 * that offers both ways 1 for up and 0 for down.
 */
export interface DecisionLoci {
  readonly count: number;
  /** A decision at random, left out half of the time. @param random uniform in [0, 1) */
  draw(locus: number, random: () => number): number;
  /** The decisions that an allocation holds. */
  of(allocation: Allocation): Float64Array;
  /** Everything taken, as much of it as there is: clearing it keeps what comes first in the ranking. */
  all(): Float64Array;
  /**
   * Clears under decisions. What does not fit beside what ranks before it is left out, and so it is
   * in the genes that come back.
   */
  clear(genes: Float64Array): { readonly allocation: Allocation; readonly genes: Float64Array };
}

/** A decision about an offer, or the direction of a PoD. */
type Locus =
  | {
      readonly kind: 'whole' | 'minimum' | 'level' | 'block';
      readonly offer: number;
      /** First MTUs it may begin in: one, but for a block. */
      readonly starts: readonly number[];
      readonly durationMtus: number;
      readonly leastW: number;
      readonly mostW: number;
    }
  | {
      readonly kind: 'direction';
      readonly pod: number;
      readonly mtu: number;
      /** Up of each product concerned; down is the market behind it. */
      readonly markets: number[];
    };
type OfferLocus = Exclude<Locus, { kind: 'direction' }>;

/** A block's gene is 1 + its start x this + its level. */
const LEVEL_SPAN = 2 ** 31;
/** No solver is asked: only where the decisions stand is of interest. */
const NO_LIMITS = { timeLimitSeconds: 1, nodeLimit: null };

const NOTHING_TO_DECIDE: Omit<DecisionLoci, 'clear'> = {
  count: 0,
  draw: () => 0,
  of: () => new Float64Array(0),
  all: () => new Float64Array(0),
};

/** The decisions of an instance; its rankings are those of `meritOrder` at the time of clearing. */
export function decisionLoci(meritOrder: MeritOrder): DecisionLoci {
  const { columns } = meritOrder;
  const hard = findHardParts(meritOrder);
  if (hard === null) {
    // Without decisions there is nothing that might not fit.
    const clear = (genes: Float64Array) => ({
      allocation: Array.from({ length: columns.mtus }, (_, mtu) =>
        clearMtu(meritOrder, mtu, null)!,
      ),
      genes,
    });
    return { ...NOTHING_TO_DECIDE, clear };
  }
  const loci = hard.parts.flatMap((part) =>
    lociOf(columns, buildPartModel(meritOrder, hard, part, NO_LIMITS).choices),
  );
  return {
    count: loci.length,
    draw: (index, random) => drawn(loci[index]!, random),
    of: (allocation) => genesOf(columns, loci, allocation),
    all: () =>
      Float64Array.from(loci, (locus) =>
        locus.kind === 'direction' ? 1 : geneOf(locus, 0, locus.mostW),
      ),
    clear: (genes) => cleared(meritOrder, hard, loci, genes),
  };
}

function lociOf(columns: ClearingColumns, choices: readonly Choice[]): Locus[] {
  const loci: Locus[] = [];
  const blockStarts = new Map<number, number[]>();
  const directionMarkets = new Map<number, number[]>();
  for (const choice of choices) {
    if (choice.kind === 'direction') {
      const { column, pod, mtu, market } = choice;
      const known = directionMarkets.get(column);
      if (known) {
        known.push(market);
        continue;
      }
      const markets = [market];
      directionMarkets.set(column, markets);
      loci.push({ kind: 'direction', pod, mtu, markets });
      continue;
    }
    const { kind, offer } = choice;
    const firstMtu = choice.kind === 'block' ? choice.firstMtu : choice.mtu;
    const starts = kind === 'block' ? blockStarts.get(offer) : undefined;
    if (starts) {
      starts.push(firstMtu);
      continue;
    }
    const mostW = columns.quantityW[firstMtu * columns.offerCount + offer]!;
    const leastW = columns.offerMinQuantityW[offer]!;
    const isWhole = kind === 'whole' || columns.offerKind[offer] === OfferKind.block;
    const locus: OfferLocus = {
      kind,
      offer,
      starts: [firstMtu],
      durationMtus: kind === 'block' ? columns.blockDurationMtus[offer]! : 1,
      leastW: isWhole ? mostW : Math.max(1, leastW),
      mostW,
    };
    if (kind === 'block') blockStarts.set(offer, locus.starts as number[]);
    loci.push(locus);
  }
  return loci;
}

function geneOf({ kind }: OfferLocus, start: number, levelW: number): number {
  if (kind === 'block') return 1 + start * LEVEL_SPAN + levelW;
  return kind === 'level' ? levelW : 1;
}

/** Where an offer's gene begins, and what it accepts there at least. */
function meaningOf(locus: OfferLocus, gene: number): { firstMtu: number; fixedW: number } {
  if (locus.kind === 'block') {
    const start = Math.floor((gene - 1) / LEVEL_SPAN);
    return { firstMtu: locus.starts[start]!, fixedW: gene - 1 - start * LEVEL_SPAN };
  }
  const fixedW = { whole: locus.mostW, minimum: locus.leastW, level: gene }[locus.kind];
  return { firstMtu: locus.starts[0]!, fixedW };
}

function drawn(locus: Locus, random: () => number): number {
  if (random() < 0.5) return 0;
  if (locus.kind === 'direction') return 1;
  const start = Math.floor(random() * locus.starts.length);
  // The whole of it as often as any level between.
  const levelW =
    random() < 0.5
      ? locus.mostW
      : locus.leastW + Math.floor(random() * (locus.mostW - locus.leastW + 1));
  return geneOf(locus, start, levelW);
}

function genesOf(
  columns: ClearingColumns,
  loci: readonly Locus[],
  allocation: Allocation,
): Float64Array {
  const { offerCount, podCount, offerMarket, offerPod } = columns;
  const acceptedW = allocation.map(() => new Float64Array(offerCount));
  const openUp = allocation.map(() => new Set<number>());
  allocation.forEach((rows, mtu) =>
    rows.offer.forEach((offer, row) => {
      acceptedW[mtu]![offer]! += rows.quantityW[row]!;
      openUp[mtu]!.add(offerMarket[offer]! * podCount + offerPod[offer]!);
    }),
  );
  return Float64Array.from(loci, (locus) => {
    if (locus.kind === 'direction') {
      const { pod, mtu, markets } = locus;
      const isDown = markets.some((market) => openUp[mtu]!.has((market + 1) * podCount + pod));
      return isDown ? 0 : 1;
    }
    const start = locus.starts.findIndex((mtu) => acceptedW[mtu]![locus.offer]! > 0);
    return start < 0 ? 0 : geneOf(locus, start, acceptedW[locus.starts[start]!]![locus.offer]!);
  });
}

function cleared(
  meritOrder: MeritOrder,
  hard: HardParts,
  loci: readonly Locus[],
  wanted: Float64Array,
): { allocation: Allocation; genes: Float64Array } {
  const { columns } = meritOrder;
  const genes = wanted.slice();
  const decisions = emptyDecisions(columns, hard);
  loci.forEach((locus, index) => {
    if (locus.kind !== 'direction') return;
    const key = locus.mtu * columns.podCount + locus.pod;
    const closed = locus.markets.reduce((bits, up) => bits | (1 << (up + 1 - genes[index]!)), 0);
    decisions.closedMarkets.set(key, (decisions.closedMarkets.get(key) ?? 0) | closed);
  });

  const takenBy = Array.from({ length: columns.mtus }, (): number[] => []);
  const sharedW = new Map<number, number>();
  for (const index of inRanking(meritOrder, loci, genes)) {
    const locus = loci[index] as OfferLocus;
    const { firstMtu, fixedW } = meaningOf(locus, genes[index]!);
    const covered = Array.from({ length: locus.durationMtus }, (_, at) => firstMtu + at);
    const pod = columns.offerPod[locus.offer]!;
    const market = columns.offerMarket[locus.offer]!;
    const isShared = sharesLimit(hard, pod);
    const limit = limitMarket(columns, market, pod) * columns.podCount + pod;
    const hasRoom = covered.every((mtu) => {
      const key = mtu * columns.podCount + pod;
      if (((decisions.closedMarkets.get(key) ?? 0) >>> market) & 1) return false;
      const besideW = isShared ? (sharedW.get(key) ?? 0) : 0;
      return besideW + fixedW <= podLimitAt(columns, limit, mtu);
    });
    if (!hasRoom) {
      genes[index] = 0;
      continue;
    }
    const row = hard.rowOfOffer[locus.offer]! * columns.mtus;
    for (const mtu of covered) {
      decisions.fixedW[row + mtu] = fixedW;
      decisions.extraW[row + mtu] = locus.kind === 'minimum' ? locus.mostW - locus.leastW : 0;
      takenBy[mtu]!.push(index);
      const key = mtu * columns.podCount + pod;
      if (isShared) sharedW.set(key, (sharedW.get(key) ?? 0) + fixedW);
    }
  }

  const leaveOut = (index: number): readonly number[] => {
    const locus = loci[index] as OfferLocus;
    const { firstMtu } = meaningOf(locus, genes[index]!);
    const row = hard.rowOfOffer[locus.offer]! * columns.mtus;
    decisions.fixedW.fill(0, row + firstMtu, row + firstMtu + locus.durationMtus);
    decisions.extraW.fill(0, row + firstMtu, row + firstMtu + locus.durationMtus);
    genes[index] = 0;
    return Array.from({ length: locus.durationMtus }, (_, at) => firstMtu + at);
  };
  const rows: (MtuAllocation | null)[] = new Array<null>(columns.mtus).fill(null);
  const open = Array.from({ length: columns.mtus }, (_, mtu) => mtu);
  while (open.length > 0) {
    const mtu = open.pop()!;
    rows[mtu] = clearMtu(meritOrder, mtu, decisions);
    if (rows[mtu] !== null) continue;
    // With nothing decided there is always an outcome, so something is left to leave out.
    let last = takenBy[mtu]!.pop()!;
    while (genes[last] === 0) last = takenBy[mtu]!.pop()!;
    open.push(...leaveOut(last));
  }
  return { allocation: rows as MtuAllocation[], genes };
}

/** The offers that are taken, those that rank first first. */
function inRanking(
  meritOrder: MeritOrder,
  loci: readonly Locus[],
  genes: Float64Array,
): readonly number[] {
  const rank = (index: number): number => {
    const locus = loci[index] as OfferLocus;
    return rankOf(meritOrder, locus.offer, meaningOf(locus, genes[index]!).firstMtu);
  };
  return [...loci.keys()]
    .filter((index) => loci[index]!.kind !== 'direction' && genes[index]! > 0)
    .map((index) => ({ index, rank: rank(index) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ index }) => index);
}
