/** Shape and rights of requests and offers: what is wrong with them, by field. */
import type { LimitByMtu } from '../clearing/instance';
import type { Violation } from '../log/decider';
import { curveOver, largestOf } from '../pod/day-curve';
import { declaredLimit, serviceOf } from '../pod/events';
import { isQualified, refusalOf } from '../pod/services';
import { PRODUCTS } from '../units/units';
import type { MarketPod, MarketRegister } from './commands';
import type { FlexibilityOffer, FlexibilityRequest, RecordedOffer } from './events';
import type { Schedule } from './state';

/** Highest price anyone may ask or cap at: 100 EUR per kWh. Anything above is a slip of units. */
const PRICE_LIMIT_MICRO_EUR_PER_KWH = 100_000_000;
/** Highest power of one row: 1 GW. */
const POWER_LIMIT_W = 1_000_000_000;
const ID_LENGTH_LIMIT = 100;

/** A session with the local quarter-hour of each of its MTUs. */
type ClockedSchedule = Schedule & { readonly quarterHours: readonly number[] };

/** What is wrong with a request for a session; empty when nothing is. */
export function requestViolations(
  request: FlexibilityRequest,
  { mtuCount, products = PRODUCTS }: Schedule,
  register: MarketRegister,
): Violation[] {
  const violations = [
    ...idViolation('requestId', request.requestId),
    ...oneOf('requester', request.requester, ['DSO', 'TSO']),
    ...oneOf('product', request.product, products),
    ...oneOf('direction', request.direction, ['up', 'down']),
    ...series('quantityW', request.quantityW, mtuCount, POWER_LIMIT_W),
  ];
  const cap = request.priceCapMicroEurPerKwh;
  if (cap !== null) {
    violations.push(...whole('priceCapMicroEurPerKwh', cap, PRICE_LIMIT_MICRO_EUR_PER_KWH));
  }
  return [
    ...violations,
    ...scopeViolations(request, register),
    ...gridPointViolations(request, register),
  ];
}

/**
 * Checks one offer of an aggregator; what it may offer is recorded with it.
 *
 * @returns the offer as it is recorded, or the reason why it is refused
 */
export function checkOffer(
  offer: FlexibilityOffer,
  aggregatorId: string,
  schedule: ClockedSchedule,
  register: MarketRegister,
): RecordedOffer | string {
  if (typeof offer !== 'object' || offer === null) return 'is not an offer';
  const [violation] = offerViolations(offer, schedule);
  if (violation) return `${violation.field} ${violation.reason}`;
  const pod = register.pod(offer.podId);
  if (!pod) return `podId ${offer.podId} is not in the register; register and locate it first`;
  if (pod.aggregatorId !== aggregatorId) {
    return `podId ${offer.podId} is not in the portfolio of ${aggregatorId}`;
  }
  // None at all is the aggregator's risk; one that the customer has not accepted is no right to sell.
  if (pod.agreement !== undefined && pod.agreement !== 'inForce') {
    return `podId ${offer.podId} has an agreement that is ${pod.agreement}, not in force; its customer has to accept one first`;
  }
  const unserved = serviceFault(offer, schedule, pod) ?? tooSmall(offer, schedule);
  if (unserved) return unserved;
  if (pod.unavailableDays.includes(schedule.deliveryDay)) {
    return `podId ${offer.podId} is switched off by its customer on ${schedule.deliveryDay}`;
  }
  const declared = declaredLimit(pod.flexibility, offer.product, offer.direction);
  const podLimitW = curveOver(declared, schedule.quarterHours);
  const excess = limitFault(offer, podLimitW);
  return excess ?? recordedOffer(offer, pod.pom, podLimitW);
}

