import { Argument, Command } from 'commander';
import { benchClearing } from '../bench/clearing/bench-clearing';
import { benchPowerflow } from '../bench/powerflow/bench-powerflow';
import { benchProjections } from '../bench/projections/bench-projections';
import { benchSettlement } from '../bench/settlement/bench-settlement';
import { print, printJson, table, tell } from './output';

/** A bench: tells each result as it comes, and answers with all of them. */
export type Bench = (
  onResult: (result: object) => void,
) => Promise<{ readonly results: readonly object[]; readonly peer?: object }>;

interface NamedBench {
  readonly name: string;
  readonly description: string;
  readonly run: Bench;
}

const BENCHES: readonly NamedBench[] = [
  {
    name: 'clearing',
    description: 'clear stored day-ahead sessions of 12 to 1,600,000 PoDs',
    run: benchClearing,
  },
  {
    name: 'powerflow',
    description: 'solve single grids, all feeders of Rome, and a session of the DSO',
    run: benchPowerflow,
  },
  {
    name: 'settlement',
    description: 'settle a window of 1,500 and 1,600,000 PoDs',
    run: benchSettlement,
  },
  {
    name: 'projections',
    description: 'rebuild all read models from 300,000 events',
    run: benchProjections,
  },
];

/** `flexledger bench NAME`: measures on this machine, with peers beside where there are any. */
export function benchCommand(): Command {
  const names = BENCHES.map(({ name }) => name);
  return new Command('bench')
    .description('measure on this machine')
    .addArgument(
      new Argument('[name]', 'what to measure; without it, what there is').choices(names),
    )
    .option('--json', 'print one JSON object', false)
    .action(async (name: string | undefined, { json }: { json: boolean }) => {
      const bench = BENCHES.find((other) => other.name === name);
      if (!bench) return printBenches(json);
      const answer = await bench.run((result) => tell(JSON.stringify(result)));
      if (json) return printJson(answer);
      print(resultTable(answer.results));
      for (const [key, value] of Object.entries(answer.peer ?? {})) print(`peer ${key}: ${value}`);
    });
}

function printBenches(json: boolean): void {
  const benches = BENCHES.map(({ name, description }) => ({ name, description }));
  if (json) return printJson({ benches });
  print(table(benches.map(({ name, description }) => [`flexledger bench ${name}`, description])));
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
