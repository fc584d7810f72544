import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OwnKnowledge } from '@flexledger/aggregator-platform';
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

export interface AggregatorKnowledge {
  readonly aggregatorId: string;
  readonly marginPerMille: number;
  /** Costs and plants, by PoD. */
  readonly pods: Readonly<Record<string, OwnKnowledge>>;
}

const fileOf = (dataDir: string): string => path.join(dataDir, 'market.json');

/** What the parties of a data folder know, if anything. */
export function readMarketKnowledge(dataDir: string): MarketKnowledge | undefined {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as MarketKnowledge;
}

export function writeMarketKnowledge(dataDir: string, knowledge: MarketKnowledge): void {
  writeFileSync(fileOf(dataDir), `${JSON.stringify(knowledge)}\n`, { mode: 0o600 });
}
