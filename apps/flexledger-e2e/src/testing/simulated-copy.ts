import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SimulatedDay, simulateDay } from '@flexledger/composer';
import { sha256Hex } from '@flexledger/identity';
import { type LoadedRulePack, loadRulePack } from '@flexledger/service-kit';
import { madeOnce } from './made-once';

/** The day that end-to-end tests simulate. */
export const DATE = '2026-03-17';

export interface DayWanted {
  readonly pods: number;
  /** Whether PoDs with an inverter sell reactive power. */
  readonly holdsVoltage?: boolean;
  /** The market's pack; `platone` where none is given. */
  readonly rules?: LoadedRulePack;
}

/**
 * The day of 2026-03-17 on the grid `ieee33` with seed 1 in a folder that is not there yet. It is simulated once in a
 * test run; each who asks for the same has a copy.
 */
export async function simulatedCopy(wanted: DayWanted, dataDir: string): Promise<SimulatedDay> {
  const { pods, holdsVoltage = false, rules = loadRulePack('platone') } = wanted;
  const key = sha256Hex(JSON.stringify([pods, holdsVoltage, rules.rulePack]));
  const folder = await madeOnce(`day-${key.slice(0, 16)}`, async (made) => {
    const day = await simulateDay({
      pods,
      holdsVoltage,
      date: DATE,
      seed: 1,
      grid: 'ieee33',
      dataDir: path.join(made, 'data'),
      rules,
      onProblem: fail,
      progress: { update: () => {}, end: () => {} },
    });
    writeFileSync(path.join(made, 'day.json'), JSON.stringify(day));
  });
  cpSync(path.join(folder, 'data'), dataDir, { recursive: true, preserveTimestamps: true });
  return JSON.parse(readFileSync(path.join(folder, 'day.json'), 'utf8')) as SimulatedDay;
}

function fail(problem: string): void {
  throw new Error(problem);
}
