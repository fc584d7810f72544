import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type LogPlace, openLog } from '@flexledger/event-store';
import { messageOf, wallClock } from '@flexledger/runtime';
import { writePrivately } from '@flexledger/service-kit';
import type { TsoNeed } from '@flexledger/tso-simulator';
import { logFile } from './data-folder';

/**
 * What the simulated TSO of a scenario needs, which is nobody else's business and so stands in no event.
 * In `market.json` of the data folder; where it is absent the TSO asks for what its policy says.
 */
export interface TsoKnowledge {
  /** Its draws follow from it. */
  readonly seed: number;
  readonly tso: readonly TsoNeed[];
}

const fileOf = (dataDir: string): string => path.join(dataDir, 'market.json');

/** What the TSO of a data folder needs, if it says so. @throws Error naming the file when it is broken */
export function readTsoKnowledge(dataDir: string): TsoKnowledge | undefined {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return undefined;
  const unreadable = (fault: string): Error =>
    new Error(`${file} ${fault}; correct it or restore the file from a backup.`);
  let known: Partial<TsoKnowledge> | null;
  try {
    known = JSON.parse(readFileSync(file, 'utf8')) as Partial<TsoKnowledge> | null;
  } catch (error) {
    throw unreadable(`is not JSON (${messageOf(error)})`);
  }
  const { seed, tso } = known ?? {};
  if (seed === undefined || !Number.isSafeInteger(seed)) throw unreadable('has no whole seed');
  if (!Array.isArray(tso)) throw unreadable('has no list tso');
  return { seed, tso };
}

export function writeTsoKnowledge(dataDir: string, knowledge: TsoKnowledge): void {
  writePrivately(fileOf(dataDir), knowledge);
}

/** Aggregators that have declared costs in a log, in the order in which they first did. */
export async function biddersOf(place: LogPlace): Promise<readonly string[]> {
  if (place.url === undefined && !existsSync(logFile(place.dataDir))) return [];
  const log = await openLog(place, { clock: wallClock });
  try {
    const bidders = new Set<string>();
    for await (const { data } of log.readAll({ filter: { types: ['CostsDeclared'] } })) {
      bidders.add((data as { readonly aggregatorId: string }).aggregatorId);
    }
    return [...bidders];
  } finally {
    await log.close();
  }
}
