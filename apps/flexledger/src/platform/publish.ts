import {
  type GridModelPublished,
  type OperatingLimits,
  type RulePack,
  type RulePackAdopted,
  gridModelStream,
  rulePackStream,
} from '@flexledger/domain';
import { type EventStore, contextOf, createCommandHandler } from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';

type PublishedGrid = GridModelPublished['data'];

/** The grid model the log ends with, if any was published. */
export async function publishedGrid(store: EventStore): Promise<PublishedGrid | undefined> {
  let last: PublishedGrid | undefined;
  for await (const event of store.readAll({ filter: { types: ['GridModelPublished'] } })) {
    last = event.data as PublishedGrid;
  }
  return last;
}

/** Publishes a grid model; the same again changes nothing. */
export async function publishGrid(
  store: EventStore,
  clock: Clock,
  grid: { readonly gridId: string; readonly model: object; readonly limits: OperatingLimits },
): Promise<PublishedGrid> {
  const data = { ...grid, digest: documentDigest(grid.model) };
  const handler = createCommandHandler<PublishedGrid | null, PublishedGrid, GridModelPublished>({
    store,
    clock,
    decider: {
      initialState: null,
      decide: (wanted, standing) =>
        standing && documentDigest(standing) === documentDigest(wanted)
          ? []
          : [{ type: 'GridModelPublished', data: wanted }],
      evolve: (_, event) => event.data,
    },
  });
  const name = `grid/${data.gridId}/${documentDigest(data)}`;
  await handler.handle(gridModelStream(data.gridId), data, contextOf(name, name, 'dso'));
  return data;
}

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

/** The rule pack adopted last. @throws Error when the log has none */
export async function lastRulePack(store: EventStore): Promise<RulePack> {
  let last: RulePack | undefined;
  for await (const event of store.readAll({ filter: { types: ['RulePackAdopted'] } })) {
    last = (event.data as RulePackAdopted['data']).rulePack;
  }
  if (last) return last;
  throw new Error('The log has adopted no rule pack; start a platform on it first.');
}
