import type { RecordedEvent, Requester } from '@flexledger/domain';
import { type Principal, may } from '@flexledger/identity';

/** Events that hold nothing of any one party: the calendar, the rules and the certifier's work. */
const OF_NOBODY = new Set([
  'RulePackAdopted',
  'SessionScheduled',
  'SessionOpened',
  'SessionClosed',
  'SessionCancelled',
  'OutcomeSentForValidation',
  'SettlementPublished',
  'TokensAwarded',
  'CertifierStarted',
  'CheckpointSealed',
  'CheckpointCosigned',
  'CheckpointAnchored',
  'AnchorFailed',
]);

/**
 * True for an event that a principal may see: all of them, or what is nobody's, what it did itself,
 * and what names it as the owner. Events that hold the rows of many (`ResultPublished`) cannot be
 * shown in part, since their hash covers all rows: their own rows parties find in the results.
 */
export function maySee(principal: Principal, event: RecordedEvent): boolean {
  if (may(principal, 'events:read')) return true;
  if (OF_NOBODY.has(event.type) || event.actor === principal.actor) return true;
  const { aggregatorId, requester, podId } = event.data as {
    readonly aggregatorId?: string;
    readonly requester?: Requester;
    readonly podId?: string;
  };
  return may(principal, 'events:read', {
    ...(aggregatorId === undefined ? {} : { aggregatorId }),
    ...(requester === undefined ? {} : { requester }),
    ...(podId === undefined ? {} : { podId }),
  });
}
