/**
 * Who may offer what: a PoD is offered by the aggregator that has it, up to what was declared for it. What
 * changed a moment ago counts too, since a platform that asks another one's register may be that late.
 */
import {
  type DeclaredFlexibility,
  type RecordedOffer,
  curveOver,
  declaredLimit,
  sameCurve,
} from '@flexledger/domain';
import type { LoggedEvent, LoggedOf } from '../logged-event';

/** How long a platform may go on with what a register said before. */
const LATE_BY_MS = 60_000;

/** The register as the log tells it. */
export interface Portfolios {
  /** Takes in what changes it; passes over the rest. */
  take(event: LoggedEvent): void;
  /**
   * Why an aggregator could not offer this; undefined when it could.
   *
   * @param quarterHours of the local clock, of each MTU of the session
   */
  faultOf(
    offered: LoggedOf<'FlexibilityOffered'>,
    quarterHours: readonly number[],
  ): string | undefined;
}

/** The events that `take` is for. */
export const PORTFOLIO_TYPES = [
  'PodRegistered',
  'PodDetailsChanged',
  'PodUnregistered',
  'FlexibilityDeclared',
] as const satisfies readonly LoggedEvent['type'][];

/** A register without a PoD. */
export function createPortfolios(): Portfolios {
  const holders = createHistory<string | undefined>();
  const declared = createHistory<DeclaredFlexibility>();

  function offerFault(
    { offerId, podId, podLimitW, product, direction }: RecordedOffer,
    aggregatorId: string,
    atMs: number,
    quarterHours: readonly number[],
  ): string | undefined {
    if (!holders.lately(podId, atMs).includes(aggregatorId)) {
      return `offer ${offerId} is for PoD ${podId}, which ${aggregatorId} did not have`;
    }
    const limits = declared
      .lately(podId, atMs)
      .map((one) => curveOver(declaredLimit(one, product, direction), quarterHours));
    return limits.some((limit) => sameCurve(limit, podLimitW))
      ? undefined
      : `offer ${offerId} goes up to ${String(podLimitW)} for PoD ${podId}; declared were ${limits.join('; ') || 'none'}`;
  }

  return {
    take(event) {
      const atMs = Date.parse(event.occurredAt);
      switch (event.type) {
        case 'PodRegistered':
        case 'PodDetailsChanged':
          return holders.set(event.data.podId, event.data.aggregatorId, atMs);
        case 'PodUnregistered':
          return holders.set(event.data.podId, undefined, atMs);
        case 'FlexibilityDeclared':
          return declared.set(event.data.podId, event.data, atMs);
        default:
      }
    },
    faultOf({ data, occurredAt }, quarterHours) {
      const atMs = Date.parse(occurredAt);
      for (const offer of data.offers) {
        const fault = offerFault(offer, data.aggregatorId, atMs, quarterHours);
        if (fault) return fault;
      }
      return undefined;
    },
  };
}

/** All but what something else took the place of longer ago. */
function stillCounting<Known extends { readonly sinceMs: number }>(
  known: readonly Known[],
  atMs: number,
): readonly Known[] {
  return known.filter((_, index) => (known[index + 1]?.sinceMs ?? Infinity) >= atMs - LATE_BY_MS);
}

/** What was said of each PoD one after another, as long as it may still count. */
function createHistory<Said>() {
  const of = new Map<string, { readonly said: Said; readonly sinceMs: number }[]>();
  return {
    set(podId: string, said: Said, sinceMs: number): void {
      const known = of.get(podId) ?? [];
      of.set(podId, [...stillCounting(known, sinceMs), { said, sinceMs }]);
    },
    /** What stood at an instant or within `LATE_BY_MS` before it. */
    lately: (podId: string, atMs: number): Said[] =>
      stillCounting(of.get(podId) ?? [], atMs).map(({ said }) => said),
  };
}
