import type { RulePack, RulePackAdopted } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** The rule pack adopted last. @throws Error when the log has none */
export async function lastRulePack(store: EventStore): Promise<RulePack> {
  let last: RulePack | undefined;
  for await (const event of store.readAll({ filter: { types: ['RulePackAdopted'] } })) {
    last = (event.data as RulePackAdopted['data']).rulePack;
  }
  if (last) return last;
  throw new Error('The log has adopted no rule pack; start a platform on it first.');
}
