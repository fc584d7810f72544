import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type AggregatorKnowledge,
  readAggregatorKnowledge,
  writeAggregatorKnowledge,
} from '@flexledger/aggregator-platform';
import type { TsoNeed } from '@flexledger/tso-simulator';

/**
 * What market parties know that is nobody else's business and so stands in no event: aggregators'
 * costs, the TSO's needs. In `market.json` of the data folder; where it is absent these parties do
 * not bid by themselves and use the REST interface.
 */
export interface MarketKnowledge {
  /** Draws of the simulated TSO follow from it. */
  readonly seed: number;
  readonly tso: readonly TsoNeed[];
  readonly aggregators: readonly AggregatorKnowledge[];
}

const fileOf = (dataDir: string): string => path.join(dataDir, 'market.json');

/** What the parties of a data folder know, if anything. */
export function readMarketKnowledge(dataDir: string): MarketKnowledge | undefined {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return undefined;
  const aggregators = readAggregatorKnowledge(file);
  const { seed, tso } = JSON.parse(readFileSync(file, 'utf8')) as Pick<
    MarketKnowledge,
    'seed' | 'tso'
  >;
  return { seed, tso, aggregators };
}

export function writeMarketKnowledge(
  dataDir: string,
  { aggregators, ...others }: MarketKnowledge,
): void {
  const file = fileOf(dataDir);
  writeFileSync(file, `${JSON.stringify(others)}\n`, { mode: 0o600 });
  writeAggregatorKnowledge(file, aggregators);
}