/** Why an offer is more than its PoD declared; a block has to fit somewhere in its window. */
function limitFault(offer: FlexibilityOffer, podLimitW: LimitByMtu): string | undefined {
  const { podId, product, direction } = offer;
  if (product === 'Q' && largestOf(podLimitW) === 0) {
    const declared = direction === 'up' ? 'upVar' : 'downVar';
    return `podId ${podId} has declared no reactive power (${declared} is 0), as a PoD without an inverter has none`;
  }
  if (typeof podLimitW === 'number') {
    const { quantityW } = offer;
    const most = typeof quantityW === 'number' ? quantityW : largestOf(quantityW);
    return most > podLimitW
      ? `quantityW ${most} is above the ${podLimitW} declared for ${podId}`
      : undefined;
  }
  if (offer.kind === 'block') {
    const { quantityW, durationMtus, window } = offer;
    const [first, last] = window;
    let run = 0;
    for (let mtu = first; mtu <= last && run < durationMtus; mtu += 1) {
      run = quantityW <= podLimitW[mtu]! ? run + 1 : 0;
    }
    return run < durationMtus
      ? `quantityW ${quantityW} is nowhere in its window within what is declared for ${podId} over ${durationMtus} MTUs`
      : undefined;
  }
  const over = offer.quantityW.findIndex((watts, mtu) => watts > podLimitW[mtu]!);
  return over < 0
    ? undefined
    : `quantityW ${offer.quantityW[over]!} is above the ${podLimitW[over]!} declared for ${podId} in MTU ${over}`;
}

/** Why a PoD may not be offered for a service: it was refused, or the rules ask for more than nobody's word. */
function serviceFault(
  { podId, product }: FlexibilityOffer,
  { qualification }: Schedule,
  { services = {} }: MarketPod,
): string | undefined {
  const service = serviceOf(product);
  const refusal = refusalOf(services, service);
  if (refusal) return `podId ${podId} ${refusal}`;
  const standing = services[service];
  if (qualification !== 'required' || (standing && isQualified(standing))) return undefined;
  const missing = standing?.named
    ? 'no system operator has qualified it yet'
    : 'it is not named for it';
  return `podId ${podId} is not qualified for ${service}: ${missing}`;
}

/** Why an offer is less than a PoD can be held to (D3.5, 3.3: the tolerance of an EMS's control). */
function tooSmall(
  { product, quantityW }: FlexibilityOffer,
  { leastQuantityW = 0 }: Schedule,
): string | undefined {
  if (product !== 'P') return undefined;
  const offered = (typeof quantityW === 'number' ? [quantityW] : quantityW).filter((w) => w > 0);
  const least = Math.min(...offered);
  return least < leastQuantityW
    ? `quantityW ${least} is below the least of ${leastQuantityW} W that this session trades`
    : undefined;
}

/**
 * The members of an offer, and no others that came with it; in the order in which canonical JSON has
 * them, so that nothing is copied where a session's 1.6 M are written.
 */
function recordedOffer(offer: FlexibilityOffer, pom: string, podLimitW: LimitByMtu): RecordedOffer {
  const { direction, offerId, podId, product } = offer;
  if (offer.kind === 'block') {
    const { durationMtus, kind, priceMicroEurPerKwh, quantityW, window } = offer;
    return {
      direction,
      durationMtus,
      kind,
      offerId,
      podId,
      podLimitW,
      pom,
      priceMicroEurPerKwh,
      product,
      quantityW,
      window,
    };
  }
  const { divisible, kind, minQuantityW, priceMicroEurPerKwh, quantityW } = offer;
  return {
    direction,
    divisible,
    kind,
    minQuantityW,
    offerId,
    podId,
    podLimitW,
    pom,
    priceMicroEurPerKwh,
    product,
    quantityW,
  };
}

function offerViolations(
  offer: FlexibilityOffer,
  { mtuCount, products = PRODUCTS }: Schedule,
): Violation[] {
  const common = [
    ...idViolation('offerId', offer.offerId),
    ...idViolation('podId', offer.podId),
    ...oneOf('product', offer.product, products),
    ...oneOf('direction', offer.direction, ['up', 'down']),
    ...oneOf('kind', offer.kind, ['single', 'block']),
  ];
  if (common.length > 0) return common;
  const price = 'priceMicroEurPerKwh';
  if (offer.kind === 'single') {
    return [
      ...series('quantityW', offer.quantityW, mtuCount, POWER_LIMIT_W),
      ...series(price, offer.priceMicroEurPerKwh, mtuCount, PRICE_LIMIT_MICRO_EUR_PER_KWH),
      ...whole('minQuantityW', offer.minQuantityW, POWER_LIMIT_W),
      ...(typeof offer.divisible === 'boolean'
        ? []
        : [{ field: 'divisible', reason: 'is not true or false' }]),
    ];
  }
  const violations = [
    ...whole('quantityW', offer.quantityW, POWER_LIMIT_W),
    ...whole(price, offer.priceMicroEurPerKwh, PRICE_LIMIT_MICRO_EUR_PER_KWH),
    ...whole('durationMtus', offer.durationMtus, mtuCount),
  ];
  const isPair = Array.isArray(offer.window) && offer.window.length === 2;
  const [first, last] = isPair ? offer.window : [NaN, NaN];
  const fits =
    Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last < mtuCount;
  if (!fits || offer.durationMtus < 1 || last - first + 1 < offer.durationMtus) {
    const reason = `must hold ${offer.durationMtus} MTUs between 0 and ${mtuCount - 1}`;
    violations.push({ field: 'window', reason });
  }
  return violations;
}

