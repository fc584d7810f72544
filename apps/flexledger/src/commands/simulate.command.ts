import { Command } from 'commander';
import type { SimulateFlags } from './simulate';
import { UsageError, examples, isoDate, wholeNumber } from '@flexledger/command-line';

/** Places in a list of faults; `none` is an empty one. @throws UsageError */
function faultsOf(text: string): number[] {
  const places = text === 'none' ? [] : text.split(',').map(Number);
  if (places.every((place) => Number.isInteger(place) && place >= 0)) return places;
  throw new UsageError(`--only-faults is "${text}"; give places as 0,4, or none.`);
}

/** `flexledger simulate`: one whole market day in virtual time. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('simulate one whole market day, from registration to settlement')
    .option('--pods <n>', 'points of delivery', wholeNumber('pods', 1, 100_000), 100)
    .option('--date <day>', 'civil day of delivery', isoDate('date'), '2026-03-17')
    .option(
      '--seed <n>',
      'everything that is drawn follows from it',
      wholeNumber('seed', 0, 2 ** 31),
      1,
    )
    .option(
      '--grid <name>',
      'ieee33, cigre-mv, cigre-mv-pv-wind, rome-N, or one imported into this folder',
      'ieee33',
    )
    .option(
      '--scenario <name>',
      'rome-N: Rome by measure with its districts, N of 11 to 100,000 customers; instead of --pods and --grid',
    )
    .option('--rules <pack>', 'rule pack, by name or file', 'platone')
    .option(
      '--data <dir>',
      'folder for log, read models and chain, made when the day is whole',
      'data',
    )
    .option('--force', 'replace the log that the folder holds, once the new one is whole', false)
    .option('--weather <file>', 'CSV or JSON of hours; a clear sky when absent')
    .option(
      '--log <url>',
      'address of an empty KurrentDB or PostgreSQL that keeps the log; the folder without it',
    )
    .option('--apart', 'every platform in a process of its own, over HTTP', false)
    .option(
      '--organisations',
      'each organisation with a log of its own, held beside the day in one process',
      false,
    )
    .option(
      '--kills <seed>',
      'with --apart, --organisations: kill each once, at moments that follow from this number',
      wholeNumber('kills', 0, 2 ** 31),
    )
    .option(
      '--cut <seed>',
      'with --organisations: cut one off from the market for a gate, both drawn from this number',
      wholeNumber('cut', 0, 2 ** 31),
    )
    .option(
      '--faults <seed>',
      'in place of all that: a small day in memory with the faults that follow from this number',
      wholeNumber('faults', 0, 2 ** 31),
    )
    .option('--only-faults <list>', 'with --faults: which of them come, as 0,4', faultsOf)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger simulate --pods 20 --date 2026-03-17 --data data/day',
        'flexledger simulate --scenario rome-1500 --data data/rome',
        'flexledger simulate --apart --kills 7 --pods 20 --data data/apart',
        'flexledger simulate --organisations --kills 7 --cut 1 --pods 20 --data data/six',
        'flexledger simulate --faults 17',
      ),
    )
    .action(async (flags: SimulateFlags) => (await import('./simulate')).simulate(flags));
}
