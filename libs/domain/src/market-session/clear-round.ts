/**
 * One clearing of a session, from its problem to the record that goes into the log. Used by the
 * market when a gate closes and by the audit when it does the same again.
 */
import { clearMarket, type ClearingParameters, type MilpSolver } from '../clearing/clear';
import { type ClearingColumns, columnsFromInstance } from '../clearing/columns';
import { BINDINGS, explainRequests } from '../clearing/explain';
import type { ClearingInstance } from '../clearing/instance';
import { NO_PRICE, type PricingRule, pricesOf } from '../clearing/pricing';
import type { Allocation } from '../clearing/merit-order';
import type { RulePack } from '../rule-pack/rule-pack';
import { offerKey } from './clearing-input';
import type { ClearingRecord } from './commands';
import type { OutcomeRow, RequestResult } from './events';

/** Time for all of a session's solver parts together; what stands then is used, with its gap. */
const SOLVER_SECONDS = 60;

/** The clearing's parameters as the rule pack gives them. */
export function clearingParameters(rules: RulePack): ClearingParameters {
  const { costWeight, reliabilityWeight } = rules.objective;
  return {
    pricing: rules.pricing,
    costWeight,
    reliabilityWeight,
    timeLimitSeconds: SOLVER_SECONDS,
    nodeLimit: null,
  };
}

/**
 * Clears a problem.
 *
 * @param inputDigest SHA-256 of the canonical problem, for the record
 */
export async function clearRound(
  instance: ClearingInstance,
  rules: RulePack,
  round: number,
  inputDigest: string,
  solver: MilpSolver,
): Promise<ClearingRecord> {
  const parameters = clearingParameters(rules);
  const columns = columnsFromInstance(instance);
  const result = await clearMarket(columns, parameters, solver);
  return {
    round,
    algorithm: result.solver === null ? result.algorithm : `${result.algorithm}/${result.solver}`,
    version: result.version,
    parameters: {
      pricing: parameters.pricing,
      costWeight: parameters.costWeight,
      reliabilityWeight: parameters.reliabilityWeight,
      timeLimitSeconds: parameters.timeLimitSeconds,
    },
    inputDigest,
    gap: result.gap,
    ...recordedOutcome(instance, columns, result.allocation, parameters.pricing),
  };
}

/**
 * An allocation as the record holds it: the rows with their prices, and what bound each request.
 *
 * @param columns those of the instance
 */
export function recordedOutcome(
  instance: ClearingInstance,
  columns: ClearingColumns,
  allocation: Allocation,
  pricing: PricingRule,
): Pick<ClearingRecord, 'rows' | 'requests'> {
  const explained = explainRequests(columns, allocation);
  const { servedW, marginalPriceMicroEurPerKwh, binding } = explained;
  const { mtus } = instance;
  const requests = instance.requests.map(({ id }, index): RequestResult => {
    const slice = <Column extends { slice(from: number, to: number): ArrayLike<number> }>(
      column: Column,
    ): number[] => Array.from(column.slice(index * mtus, (index + 1) * mtus));
    return {
      requestId: id,
      servedW: slice(servedW),
      marginalPriceMicroEurPerKwh: slice(marginalPriceMicroEurPerKwh).map((price) =>
        price === NO_PRICE ? null : price,
      ),
      binding: slice(binding).map((code) => BINDINGS[code]!),
    };
  });
  const prices = pricesOf(columns, allocation, pricing);
  return { rows: outcomeRows(instance, allocation, prices), requests };
}

/**
 * The allocation that a round's rows record; undefined when they name offers, requests or MTUs that
 * the problem does not have. Whether it is feasible is for `checkAllocation`.
 */
