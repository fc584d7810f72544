/**
 * How reliable each provider was told to be in a session's offers, worked out again from the settlements that
 * the log held when the session opened. For an audit that is shown them all.
 */
import {
  type ReliabilityEvent,
  RELIABILITY_TYPES,
  createReliabilityBook,
} from '@flexledger/domain';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { Scope } from '../scope';

/** The version of `FlexibilityOffered` since which offers have an index. */
const TOLD_SINCE = 3;

/** Compares the index of each offer with that of the settlements. */
export function createReliabilityCheck(scope: Scope, findings: Findings): EventCheck {
  const book = createReliabilityBook();

  function faultOf({ data }: LoggedOf<'FlexibilityOffered'>): string | undefined {
    const known = book.indicesOf(data.sessionId);
    for (const { offerId, podId, reliabilityPerMille: told } of data.offers) {
      const found = known?.indexOf(data.aggregatorId, podId);
      if (told === found) continue;
      return (
        `offer ${offerId} of PoD ${podId} is told to have reliability ${told ?? 'unknown'}; by the settlements ` +
        `before the session it is ${found ?? 'unknown'}`
      );
    }
    return undefined;
  }

  return {
    findings,
    types: [...RELIABILITY_TYPES, 'FlexibilityOffered'],
    see(event, { schemaVersion }) {
      if (event.type !== 'FlexibilityOffered') {
        return book.take(event as unknown as ReliabilityEvent);
      }
      const isToldOne = schemaVersion >= TOLD_SINCE && scope.market(event.data.sessionId);
      const fault = isToldOne ? faultOf(event) : undefined;
      if (fault) findings.fail(event, fault);
    },
  };
}
