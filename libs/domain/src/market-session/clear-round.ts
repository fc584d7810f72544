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
  const cells = Array.from({ length: instance.mtus }, (): [number, number, number][] => []);
  for (const row of rows) {
    const offer = offerOf.get(offerKey(row.aggregatorId, row.offerId));
    const request = requestOf.get(row.requestId);
    if (offer === undefined || request === undefined) return undefined;
    for (const [index, watts] of row.acceptedW.entries()) {
      const cell = cells[row.firstMtu + index];
      if (cell === undefined) return undefined;
      if (watts !== 0) cell.push([offer, request, watts]);
    }
  }
  return cells.map((parts) => ({
    offer: Uint32Array.from(parts, ([offer]) => offer),
    request: Uint32Array.from(parts, ([, request]) => request),
    quantityW: Int32Array.from(parts, ([, , watts]) => watts),
  }));
}

/** The problem as plain JSON, for its digest: the map of limits becomes an object. */
export function instanceDocument(instance: ClearingInstance): object {
  return { ...instance, podLimits: Object.fromEntries(instance.podLimits) };
}

/** The allocation as rows: one for each offer and request that meet, from first to last MTU. */
function outcomeRows(
  instance: ClearingInstance,
  allocation: Allocation,
  prices: readonly Int32Array[],
): OutcomeRow[] {
  interface Draft {
    readonly offer: number;
    readonly request: number;
    readonly entries: (readonly [mtu: number, watts: number, price: number])[];
  }
  const drafts = new Map<number, Draft>();
  allocation.forEach((rows, mtu) => {
    for (let at = 0; at < rows.offer.length; at += 1) {
      const offer = rows.offer[at]!;
      const request = rows.request[at]!;
      const key = offer * instance.requests.length + request;
      let draft = drafts.get(key);
      if (!draft) drafts.set(key, (draft = { offer, request, entries: [] }));
      draft.entries.push([mtu, rows.quantityW[at]!, prices[mtu]![at]!]);
    }
  });
  return [...drafts.keys()]
    .sort((a, b) => a - b)
    .map((key): OutcomeRow => {
      const { offer: offerIndex, request: requestIndex, entries } = drafts.get(key)!;
      const offer = instance.offers[offerIndex]!;
      const request = instance.requests[requestIndex]!;
      const firstMtu = entries[0]![0];
      const length = entries.at(-1)![0] - firstMtu + 1;
      const acceptedW = new Array<number>(length).fill(0);
      const priceMicroEurPerKwh = new Array<number>(length).fill(0);
      for (const [mtu, watts, price] of entries) {
        acceptedW[mtu - firstMtu] = watts;
        priceMicroEurPerKwh[mtu - firstMtu] = price;
      }
      return {
        offerId: offer.id.slice(offer.aggregator.length + 1),
        requestId: request.id,
        podId: offer.pod,
        aggregatorId: offer.aggregator,
        requester: request.requester,
        product: offer.product,
        direction: offer.direction,
        firstMtu,
        acceptedW,
        priceMicroEurPerKwh,
      };
    });
}
