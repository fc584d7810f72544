import { OfferKind, type ClearingColumns } from './columns';
import { sharesLimit, type HardParts } from './hard-parts';
import { clearMtu, type Decisions, type MeritOrder } from './merit-order';
import type { PartModel } from './part-model';

/**
 * Turns a solver's column values into `Decisions`, and a relaxed clearing into values to start from.
 */

/** What merit order accepts when every offer counts as divisible and directions as independent. */
export interface Relaxed {
  /** `[row * mtus + mtu]` of each hard offer. */
  readonly hardW: Int32Array;
  /** Of PoDs that offer both ways, key `(mtu * podCount + pod) * 4 + market`. */
  readonly podW: ReadonlyMap<number, number>;
  /** No clearing can serve more of each part to DSO requests, nor more in all. */
  readonly partDsoW: Float64Array;
  readonly partServedW: Float64Array;
}

/** Clears the relaxation. */
export function relax(meritOrder: MeritOrder, hard: HardParts): Relaxed {
  const { columns } = meritOrder;
  const hardW = new Int32Array(hard.hardOfferCount * columns.mtus);
  const podW = new Map<number, number>();
  const partDsoW = new Float64Array(hard.parts.length);
  const partServedW = new Float64Array(hard.parts.length);
  for (let mtu = 0; mtu < columns.mtus; mtu += 1) {
    const rows = clearMtu(meritOrder, mtu, null)!;
    for (let at = 0; at < rows.offer.length; at += 1) {
      const offer = rows.offer[at]!;
      const request = rows.request[at]!;
      const part = hard.partOfPair[request * columns.mtus + mtu]!;
      if (part < 0) continue;
      const quantityW = rows.quantityW[at]!;
      partServedW[part]! += quantityW;
      if (columns.requestIsDso[request] === 1) partDsoW[part]! += quantityW;
      if (hard.rowOfOffer[offer]! >= 0) {
        hardW[hard.rowOfOffer[offer]! * columns.mtus + mtu]! += quantityW;
      }
      const pod = columns.offerPod[offer]!;
      if (hard.twoWay[pod] === 0) continue;
      const key = podMarketKey(columns, mtu, pod, columns.offerMarket[offer]!);
      podW.set(key, (podW.get(key) ?? 0) + quantityW);
    }
  }
  const inexact = hard.parts.map(({ offer }) => hasLevelled(hard, offer));
  inexact.forEach((isInexact, part) => {
    if (!isInexact) return;
    partDsoW[part] = 0;
    partServedW[part] = 0;
  });
  hard.partOfPair.forEach((part, pair) => {
    if (part < 0 || !inexact[part]) return;
    const askedW = columns.requestQuantityW[pair]!;
    partServedW[part]! += askedW;
    if (columns.requestIsDso[Math.floor(pair / columns.mtus)] === 1) partDsoW[part]! += askedW;
  });
  return { hardW, podW, partDsoW, partServedW };
}

/** Merit order does not clear levelled offers exactly; in their parts only what is asked for is a bound. */
function hasLevelled(hard: HardParts, offers: Int32Array): boolean {
  return offers.some((offer) => hard.isLevelled[offer] === 1);
}

function podMarketKey(columns: ClearingColumns, mtu: number, pod: number, market: number): number {
  return (mtu * columns.podCount + pod) * 4 + market;
}

/** Values of the columns that decide; columns not named are 0. */
export type ChoiceValues = ReadonlyMap<number, number>;

/**
 * Feasible values near the relaxation: each PoD takes the direction in which more was accepted, and
 * an indivisible offer in an open direction is accepted where it was accepted whole. Feasible since
 * it keeps a subset of what the relaxation served together. A PoD with one limit for both products
 * starts with nothing.
 */
export function startValues(
  meritOrder: MeritOrder,
  hard: HardParts,
  relaxed: Relaxed,
  { choices, quantityUnitW }: PartModel,
): ChoiceValues {
  const { columns } = meritOrder;
  const values = new Map<number, number>();
  const closed = new Set<number>();
  for (const choice of choices) {
    if (choice.kind !== 'direction') continue;
    const up = podMarketKey(columns, choice.mtu, choice.pod, choice.market);
    const isUp = (relaxed.podW.get(up) ?? 0) >= (relaxed.podW.get(up + 1) ?? 0);
    values.set(choice.column, isUp ? 1 : 0);
    closed.add(isUp ? up + 1 : up);
  }
  const openW = (offer: number, mtu: number): number => {
    // The relaxation knows no limit that spans two products.
    if (sharesLimit(hard, columns.offerPod[offer]!)) return 0;
    const key = podMarketKey(columns, mtu, columns.offerPod[offer]!, columns.offerMarket[offer]!);
    return closed.has(key) ? 0 : relaxed.hardW[hard.rowOfOffer[offer]! * columns.mtus + mtu]!;
  };
  const started = new Set<number>();
  for (const choice of choices) {
    if (choice.kind === 'direction') continue;
    const { offer } = choice;
    const firstMtu = choice.kind === 'block' ? choice.firstMtu : choice.mtu;
    const duration = choice.kind === 'block' ? columns.blockDurationMtus[offer]! : 1;
    let leastW = Infinity;
    for (let mtu = firstMtu; mtu < firstMtu + duration; mtu += 1) {
      leastW = Math.min(leastW, openW(offer, mtu));
    }
    if (leastW === 0 || leastW < smallestW(columns, offer, firstMtu) || started.has(offer))
      continue;
    if (choice.kind === 'block') started.add(offer);
    values.set(choice.column, choice.kind === 'level' ? leastW / quantityUnitW : 1);
    if (choice.kind === 'block' && choice.level !== null) {
      values.set(choice.level, leastW / quantityUnitW);
    }
  }
  return values;
}

