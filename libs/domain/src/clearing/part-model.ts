import { OfferKind, podLimitAt } from './columns';
import { sharesLimit, type HardPart, type HardParts } from './hard-parts';
import { rankOf, type MeritOrder } from './merit-order';
import { nodeOf } from './scope-graph';
import type { MilpLimits, MilpModel } from './solver-port';

/**
 * The mixed-integer model of one hard part. Offers of one node share the flow variables to the
 * node's requests, so the model has one column for each (offer, MTU) and each (node, request, MTU),
 * not for each (offer, request, MTU). Quantities and ranks are divided by their greatest common
 * divisors, which keeps coefficients small and the solver's tolerances far below one unit.
 */
export interface PartModel {
  readonly part: HardPart;
  readonly model: Omit<MilpModel, 'start'>;
  /** Where the decisions stand among the columns. */
  readonly choices: readonly Choice[];
  readonly quantityUnitW: number;
  readonly rankUnit: number;
  /** Places in the log count from here, which keeps them small. */
  readonly firstOffer: number;
}

/** How one hard offer, or one PoD that offers both ways, is decided. */
export type Choice =
  | {
      readonly kind: 'whole' | 'minimum';
      readonly offer: number;
      readonly mtu: number;
      readonly column: number;
    }
  | {
      readonly kind: 'level';
      readonly offer: number;
      readonly mtu: number;
      readonly column: number;
    }
  | {
      readonly kind: 'block';
      readonly offer: number;
      readonly firstMtu: number;
      readonly column: number;
      /** The level's column of a divisible block, else null. */
      readonly level: number | null;
    }
  | {
      readonly kind: 'direction';
      readonly pod: number;
      readonly market: number;
      readonly mtu: number;
      readonly column: number;
    };

/** Objectives in their order; all are minimised. */
export const OBJECTIVES = ['dsoServed', 'tsoServed', 'cost', 'reliability', 'logOrder'] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];
const OBJECTIVE_COUNT = OBJECTIVES.length;

interface Draft {
  readonly lower: number[];
  readonly upper: number[];
  readonly isInteger: number[];
  readonly objectives: number[][];
  readonly rows: { lower: number; upper: number; columns: number[]; values: number[] }[];
}

interface PartContext {
  readonly meritOrder: MeritOrder;
  readonly hard: HardParts;
  readonly part: HardPart;
  readonly unitW: number;
  readonly rankUnit: number;
  readonly draft: Draft;
  readonly choices: Choice[];
  /** The MTUs in which each block could serve something. */
  readonly servableMtus: Map<number, Set<number>>;
  /** What each (MTU, node) and (MTU, market, PoD) is accepted for: columns and values of a row. */
  readonly nodeTerms: Map<number, Terms>;
  readonly podTerms: Map<number, Terms>;
  readonly firstOffer: number;
}

interface Terms {
  readonly columns: number[];
  readonly values: number[];
  mostW: number;
}

