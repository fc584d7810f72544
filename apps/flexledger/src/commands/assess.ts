/** The scalability assessment: stages lived through, every platform in a process of its own; of more PoDs, a session of the market alone. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MeasuredDay,
  type MeasuredStage,
  assessmentCsv,
  assessmentHtml,
  assessmentReport,
  assessmentText,
  flowTimes,
} from '@flexledger/assess';
import { livedSession } from '@flexledger/bench';
import { print, printJson, tell } from '@flexledger/command-line';
import { addDays } from '@flexledger/domain';
import { stopwatch } from '@flexledger/runtime';
import { type FlowLogLine, loadRulePack } from '@flexledger/service-kit';
import type { PlatformName } from '../config/config';
import { simulateDayApart } from '../drive/simulate-apart';

/** Flags of `flexledger assess`. */
export interface AssessFlags {
  /** Numbers of PoDs, rising. */
  readonly stages: readonly number[];
  readonly days: number;
  readonly date: string;
  readonly seed: number;
  readonly rules: string;
  readonly out?: string;
  readonly json: boolean;
}

/** Most PoDs with which a day is lived through: each has an MQTT client, and signs each quarter-hour. */
const LIVED_PODS_MOST = 1_500;

/** How D2.16 names the platforms; the others are not in its tables. */
const NAMES: Partial<Record<PlatformName, string>> = {
  'market-platform': 'MP',
  'blockchain-access-layer': 'BAL',
  'dso-technical-platform': 'DSOTP',
  'shared-customer-database': 'SCD',
  'aggregator-platform': 'AP',
  'tso-simulator': 'TSO',
};

/** Measures the stages one after another and prints the report. */
export async function assess(flags: AssessFlags): Promise<void> {
  const stages: MeasuredStage[] = [];
  for (const pods of flags.stages) {
    const stage = await (pods <= LIVED_PODS_MOST ? livedStage : generatedStage)(pods, flags);
    stages.push(stage);
    const seconds = stage.days.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0);
    tell(`${pods} PoDs: ${seconds.toFixed(0)} s`);
  }
  const report = assessmentReport(stages);
  const { out } = flags;
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(path.join(out, 'assessment.html'), assessmentHtml(report));
    writeFileSync(path.join(out, 'assessment.csv'), assessmentCsv(report));
  }
  if (flags.json) return printJson(report);
  print(assessmentText(report));
}

async function livedStage(pods: number, flags: AssessFlags): Promise<MeasuredStage> {
  const days: MeasuredDay[] = [];
  for (let index = 0; index < flags.days; index += 1) {
    days.push(await livedDay(pods, addDays(flags.date, index), flags));
  }
  return { pods, form: 'lived', days };
}

async function livedDay(
  pods: number,
  date: string,
  { seed, rules }: AssessFlags,
): Promise<MeasuredDay> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-assess-'));
  const flowLogDir = path.join(folder, 'flows');
  const startMs = stopwatch.nowMs();
  try {
    const { uses } = await simulateDayApart({
      pods,
      date,
      seed,
      grid: 'ieee33',
      dataDir: path.join(folder, 'data'),
      rules: loadRulePack(rules),
      rulesName: rules,
      flowLogDir,
      progress: { update: () => {}, end: () => {} },
      onProblem: (problem) => tell(`! ${problem}`),
    });
    const named = Object.entries(uses).flatMap(([platform, use]) => {
      const name = NAMES[platform as PlatformName];
      return name ? [[name, use] as const] : [];
    });
    return {
      date,
      ...flowTimes(linesIn(flowLogDir)),
      uses: Object.fromEntries(named),
      wallSeconds: (stopwatch.nowMs() - startMs) / 1e3,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function linesIn(folder: string): FlowLogLine[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(path.join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FlowLogLine),
  );
}

/** A day-ahead session of so many PoDs, from first bid to the rows that each aggregator reads. */
async function generatedStage(pods: number, { date }: AssessFlags): Promise<MeasuredStage> {
  const startMs = stopwatch.nowMs();
  const { answer, peakMb } = await livedSession(pods);
  const lines = answer.moments.map(({ step: type, ...moment }) => ({ ...moment, type }));
  const wallSeconds = (stopwatch.nowMs() - startMs) / 1e3;
  const cpuSeconds = answer.stages.reduce((sum, stage) => sum + stage.cpuSeconds, 0);
  const day = { date, ...flowTimes(lines), uses: {}, wallSeconds };
  return { pods, form: 'generated', days: [day], process: { cpuSeconds, peakMb } };
}
