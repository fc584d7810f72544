/**
 * What aggregators know that is nobody else's business and so stands in no event: margins, costs and
 * plants. It is the member `aggregators` of a JSON file of the data folder, which other parties may
 * keep members of their own in.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { OwnKnowledge } from './portfolio';

/** An aggregator that bids by itself. */
export interface AggregatorKnowledge {
  readonly aggregatorId: string;
  /** Added to its costs, per mille. */
  readonly marginPerMille: number;
  /** Costs and plants, by PoD. */
  readonly pods: Readonly<Record<string, OwnKnowledge>>;
}

/**
 * The aggregators of a file; none when it is absent or has no such member.
 *
 * @throws Error naming file and member when it cannot be read as that
 */
export function readAggregatorKnowledge(file: string): readonly AggregatorKnowledge[] {
  const { aggregators = [] } = membersOf(file);
  if (!Array.isArray(aggregators)) throw unreadable(file, 'aggregators', 'is no list');
  for (const [index, one] of aggregators.entries()) {
    const { aggregatorId, marginPerMille, pods } = (one ?? {}) as Partial<AggregatorKnowledge>;
    const name = `aggregators[${index}]`;
    if (typeof aggregatorId !== 'string') throw unreadable(file, name, 'has no aggregatorId');
    if (!Number.isSafeInteger(marginPerMille)) {
      throw unreadable(file, name, 'has no whole marginPerMille');
    }
    if (typeof pods !== 'object' || pods === null) throw unreadable(file, name, 'has no pods');
  }
  return aggregators as AggregatorKnowledge[];
}

/** Writes them into a file, readable by its owner only; its other members stay. */
export function writeAggregatorKnowledge(
  file: string,
  aggregators: readonly AggregatorKnowledge[],
): void {
  const members = { ...membersOf(file), aggregators };
  writeFileSync(file, `${JSON.stringify(members)}\n`, { mode: 0o600 });
}

function membersOf(file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  let members: unknown;
  try {
    members = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unreadable(file, 'the file', `is not JSON (${(error as Error).message})`);
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw unreadable(file, 'the file', 'is no JSON object');
  }
  return members as Record<string, unknown>;
}

function unreadable(file: string, what: string, fault: string): Error {
  return new Error(`${file}: ${what} ${fault}; correct it or restore the file from a backup.`);
}
