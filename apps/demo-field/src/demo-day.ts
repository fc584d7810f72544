/** Which day a demo's folder holds; all else of its households follows from it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf, withoutFullStop } from '@flexledger/runtime';

/** The day of a demo. */
export interface DemoDay {
  readonly pods: number;
  /** Civil day of delivery, ISO date. */
  readonly date: string;
  readonly seed: number;
}

/** The grid of every demo. */
export const DEMO_GRID = 'ieee33';
/** The rule pack of every demo. */
export const DEMO_RULES = 'platone';

/** Written last, so that a folder that has it holds the whole day. */
const markerFile = (dataDir: string): string => path.join(dataDir, 'demo.json');

/** Marks a folder as a demo's: its households come to life wherever the folder is served. */
export function writeDemoDay(dataDir: string, { pods, date, seed }: DemoDay): void {
  writeFileSync(markerFile(dataDir), `${JSON.stringify({ pods, date, seed })}\n`);
}

/** The day of a demo's folder; undefined of any other. @throws Error naming the file when it is broken */
export function readDemoDay(dataDir: string): DemoDay | undefined {
  const file = markerFile(dataDir);
  if (!existsSync(file)) return undefined;
  const unreadable = (fault: string): Error =>
    new Error(`${file} ${fault}; restore it from a backup, or remove it and serve the log alone.`);
  let found: Partial<DemoDay> | null;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as Partial<DemoDay> | null;
  } catch (error) {
    throw unreadable(`is not JSON (${withoutFullStop(messageOf(error))})`);
  }
  const { pods, date, seed } = found ?? {};
  if (!Number.isSafeInteger(pods) || typeof date !== 'string' || !Number.isSafeInteger(seed)) {
    throw unreadable('does not say pods, date and seed');
  }
  return { pods: pods!, date, seed: seed! };
}
