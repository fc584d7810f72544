import { UsageError, examples, wholeNumber } from '@flexledger/command-line';
import { Command } from 'commander';
import { BUG_NAMES, type BugName } from './bug-names';

/** @throws UsageError */
export function bugNamed(name: string): BugName {
  const found = BUG_NAMES.find((one) => one === name);
  if (found) return found;
  throw new UsageError(`There is no bug "${name}" to put in; there are ${BUG_NAMES.join(', ')}.`);
}

/** `flexledger soak`: market days with faults that are drawn, many seeds. */
export function soakCommand(): Command {
  return new Command('soak')
    .description(
      'live through small market days with drawn faults, and check what has to hold of each',
    )
    .option('--seeds <n>', 'how many days', wholeNumber('seeds', 1, 1_000_000), 50)
    .option('--from <seed>', 'the first of them', wholeNumber('from', 0, 2 ** 31), 1)
    .option('--with-bug <name>', `put a bug in, to see it found: ${BUG_NAMES.join(', ')}`, bugNamed)
    .option('--until-failure', 'end at the first seed that fails', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger soak --seeds 50',
        'flexledger soak --seeds 200 --with-bug lost-fsync --until-failure',
        'flexledger simulate --faults 17',
      ),
    )
    .action(async (flags) => (await import('./soak')).soak(flags));
}
