/** The rule packs that a market has run under, as the log keeps them. */
import { type RulePackAdopted, rulePackStream } from '@flexledger/domain';
import { type EventStore, contextOf, createCommandHandler } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';

/** Puts a rule pack into the log, once, so that a replay finds it there. */
export async function adoptRulePack(
  store: EventStore,
  clock: Clock,
  { rulePack, digest }: LoadedRulePack,
): Promise<void> {
  const handler = createCommandHandler<boolean, RulePackAdopted['data'], RulePackAdopted>({
    store,
    clock,
    decider: {
      initialState: false,
      decide: (data, adopted) => (adopted ? [] : [{ type: 'RulePackAdopted', data }]),
      evolve: () => true,
    },
  });
  const name = `rule-pack/${digest}`;
  const context = contextOf(name, name, 'platform:market');
  await handler.handle(rulePackStream(digest), { digest, rulePack }, context);
}
