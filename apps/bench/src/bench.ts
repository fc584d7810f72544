import { print, printJson, tell } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';
import { benchAll } from './bench-all';
import { ALL_BENCHES, BENCHES, type BenchName } from './bench-names';
import { runToEnd } from './run-apart';

/**
 * A bench: tells each result as it comes, and answers with all of them, by what they are of.
 *
 * @param wish of a bench that is asked for that; its own measures when absent
 */
export type Bench = (
  onResult: (result: object) => void,
  wish: BenchWish,
) => Promise<{ readonly results: readonly object[]; readonly [part: string]: unknown }>;

/** How much is measured. */
export interface BenchWish {
  /** How long each load lasts. */
  readonly seconds?: number;
  /** Of a session. */
  readonly pods?: number;
}

const load: Readonly<Record<BenchName, () => Promise<Bench>>> = {
  clearing: async () => (await import('./clearing/bench-clearing')).benchClearing,
  live: async () => (await import('./live/bench-live')).benchLive,
  pareto: async () => (await import('./pareto/bench-pareto')).benchPareto,
  powerflow: async () => (await import('./powerflow/bench-powerflow')).benchPowerflow,
  settlement: async () => (await import('./settlement/bench-settlement')).benchSettlement,
  ingest: async () => (await import('./ingest/bench-ingest')).benchIngest,
  periods: async () => (await import('./periods/bench-periods')).benchPeriods,
  projections: async () => (await import('./projections/bench-projections')).benchProjections,
  certify: async () => (await import('./certify/bench-certify')).benchCertify,
  store: async () => (await import('./store/bench-store')).benchStore,
  views: async () => (await import('./views/bench-views')).benchViews,
  streams: async () => (await import('./streams/bench-streams')).benchStreams,
  dashboard: async () => (await import('./dashboard/bench-dashboard')).benchDashboard,
};

/** Runs a bench and prints its results; without a name, what there is. */
export async function bench(
  name: string | undefined,
  { json, ...wish }: { readonly json: boolean } & BenchWish,
): Promise<void> {
  if (name === ALL_BENCHES) return everyBench(json, wish);
  const named = BENCHES.find((other) => other.name === name);
  if (!named) return printBenches(json);
  const run = await load[named.name]();
  const answer = await run((result) => tell(JSON.stringify(result)), wish);
  if (json) return printJson(answer);
  printAnswer(answer);
}

/** The longest, of the ten million leaves and of the register of Rome, take a third of it on two cores. */
const BENCH_TIMEOUT_MS = 1_800_000;

/** Each as a command of its own. Ends with 1 where one of them gave no figures. */
async function everyBench(json: boolean, { seconds, pods }: BenchWish): Promise<void> {
  const wishes = [
    ...(seconds === undefined ? [] : ['--seconds', String(seconds)]),
    ...(pods === undefined ? [] : ['--pods', String(pods)]),
  ];
  const command = (name: BenchName) => [process.argv[1]!, 'bench', name, '--json', ...wishes];
  const found = await benchAll(
    (name) => runToEnd(process.execPath, command(name), { timeoutMs: BENCH_TIMEOUT_MS }),
    (result) =>
      tell(`${result.name}: ${'problem' in result ? result.problem : `${result.seconds} s`}`),
  );
  if (found.benches.some((one) => 'problem' in one)) process.exitCode = 1;
  if (json) return printJson(found);
  for (const one of found.benches) {
    print(`\n${one.name}`);
    if ('answer' in one) printAnswer(one.answer);
    else print(one.problem);
  }
}

function printAnswer(answer: Readonly<Record<string, unknown>>): void {
  for (const [part, found] of Object.entries(answer)) {
    if (Array.isArray(found)) print(resultTable(found as readonly object[]));
    else if (typeof found !== 'object') print(`${part}: ${String(found)}`);
    else for (const [key, value] of Object.entries(found!)) print(`${part} ${key}: ${value}`);
  }
}

function printBenches(json: boolean): void {
  if (json) return printJson({ benches: BENCHES });
  print(table(BENCHES.map(({ name, description }) => [`flexledger bench ${name}`, description])));
}

function resultTable(results: readonly object[]): string {
  const head = Object.keys(results[0] ?? {});
  const text = (value: unknown): string =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value ?? '-');
  return table(
    results.map((result) => head.map((name) => text((result as Record<string, unknown>)[name]))),
    head,
  );
}