function scopeViolations(request: FlexibilityRequest, register: MarketRegister): Violation[] {
  const { scope, requester } = request;
  if (typeof scope !== 'object' || scope === null) {
    return [{ field: 'scope', reason: 'must name podIds or a pom' }];
  }
  if ('pom' in scope) {
    if (register.hasPom(scope.pom)) return [];
    return [{ field: 'scope.pom', reason: `${scope.pom} has no PoD in the register` }];
  }
  if (requester === 'TSO') {
    return [{ field: 'scope', reason: 'of a TSO request must be a pom' }];
  }
  if (!Array.isArray(scope.podIds) || scope.podIds.length === 0) {
    return [{ field: 'scope.podIds', reason: 'must list at least one PoD' }];
  }
  const index = scope.podIds.findIndex((podId) => !register.pod(podId));
  if (index < 0) return [];
  const reason = `${scope.podIds[index]} is not in the register`;
  return [{ field: `scope.podIds[${index}]`, reason }];
}

/** A grid point is of named PoDs, and all of them hang below it. */
function gridPointViolations(
  { scope, gridPoint }: FlexibilityRequest,
  register: MarketRegister,
): Violation[] {
  if (gridPoint === undefined) return [];
  const { pom, mvFeeder, secondarySubstation } = gridPoint;
  const ids = [
    ...idViolation('gridPoint.pom', pom),
    ...(mvFeeder === undefined ? [] : idViolation('gridPoint.mvFeeder', mvFeeder)),
    ...(secondarySubstation === undefined
      ? []
      : idViolation('gridPoint.secondarySubstation', secondarySubstation)),
  ];
  if (ids.length > 0) return ids;
  if (typeof scope !== 'object' || scope === null) return [];
  if ('pom' in scope) {
    const reason = 'is of PoDs that scope.podIds names; scope.pom says it of a substation';
    return [{ field: 'gridPoint', reason }];
  }
  const podIds = Array.isArray(scope.podIds) ? (scope.podIds as readonly string[]) : [];
  const stray = podIds.find((podId) => {
    const pod = register.pod(podId);
    return pod !== undefined && pod.pom !== pom;
  });
  if (stray === undefined) return [];
  return [{ field: 'gridPoint.pom', reason: `${pom} is not above ${stray}` }];
}

function idViolation(field: string, id: unknown): Violation[] {
  const fits = typeof id === 'string' && id.length > 0 && id.length <= ID_LENGTH_LIMIT;
  return fits ? [] : [{ field, reason: `must be a text of 1 to ${ID_LENGTH_LIMIT} characters` }];
}

function oneOf(field: string, value: unknown, allowed: readonly string[]): Violation[] {
  const fits = typeof value === 'string' && allowed.includes(value);
  return fits ? [] : [{ field, reason: `must be one of ${allowed.join(', ')}` }];
}

function whole(field: string, value: unknown, limit: number): Violation[] {
  return isWhole(value, limit)
    ? []
    : [{ field, reason: `must be a whole number from 0 to ${limit}` }];
}

function isWhole(value: unknown, limit: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= limit;
}

function series(field: string, values: unknown, length: number, limit: number): Violation[] {
  if (!Array.isArray(values) || values.length !== length) {
    return [{ field, reason: `must have one value for each of the ${length} MTUs` }];
  }
  const index = values.findIndex((value) => !isWhole(value, limit));
  return index < 0 ? [] : whole(`${field}[${index}]`, values[index], limit);
}
