/** `flexledger demo`: a market day that is simulated once, and lives on from then. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError, print, takeOverSignals, tell } from '@flexledger/command-line';
import { messageOf, wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { progressBar } from '@flexledger/terminal';
import type { Config } from '../config/config';
import {
  DEMO_GRID,
  DEMO_RULES,
  type DemoDay,
  readDemoDay,
  writeDemoDay,
} from '@flexledger/demo-field';
import { logFile } from '../platform/data-folder';
import { type ServedProgress, serveProgress } from '../serve/serve-progress';
import { lastWholeDay } from '../simulate/run-day';
import { type SimulatedDay, progressSteps } from '../simulate/simulate-day';
import { type ChildOptions, simulateInChild } from '../simulate/simulate-in-child';
import { buildBeside } from './build-beside';
import { dayTable } from './simulate';
import { configOf, isUnusable, runUntilSignal } from './up';

/** Flags of `flexledger demo`. */
export interface DemoFlags extends Omit<DemoDay, 'date'> {
  /** The last day that is over when absent, or whatever the folder holds. */
  readonly date?: string;
  readonly data: string;
  readonly port: number;
  readonly mqttPort: number;
  /** Simulates again, also where the folder holds a demo already. */
  readonly fresh: boolean;
  /** Where it answers as one JSON object. */
  readonly json: boolean;
}

/** Simulates the day unless the folder holds it, with its progress as a page, and serves it until Ctrl-C. */
export async function demo(flags: DemoFlags): Promise<void> {
  const { data, port, mqttPort, json } = flags;
  const up = { data, port, mqttPort, rules: DEMO_RULES, grid: DEMO_GRID, json };
  if (holdsDay(flags)) return runUntilSignal(up);
  const taken = await simulateServed(flags, configOf(up).http);
  if (taken !== undefined) await runUntilSignal({ ...up, port: taken });
}

/** @throws UsageError when the folder holds something else */
function holdsDay({ data, fresh, ...wanted }: DemoFlags): boolean {
  if (!existsSync(logFile(data))) return false;
  const found = readDemoDay(data);
  if (!found) {
    throw new UsageError(
      `${data} holds an event log that no demo made; serve it with "flexledger up --data ${data}", ` +
        'or choose another folder with --data.',
    );
  }
  if (fresh) return false;
  const { pods, date, seed } = found;
  const isWanted = pods === wanted.pods && date === (wanted.date ?? date) && seed === wanted.seed;
  if (isWanted) return true;
  throw new UsageError(
    `${data} holds ${date} with ${pods} PoDs and seed ${seed}; choose another folder with --data, ` +
      'or replace it by --fresh.',
  );
}

/** @throws UsageError for a day that is not over: what lives on could not go on from it */
function dayToSimulate({ pods, date, seed }: DemoFlags): DemoDay {
  const last = lastWholeDay(wallClock.nowMs(), loadRulePack(DEMO_RULES).rulePack);
  if (date === undefined || date <= last) return { pods, date: date ?? last, seed };
  throw new UsageError(
    `--date ${date} is not over yet, and the demo lives on from its end; the last day that is, is ${last}.`,
  );
}

/**
 * Simulates while a page tells how far it is.
 *
 * @returns the port where that page was; undefined when it was told to end
 */
async function simulateServed(flags: DemoFlags, http: Config['http']): Promise<number | undefined> {
  const { data, json } = flags;
  const day = dayToSimulate(flags);
  const total = progressSteps(day.date, loadRulePack(DEMO_RULES));
  const stop = new AbortController();
  const releaseSignals = takeOverSignals(() => stop.abort());
  const bar = progressBar(total, json);
  let progress = { ...day, total, done: 0, what: 'the platforms start' };
  let page: ServedProgress | undefined;
  try {
    page = await serveProgress(http, () => progress, onProblem);
    tell(`Simulating ${day.date} with ${day.pods} PoDs, once; the day is kept in ${data}.`);
    tell(`How far it is: ${page.url}/`);
    const onProgress = (done: number, what: string): void => {
      progress = { ...progress, done, what };
      bar.update(done, what);
    };
    const simulated = await simulateBeside(flags, day, {
      onProgress,
      onProblem,
      stop: stop.signal,
    });
    bar.end();
    (json ? tell : print)(dayTable(simulated));
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) {
      throw isUnusable(error) ? new UsageError(messageOf(error)) : error;
    }
    tell('Stopped before the day was whole; the next demo begins it anew.');
  } finally {
    bar.end();
    await page?.close();
    releaseSignals();
  }
  return stop.signal.aborted ? undefined : page?.port;
}

/** The day in its folder, whole or not at all. */
async function simulateBeside(
  { data, fresh }: DemoFlags,
  day: DemoDay,
  options: ChildOptions,
): Promise<SimulatedDay & { readonly wallSeconds: number }> {
  const startedMs = performance.now();
  const simulated = await buildBeside(data, fresh, async (unfinished) => {
    const dataDir = path.resolve(unfinished);
    const request = { ...day, grid: DEMO_GRID, rules: DEMO_RULES, dataDir };
    const done = await simulateInChild(request, options);
    writeDemoDay(unfinished, day);
    return done;
  });
  return { ...simulated, wallSeconds: Math.round(performance.now() - startedMs) / 1_000 };
}

function onProblem(problem: string): void {
  tell(`! ${problem}`);
}
