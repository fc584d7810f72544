import {
  type RulePack,
  type RulePackAdopted,
  type Schedule,
  rulePackStream,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** The pack that a session was scheduled under. Rejects when the log does not hold it. */
export type RulesOfLog = (
  schedule: Pick<Schedule, 'sessionId' | 'rulePackDigest'>,
) => Promise<RulePack>;

/**
 * The rule packs of a log by their digest, each read once. A session is cleared and settled under the
 * pack that it was scheduled under, also by a platform that has been started again with another one.
 */
export function createRulesOfLog(store: EventStore): RulesOfLog {
  const packs = new Map<string, RulePack>();
  return async ({ sessionId, rulePackDigest }) => {
    const known = packs.get(rulePackDigest);
    if (known) return known;
    for await (const event of store.readStream(rulePackStream(rulePackDigest))) {
      const { rulePack } = event.data as RulePackAdopted['data'];
      packs.set(rulePackDigest, rulePack);
      return rulePack;
    }
    throw new Error(
      `Rule pack ${rulePackDigest} of session ${sessionId} is not in the log; ` +
        'start the platform once with the pack that the session was scheduled under.',
    );
  };
}
