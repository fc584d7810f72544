import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { logFile } from '../platform/data-folder';
import { print, tell, UsageError } from '@flexledger/command-line';
import { buildBeside } from './build-beside';
import { dayTable, simulateInto } from './simulate';
import { runUntilSignal } from './up';

/** The day of a demo; all else follows from it. */
interface DemoDay {
  readonly pods: number;
  readonly date: string;
  readonly seed: number;
}

/** Flags of `flexledger demo`. */
export interface DemoFlags extends DemoDay {
  readonly data: string;
  readonly port: number;
  readonly mqttPort: number;
  /** Simulates again, also where the folder holds a demo already. */
  readonly fresh: boolean;
  /** Where it answers as one JSON object. */
  readonly json: boolean;
}

const GRID = 'ieee33';
const RULES = 'platone';
/** Says which day a folder holds; written last, so a folder that has it holds the whole day. */
const MARKER = 'demo.json';

/** Simulates the day unless the folder holds it, and serves it until Ctrl-C. */
export async function demo({
  data,
  port,
  mqttPort,
  fresh,
  json,
  ...day
}: DemoFlags): Promise<void> {
  if (!holdsDay(data, day, fresh)) await simulateDemo(data, day, fresh, json);
  await runUntilSignal({ data, port, mqttPort, rules: RULES, grid: GRID, json });
}

/** @throws UsageError when the folder holds something else */
function holdsDay(data: string, wanted: DemoDay, fresh: boolean): boolean {
  if (!existsSync(logFile(data))) return false;
  const marker = path.join(data, MARKER);
  if (!existsSync(marker)) {
    throw new UsageError(
      `${data} holds an event log that no demo made; serve it with "flexledger up --data ${data}", ` +
        'or choose another folder with --data.',
    );
  }
  if (fresh) return false;
  const { pods, date, seed } = JSON.parse(readFileSync(marker, 'utf8')) as DemoDay;
  if (pods === wanted.pods && date === wanted.date && seed === wanted.seed) return true;
  throw new UsageError(
    `${data} holds ${date} with ${pods} PoDs and seed ${seed}; choose another folder with --data, ` +
      'or replace it by --fresh.',
  );
}

async function simulateDemo(
  data: string,
  day: DemoDay,
  fresh: boolean,
  json: boolean,
): Promise<void> {
  const simulated = await buildBeside(data, fresh, async (unfinished) => {
    tell(`Simulating ${day.date} with ${day.pods} PoDs, once; the day is kept in ${data}.`);
    const flags = { ...day, data: unfinished, grid: GRID, rules: RULES, json };
    const done = await simulateInto(flags);
    writeFileSync(path.join(unfinished, MARKER), `${JSON.stringify(day)}\n`);
    return done;
  });
  (json ? tell : print)(dayTable(simulated));
}