/** Builds the model of a part. */
export function buildPartModel(
  meritOrder: MeritOrder,
  hard: HardParts,
  part: HardPart,
  limits: MilpLimits,
): PartModel {
  const hasLevels = part.offer.some(
    (offer) =>
      hard.isLevelled[offer] === 1 ||
      meritOrder.columns.offerKind[offer] === OfferKind.divisibleBlock,
  );
  const context: PartContext = {
    meritOrder,
    hard,
    part,
    unitW: hasLevels ? 1 : quantityUnit(meritOrder, part),
    rankUnit: rankUnit(meritOrder, part),
    draft: {
      lower: [],
      upper: [],
      isInteger: [],
      rows: [],
      objectives: OBJECTIVES.map(() => []),
    },
    choices: [],
    servableMtus: new Map(),
    nodeTerms: new Map(),
    podTerms: new Map(),
    firstOffer: part.offer.reduce((first, offer) => Math.min(first, offer), Infinity),
  };
  addOffers(context);
  addRequests(context);
  addPods(context);
  return {
    part,
    model: freeze(context.draft, limits),
    choices: context.choices,
    quantityUnitW: context.unitW,
    rankUnit: context.rankUnit,
    firstOffer: context.firstOffer,
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}

function quantityUnit({ columns }: MeritOrder, part: HardPart): number {
  let unit = 0;
  part.offer.forEach((offer, at) => {
    const mtu = part.mtu[at]!;
    const pod = columns.offerPod[offer]!;
    unit = greatestCommonDivisor(columns.quantityW[mtu * columns.offerCount + offer]!, unit);
    unit = greatestCommonDivisor(columns.offerMinQuantityW[offer]!, unit);
    const limit = columns.offerMarket[offer]! * columns.podCount + pod;
    unit = greatestCommonDivisor(podLimitAt(columns, limit, mtu), unit);
    for (let i = columns.podRequestStart[pod]!; i < columns.podRequestStart[pod + 1]!; i += 1) {
      const pair = columns.podRequest[i]! * columns.mtus + mtu;
      unit = greatestCommonDivisor(columns.requestQuantityW[pair]!, unit);
    }
  });
  return Math.max(unit, 1);
}

function rankUnit(meritOrder: MeritOrder, part: HardPart): number {
  let unit = 0;
  part.offer.forEach((offer, at) => {
    unit = greatestCommonDivisor(rankOf(meritOrder, offer, part.mtu[at]!), unit);
  });
  return Math.max(unit, 1);
}

function addColumn(
  draft: Draft,
  upper: number,
  isInteger: boolean,
  objectives: readonly number[],
): number {
  draft.lower.push(0);
  draft.upper.push(upper);
  draft.isInteger.push(isInteger ? 1 : 0);
  for (let k = 0; k < OBJECTIVE_COUNT; k += 1) draft.objectives[k]!.push(objectives[k] ?? 0);
  return draft.lower.length - 1;
}

function addRow(draft: Draft, lower: number, upper: number, terms: [number, number][]): void {
  draft.rows.push({
    lower,
    upper,
    columns: terms.map(([column]) => column),
    values: terms.map(([, value]) => value),
  });
}

function addOffers(context: PartContext): void {
  const { columns } = context.meritOrder;
  const { servableMtus } = context;
  context.part.offer.forEach((offer, at) => {
    const mtu = context.part.mtu[at]!;
    if (columns.blockDurationMtus[offer] === 0) addSingle(context, offer, mtu);
    else servableMtus.set(offer, (servableMtus.get(offer) ?? new Set()).add(mtu));
  });
  for (const offer of servableMtus.keys()) addBlock(context, offer);
}

/** Objective coefficients of one unit accepted of an offer in one MTU. */
function weights(context: PartContext, offer: number, mtu: number, times: number): number[] {
  const { columns } = context.meritOrder;
  return [
    ...[0, 0],
    (rankOf(context.meritOrder, offer, mtu) / context.rankUnit) * times,
    (1000 - columns.offerReliability[offer]!) * times,
    (offer - context.firstOffer) * times,
  ];
}

function addSingle(context: PartContext, offer: number, mtu: number): void {
  const { draft, choices, hard, unitW } = context;
  const { columns } = context.meritOrder;
  const quantity = columns.quantityW[mtu * columns.offerCount + offer]! / unitW;
  const minimum = columns.offerMinQuantityW[offer]! / unitW;
  if (columns.offerKind[offer] === OfferKind.whole) {
    const column = addColumn(draft, 1, true, weights(context, offer, mtu, quantity));
    choices.push({ kind: 'whole', offer, mtu, column });
    addTerm(context, offer, mtu, column, quantity);
    return;
  }
  const isLevel = hard.isLevelled[offer] === 1;
  const level = addColumn(draft, quantity, isLevel, weights(context, offer, mtu, 1));
  addTerm(context, offer, mtu, level, 1);
  if (minimum > 0) {
    const column = addColumn(draft, 1, true, []);
    addSwitch(draft, level, column, minimum, quantity);
    if (!isLevel) choices.push({ kind: 'minimum', offer, mtu, column });
  }
  if (isLevel) choices.push({ kind: 'level', offer, mtu, column: level });
}

/** `minimum x on <= level <= quantity x on`. */
function addSwitch(
  draft: Draft,
  level: number,
  on: number,
  minimum: number,
  quantity: number,
): void {
  addRow(draft, -Infinity, 0, [
    [level, 1],
    [on, -quantity],
  ]);
  if (minimum === 0) return;
  addRow(draft, 0, Infinity, [
    [level, 1],
    [on, -minimum],
  ]);
}

function addBlock(context: PartContext, offer: number): void {
  const { draft, choices, unitW } = context;
  const { columns } = context.meritOrder;
  const duration = columns.blockDurationMtus[offer]!;
  const firstMtu = columns.blockFirstMtu[offer]!;
  const lastStart = columns.blockLastMtu[offer]! - duration + 1;
  const servable = context.servableMtus.get(offer)!;
  const quantity = columns.quantityW[firstMtu * columns.offerCount + offer]! / unitW;
  const isDivisible = columns.offerKind[offer] === OfferKind.divisibleBlock;
  const starts: [number, number][] = [];
  for (let start = firstMtu; start <= lastStart; start += 1) {
    const covered = Array.from({ length: duration }, (_, i) => start + i);
    if (!covered.every((mtu) => servable.has(mtu))) continue;
    const perStart = weights(context, offer, start, duration * (isDivisible ? 1 : quantity));
    const column = addColumn(draft, 1, true, isDivisible ? [] : perStart);
    const level = isDivisible ? addColumn(draft, quantity, true, perStart) : null;
    if (level !== null) {
      addSwitch(draft, level, column, columns.offerMinQuantityW[offer]! / unitW, quantity);
    }
    starts.push([column, 1]);
    choices.push({ kind: 'block', offer, firstMtu: start, column, level });
    for (const mtu of covered) {
      if (level === null) addTerm(context, offer, mtu, column, quantity);
      else addTerm(context, offer, mtu, level, 1);
    }
  }
  if (starts.length > 1) addRow(draft, -Infinity, 1, starts);
}

/** Books `value x column` as accepted of the offer in the MTU: at its node and at its PoD. */
function addTerm(
  context: PartContext,
  offer: number,
  mtu: number,
  column: number,
  value: number,
): void {
  const { columns, graph } = context.meritOrder;
  const market = columns.offerMarket[offer]!;
  const pod = columns.offerPod[offer]!;
  const at = mtu * columns.offerCount + offer;
  const price = columns.priceMicroEurPerKwh[at]!;
  const node = nodeOf(graph, graph.markets[market]!, pod, price);
  const nodeCount = graph.markets[market]!.nodeCount;
  const nodeKey = (mtu * nodeCount + node) * 4 + market;
  // Where one limit holds for both products, it is that of active power.
  const limitMarket = sharesLimit(context.hard, pod) ? market & 1 : market;
  const podKey = (mtu * columns.podCount + pod) * 4 + limitMarket;
  for (const [terms, key] of [
    [context.nodeTerms, nodeKey],
    [context.podTerms, podKey],
  ] as const) {
    const entry = terms.get(key) ?? { columns: [], values: [], mostW: 0 };
    terms.set(key, entry);
    entry.columns.push(column);
    entry.values.push(value);
    entry.mostW += columns.quantityW[at]!;
  }
}

/** What nodes accept flows to requests, within what each asks. */
function addRequests(context: PartContext): void {
  const { draft, unitW } = context;
  const { columns, graph } = context.meritOrder;
  const inflows = new Map<number, [number, number][]>();
  for (const [key, terms] of context.nodeTerms) {
    const market = graph.markets[key % 4]!;
    const node = Math.floor(key / 4) % market.nodeCount;
    const mtu = Math.floor(Math.floor(key / 4) / market.nodeCount);
    const balance = terms.columns.map((c, i): [number, number] => [c, terms.values[i]!]);
    for (let edge = market.edgeStart[node]!; edge < market.edgeStart[node + 1]!; edge += 1) {
      const request = market.edgeRequest[edge]!;
      const pair = request * columns.mtus + mtu;
      const asked = columns.requestQuantityW[pair]! / unitW;
      if (asked === 0) continue;
      const isDso = columns.requestIsDso[request] === 1;
      const flow = addColumn(draft, asked, false, isDso ? [-1, 0] : [0, -1]);
      balance.push([flow, -1]);
      const inflow = inflows.get(pair) ?? [];
      inflow.push([flow, 1]);
      inflows.set(pair, inflow);
    }
    addRow(draft, 0, 0, balance);
  }
  for (const [pair, terms] of inflows) {
    const asked = columns.requestQuantityW[pair]! / unitW;
    if (terms.length > 1) addRow(draft, -Infinity, asked, terms);
  }
}

/** PoD limits, and one direction at a time where a PoD offers both. */
function addPods(context: PartContext): void {
  const { draft, choices, podTerms, unitW } = context;
  const { columns } = context.meritOrder;
  const directions = new Map<number, number>();
  for (const [key, terms] of podTerms) {
    const market = key % 4;
    const pod = Math.floor(key / 4) % columns.podCount;
    const mtu = Math.floor(Math.floor(key / 4) / columns.podCount);
    const limitW = podLimitAt(columns, market * columns.podCount + pod, mtu);
    const most = Math.min(limitW, terms.mostW) / unitW;
    const row = terms.columns.map((c, i): [number, number] => [c, terms.values[i]!]);
    if (!podTerms.has(key ^ 1)) {
      if (terms.mostW > limitW) addRow(draft, -Infinity, most, row);
      continue;
    }
    const isUp = market % 2 === 0;
    const podMtu = key & ~1;
    const direction = directions.get(podMtu) ?? addColumn(draft, 1, true, []);
    if (!directions.has(podMtu)) {
      const markets = sharesLimit(context.hard, pod) ? [0, 2] : [market & ~1];
      for (const even of markets) {
        choices.push({ kind: 'direction', pod, market: even, mtu, column: direction });
      }
    }
    directions.set(podMtu, direction);
    // direction 1 opens up, 0 opens down
    addRow(draft, -Infinity, isUp ? 0 : most, [...row, [direction, isUp ? -most : most]]);
  }
}

function freeze(draft: Draft, limits: MilpLimits): PartModel['model'] {
  const rowStart = new Int32Array(draft.rows.length + 1);
  draft.rows.forEach((row, index) => {
    rowStart[index + 1] = rowStart[index]! + row.columns.length;
  });
  return {
    columnLower: Float64Array.from(draft.lower),
    columnUpper: Float64Array.from(draft.upper),
    isInteger: Uint8Array.from(draft.isInteger),
    rowLower: Float64Array.from(draft.rows, (row) => row.lower),
    rowUpper: Float64Array.from(draft.rows, (row) => row.upper),
    rowStart,
    rowColumn: Int32Array.from(draft.rows.flatMap((row) => row.columns)),
    rowValue: Float64Array.from(draft.rows.flatMap((row) => row.values)),
    objectives: draft.objectives.map((coefficients) => Float64Array.from(coefficients)),
    limits,
  };
}