export function recordedAllocation(
  instance: ClearingInstance,
  rows: readonly OutcomeRow[],
): Allocation | undefined {
  const offerOf = new Map(instance.offers.map(({ id }, index) => [id, index]));
  const requestOf = new Map(instance.requests.map(({ id }, index) => [id, index]));
  const counts = new Uint32Array(instance.mtus);
  const parts: { row: OutcomeRow; offer: number; request: number }[] = [];
  for (const row of rows) {
    const offer = offerOf.get(offerKey(row.aggregatorId, row.offerId));
    const request = requestOf.get(row.requestId);
    const end = row.firstMtu + row.acceptedW.length;
    if (offer === undefined || request === undefined) return undefined;
    if (!(row.firstMtu >= 0 && end <= instance.mtus)) return undefined;
    parts.push({ row, offer, request });
    row.acceptedW.forEach((watts, index) => {
      if (watts !== 0) counts[row.firstMtu + index]! += 1;
    });
  }
  const allocation = Array.from(counts, (count) => ({
    offer: new Uint32Array(count),
    request: new Uint32Array(count),
    quantityW: new Int32Array(count),
  }));
  const next = new Uint32Array(instance.mtus);
  for (const { row, offer, request } of parts) {
    row.acceptedW.forEach((watts, index) => {
      if (watts === 0) return;
      const mtu = row.firstMtu + index;
      const cell = allocation[mtu]!;
      const at = next[mtu]!;
      next[mtu] = at + 1;
      cell.offer[at] = offer;
      cell.request[at] = request;
      cell.quantityW[at] = watts;
    });
  }
  return allocation;
}

/** Where the watts that an offer gives to a request begin and end. */
interface Meeting {
  readonly firstMtu: number;
  lastMtu: number;
  row: OutcomeRow | undefined;
}

/** The allocation as rows: one for each offer and request that meet, from first to last MTU. */
function outcomeRows(
  instance: ClearingInstance,
  allocation: Allocation,
  prices: readonly Int32Array[],
): OutcomeRow[] {
  const meetings = new Map<number, Meeting>();
  const keyOf = (offer: number, request: number): number =>
    offer * instance.requests.length + request;
  allocation.forEach(({ offer, request }, mtu) => {
    for (let at = 0; at < offer.length; at += 1) {
      const key = keyOf(offer[at]!, request[at]!);
      const meeting = meetings.get(key);
      if (meeting) meeting.lastMtu = mtu;
      else meetings.set(key, { firstMtu: mtu, lastMtu: mtu, row: undefined });
    }
  });
  const keys = Float64Array.from(meetings.keys()).sort();
  const rows = Array.from(keys, (key): OutcomeRow => {
    const meeting = meetings.get(key)!;
    return (meeting.row = emptyRow(instance, key, meeting));
  });
  allocation.forEach(({ offer, request, quantityW }, mtu) => {
    for (let at = 0; at < offer.length; at += 1) {
      const { firstMtu, row } = meetings.get(keyOf(offer[at]!, request[at]!))!;
      (row!.acceptedW as number[])[mtu - firstMtu] = quantityW[at]!;
      (row!.priceMicroEurPerKwh as number[])[mtu - firstMtu] = prices[mtu]![at]!;
    }
  });
  return rows;
}

function emptyRow(
  { offers, requests }: ClearingInstance,
  key: number,
  { firstMtu, lastMtu }: Meeting,
): OutcomeRow {
  const offer = offers[Math.floor(key / requests.length)]!;
  const request = requests[key % requests.length]!;
  const mtus = lastMtu - firstMtu + 1;
  return {
    offerId: offer.id.slice(offer.aggregator.length + 1),
    requestId: request.id,
    podId: offer.pod,
    aggregatorId: offer.aggregator,
    requester: request.requester,
    product: offer.product,
    direction: offer.direction,
    firstMtu,
    acceptedW: zeros(mtus),
    priceMicroEurPerKwh: zeros(mtus),
  };
}

/** Pushed one by one: a list made with its length may have holes, and `JSON.stringify` is slow with such. */
function zeros(count: number): number[] {
  const list: number[] = [];
  while (list.length < count) list.push(0);
  return list;
}
