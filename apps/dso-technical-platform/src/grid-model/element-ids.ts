import type { Network } from '@flexledger/grid';

/** Ids of all that something can be said of in a model: buses, lines and transformers. */
export function elementIds({
  buses,
  lines,
  transformers,
}: Pick<Network, 'buses' | 'lines' | 'transformers'>): ReadonlySet<string> {
  return new Set([...buses, ...lines, ...transformers].map(({ id }) => id));
}
