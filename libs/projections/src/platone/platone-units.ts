/** Names and units that the seeds share (D2.4): kW and kvar with three decimals, EUR, EUR/kWh, names of services. */
import type { Direction, Product, Requester, SessionKind } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';

const MILLI = 1_000;
const MICRO = 1_000_000;

/** The session that a service is asked for or offered in. */
export interface PlatoneSession {
  readonly sessionId: string;
  readonly kind: SessionKind;
  /** ISO 8601. */
  readonly deliveryStart: string;
}

/** A number in kW or kvar from W or var. */
export function kilo(value: number): number {
  return value / MILLI;
}

/** EUR from micro-euro; EUR/kWh from micro-euro/kWh. */
export function euro(microEur: number): number {
  return microEur / MICRO;
}

/**
 * Power of a row in kW or kvar: upwards (less withdrawn, more fed in) positive, downwards negative. The seeds'
 * rows name no direction, and without the sign two rows of one quarter-hour could not be told apart.
 */
export function signedKilo(value: number, direction: Direction): number {
  return direction === 'up' || value === 0 ? kilo(value) : -kilo(value);
}

/** `ACEAE/IT002E60776854/realTime/2022-09-22T20:00:00.000Z`: what an aggregator offers of a PoD in a session. */
export function offeredServiceId(
  { aggregatorId, podId }: { readonly aggregatorId: string; readonly podId: string },
  session: PlatoneSession,
): string {
  return `${aggregatorId}/${podId}/${session.kind}/${startOf(session)}`;
}

/**
 * `DSO::realtime-bt::2022-09-22T20:00:00.000Z`: a request of a session. The seeds tell the requests of an
 * operator apart by a voltage; here any number of them may stand, and each is told by its id.
 */
export function requestedServiceId(
  { requester, requestId }: { readonly requester: Requester; readonly requestId: string },
  session: PlatoneSession,
): string {
  return `${requester}::${session.kind.toLowerCase()}-${requestId}::${startOf(session)}`;
}

/** `P` or `Q` of a pair of fields: the value under the one of the product, null under the other. */
export function ofProduct<Value>(
  product: Product,
  value: Value,
): { readonly p: Value | null; readonly q: Value | null } {
  return product === 'P' ? { p: value, q: null } : { p: null, q: value };
}

/** With milliseconds, as the seeds write instants. */
function startOf({ deliveryStart }: PlatoneSession): string {
  return isoFromMs(msFromIso(deliveryStart));
}
