/** A whole day of a market that a DSO and an aggregator followed by their mirrors: three logs, all of them true. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logFile } from '@flexledger/event-store';
import Database from 'libsql';
import { serveSimulatedDay } from '../../testing/served-day';
import { followMarket } from './followed-market';

/** Who followed the market. */
export const PARTIES = ['dso', 'aggregator:AGG1'] as const;
export type Follower = (typeof PARTIES)[number];

export interface DayTold {
  readonly folder: string;
  /** Of `market` or who followed it. */
  inFolder(name: string): string;
  remove(): void;
}

/** Makes the day, lets both follow it, and closes the market. */
export async function tellDay(pods: number): Promise<DayTold> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-several-'));
  const inFolder = (name: string): string => path.join(folder, name.replace(':', '-'));
  const market = await serveSimulatedDay(pods);
  try {
    for (const party of PARTIES) await followMarket(market, party, inFolder(party));
    mkdirSync(inFolder('market'));
    const db = new Database(logFile(market.dataDir));
    // With what the open log has not put into its file yet.
    db.prepare('VACUUM INTO ?').run(logFile(inFolder('market')));
    db.close();
  } finally {
    await market.close();
  }
  return { folder, inFolder, remove: () => rmSync(folder, { recursive: true }) };
}
