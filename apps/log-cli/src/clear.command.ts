import { Command } from 'commander';
import type { ClearFlags } from './clear';
import { examples, wholeNumber } from '@flexledger/command-line';

/** `flexledger clear FILE`: clears one problem in the form of a clearing instance. */
export function clearCommand(): Command {
  return new Command('clear')
    .description('clear one market instance from a JSON file')
    .argument('<file>', 'requests, offers and PoD limits')
    .option('--pareto', 'trade cost, reliability and number of PoDs off against each other', false)
    .option('--seed <n>', 'seed of the search for --pareto', wholeNumber('seed', 0, 2 ** 31), 1)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger clear problem.json', 'flexledger clear problem.json --pareto --seed 7'),
    )
    .action(async (file: string, flags: ClearFlags) =>
      (await import('./clear')).clear(file, flags),
    );
}
