import type { Aggregator } from '../aggregator';
import type { Bidders } from '../bidders';

type SomePorts = {
  readonly [Name in keyof Aggregator['ports']]?: Partial<Aggregator['ports'][Name]>;
};

/** AGG1 alone bids, with as much of it as a processor asks for. */
export function bidding(
  parts: Partial<Omit<Aggregator, 'ports'>> & { readonly ports?: SomePorts },
): Bidders {
  return async () => [{ aggregatorId: 'AGG1', ...parts } as unknown as Aggregator];
}
