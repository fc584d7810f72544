import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { takeChain } from '../platform/chain-guard';
import { logFile } from '../platform/data-folder';
import { print, tell, UsageError } from '@flexledger/command-line';
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
}

const GRID = 'ieee33';
const RULES = 'platone';
/** Says which day a folder holds; written last, so a folder that has it holds the whole day. */
const MARKER = 'demo.json';

/** Simulates the day unless the folder holds it, and serves it until Ctrl-C. */
export async function demo({ data, port, mqttPort, ...day }: DemoFlags): Promise<void> {
  if (!holdsDay(data, day)) await simulateDemo(data, day);
  await runUntilSignal({ data, port, mqttPort, rules: RULES, grid: GRID });
}

/** @throws UsageError when the folder holds something else */
function holdsDay(data: string, wanted: DemoDay): boolean {
  const other = 'choose another folder with --data, or remove this one';
  if (!existsSync(logFile(data))) {
    if (!existsSync(data) || readdirSync(data).length === 0) return false;
    throw new UsageError(`${data} holds files but no event log; ${other}.`);
  }
  const marker = path.join(data, MARKER);
  if (!existsSync(marker)) {
    throw new UsageError(
      `${data} holds an event log that no demo made; serve it with "flexledger up --data ${data}", ` +
        'or choose another folder with --data.',
    );
  }
  const { pods, date, seed } = JSON.parse(readFileSync(marker, 'utf8')) as DemoDay;
  if (pods === wanted.pods && date === wanted.date && seed === wanted.seed) return true;
  throw new UsageError(`${data} holds ${date} with ${pods} PoDs and seed ${seed}; ${other}.`);
}

/**
 * Simulates beside the folder and moves the finished day into its place: what a crash or Ctrl-C
 * leaves half-done never looks like a day, and is done anew the next time.
 *
 * @throws ChainInUse while another process simulates there
 */
async function simulateDemo(data: string, day: DemoDay): Promise<void> {
  const unfinished = `${path.resolve(data)}.unfinished`;
  if (existsSync(unfinished)) {
    // Whoever simulates there now has it; what a crash left has nobody.
    takeChain(unfinished)();
    tell(`A demo was cut off; it is simulated anew.`);
    rmSync(unfinished, { recursive: true });
  }
  mkdirSync(path.dirname(unfinished), { recursive: true });
  tell(`Simulating ${day.date} with ${day.pods} PoDs, once; the day is kept in ${data}.`);
  const simulated = await simulateInto({
    ...day,
    data: unfinished,
    grid: GRID,
    rules: RULES,
    json: false,
  });
  writeFileSync(path.join(unfinished, MARKER), `${JSON.stringify(day)}\n`);
  renameSync(unfinished, path.resolve(data));
  print(dayTable(simulated));
}
