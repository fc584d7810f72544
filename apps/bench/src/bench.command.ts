import { Argument, Command } from 'commander';
import { examples, wholeNumber } from '@flexledger/command-line';
import type { BenchWish } from './bench';
import { ALL_BENCHES, BENCHES } from './bench-names';

/** `flexledger bench NAME`: measures on this machine, with peers beside where there are any. */
export function benchCommand(): Command {
  const names = BENCHES.map(({ name }) => name);
  return new Command('bench')
    .description('measure on this machine')
    .addArgument(
      new Argument('[name]', 'what to measure; without it, what there is').choices([
        ...names,
        ALL_BENCHES,
      ]),
    )
    .option('--json', 'print one JSON object', false)
    .option(
      '--seconds <n>',
      'how long each load of ingest, store, views or streams lasts',
      wholeNumber('seconds', 1, 300),
    )
    .option('--pods <n>', 'of the session of live', wholeNumber('pods', 12, 1_600_000))
    .addHelpText('after', examples('flexledger bench clearing', 'flexledger bench all --json'))
    .action(async (name: string | undefined, options: { json: boolean } & BenchWish) =>
      (await import('./bench')).bench(name, options),
    );
}
