/** The beginning of a log with the sessions of one day, for tests of single checks. */
import { rulePackStream, sessionStream, sessionsDelivering } from '@flexledger/domain';
import { isoFromMs } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import type { LoggedOf } from '../logged-event';
import type { SmallEvent } from './small-log';

const { rulePack, digest } = loadRulePack('platone');

export const rules = rulePack;

export const DAY = '2026-03-17';

/** Sessions of the day as the log has them, the day-ahead session first. */
export const schedules = sessionsDelivering(DAY, rulePack).map(
  ({ sessionId, kind, period, ...times }): LoggedOf<'SessionScheduled'>['data'] => ({
    sessionId,
    kind,
    deliveryDay: DAY,
    deliveryStart: isoFromMs(period.startMs),
    mtuCount: period.mtuCount,
    gateOpensAt: isoFromMs(times.gateOpensMs),
    gateClosesAt: isoFromMs(times.gateClosesMs),
    resultDueAt: isoFromMs(times.resultDueMs),
    rulePackDigest: digest,
    registerPosition: 0,
  }),
);

export const rulesAdopted: SmallEvent = {
  streamId: rulePackStream(digest),
  type: 'RulePackAdopted',
  data: { digest, rulePack },
};

/** An event of a session. */
export function inSession<Data extends { readonly sessionId: string }>(
  type: SmallEvent['type'],
  data: Data,
  occurredAt?: string,
): SmallEvent {
  const streamId = sessionStream(data.sessionId);
  return { streamId, type, data, ...(occurredAt === undefined ? {} : { occurredAt }) };
}