/**
 * Whether the start gives up nothing of the relaxation in this part: every hard offer keeps what it
 * had and no PoD had both directions. The relaxation's optimum is then feasible, hence the optimum.
 */
export function isRelaxationKept(
  meritOrder: MeritOrder,
  hard: HardParts,
  relaxed: Relaxed,
  { choices, quantityUnitW, part }: PartModel,
  start: ChoiceValues,
): boolean {
  const { columns } = meritOrder;
  if (hasLevelled(hard, part.offer)) return false;
  const kept = new Map<number, number>();
  for (const choice of choices) {
    const value = start.get(choice.column) ?? 0;
    if (choice.kind === 'direction') {
      const up = podMarketKey(columns, choice.mtu, choice.pod, choice.market);
      if ((relaxed.podW.get(value === 1 ? up + 1 : up) ?? 0) > 0) return false;
      continue;
    }
    if (value === 0) continue;
    const row = hard.rowOfOffer[choice.offer]! * columns.mtus;
    const first = choice.kind === 'block' ? choice.firstMtu : choice.mtu;
    const level = choice.kind === 'block' ? choice.level : choice.column;
    const duration = choice.kind === 'block' ? columns.blockDurationMtus[choice.offer]! : 1;
    for (let at = row + first; at < row + first + duration; at += 1) {
      const isLevel = level !== null && (choice.kind === 'block' || choice.kind === 'level');
      kept.set(at, isLevel ? start.get(level)! * quantityUnitW : relaxed.hardW[at]!);
    }
  }
  return part.offer.every((offer, index) => {
    const row = hard.rowOfOffer[offer]!;
    if (row < 0) return true;
    const at = row * columns.mtus + part.mtu[index]!;
    return (kept.get(at) ?? 0) === relaxed.hardW[at];
  });
}

/** Whether a solver's values can be decisions at all: a block starts once, a level is one the offer allows. */
export function areConsistent(
  { columns }: MeritOrder,
  { choices, quantityUnitW }: PartModel,
  values: ChoiceValues,
): boolean {
  const started = new Set<number>();
  for (const choice of choices) {
    if (choice.kind === 'direction' || Math.round(values.get(choice.column) ?? 0) === 0) continue;
    const { offer } = choice;
    const isRepeated = choice.kind === 'block' && started.has(offer);
    if (isRepeated) return false;
    if (choice.kind === 'block') started.add(offer);
    const level = choice.kind === 'block' ? choice.level : choice.column;
    if (choice.kind === 'whole' || choice.kind === 'minimum' || level === null) continue;
    const levelW = Math.round(values.get(level) ?? 0) * quantityUnitW;
    const mtu = choice.kind === 'block' ? choice.firstMtu : choice.mtu;
    const offeredW = columns.quantityW[mtu * columns.offerCount + offer]!;
    if (levelW > offeredW || levelW < columns.offerMinQuantityW[offer]!) return false;
  }
  return true;
}

/** The least that can be accepted of an offer, if any of it is. */
function smallestW(columns: ClearingColumns, offer: number, mtu: number): number {
  const kind = columns.offerKind[offer]!;
  return kind === OfferKind.whole || kind === OfferKind.block
    ? columns.quantityW[mtu * columns.offerCount + offer]!
    : columns.offerMinQuantityW[offer]!;
}

/** Decisions that accept nothing indivisible and close nothing. */
export function emptyDecisions(columns: ClearingColumns, hard: HardParts): DraftDecisions {
  return {
    rowOfOffer: hard.rowOfOffer,
    fixedW: new Int32Array(hard.hardOfferCount * columns.mtus),
    extraW: new Int32Array(hard.hardOfferCount * columns.mtus),
    closedMarkets: new Map(),
  };
}

type DraftDecisions = Decisions & { readonly closedMarkets: Map<number, number> };

/** Enters the values of one part's choices into `decisions`. */
export function enterChoices(
  meritOrder: MeritOrder,
  decisions: DraftDecisions,
  { choices, quantityUnitW }: PartModel,
  values: ChoiceValues,
): void {
  const { columns } = meritOrder;
  for (const choice of choices) {
    const value = Math.round(values.get(choice.column) ?? 0);
    if (choice.kind === 'direction') {
      const key = choice.mtu * columns.podCount + choice.pod;
      const closedMarket = value === 1 ? choice.market + 1 : choice.market;
      decisions.closedMarkets.set(
        key,
        (decisions.closedMarkets.get(key) ?? 0) | (1 << closedMarket),
      );
      continue;
    }
    if (value === 0) continue;
    const { offer } = choice;
    const row = decisions.rowOfOffer[offer]! * columns.mtus;
    if (choice.kind === 'block') {
      const offeredW = columns.quantityW[choice.firstMtu * columns.offerCount + offer]!;
      const level = choice.level === null ? null : (values.get(choice.level) ?? 0);
      const levelW = level === null ? offeredW : Math.round(level) * quantityUnitW;
      const end = choice.firstMtu + columns.blockDurationMtus[offer]!;
      decisions.fixedW.fill(levelW, row + choice.firstMtu, row + end);
      continue;
    }
    const offeredW = columns.quantityW[choice.mtu * columns.offerCount + offer]!;
    const minimumW = columns.offerMinQuantityW[offer]!;
    const fixedW = { whole: offeredW, minimum: minimumW, level: value * quantityUnitW }[
      choice.kind
    ];
    decisions.fixedW[row + choice.mtu] = fixedW;
    decisions.extraW[row + choice.mtu] = choice.kind === 'minimum' ? offeredW - minimumW : 0;
  }
}
