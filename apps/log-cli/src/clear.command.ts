import { Command } from 'commander';
import type { ClearFlags } from './clear';
import type { ObjectiveFunction } from '@flexledger/domain';
import { UsageError, examples, wholeNumber } from '@flexledger/command-line';

/** Those of the domain, which is not loaded for a page of help; `clear.spec.ts` holds them to it. */
export const OBJECTIVE_NAMES = [
  'cost',
  'unreliability',
  'podsActivated',
  'dearestPrice',
] as const satisfies readonly ObjectiveFunction[];

/** `flexledger clear FILE`: clears one problem in the form of a clearing instance, or a session's order book. */
export function clearCommand(): Command {
  return new Command('clear')
    .description(
      'clear one market instance from a JSON file, or the order book of a recorded session',
    )
    .argument('[file]', 'requests, offers and PoD limits')
    .option('--session <id>', 'instead of a file: market session, like dayAhead-2026-03-16T23:00Z')
    .option('--data <dir>', 'folder of the log, for --session', 'data')
    .option('--pareto', 'trade the objectives off against each other', false)
    .option(
      '--objectives <list>',
      `for --pareto: some of ${OBJECTIVE_NAMES.join(', ')}`,
      objectives,
      OBJECTIVE_NAMES.slice(0, 3),
    )
    .option('--seed <n>', 'seed of the search for --pareto', wholeNumber('seed', 0, 2 ** 31), 1)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger clear problem.json',
        'flexledger clear problem.json --pareto --seed 7',
        'flexledger clear --session dayAhead-2026-03-16T23:00Z --pareto --objectives cost,podsActivated',
      ),
    )
    .action(async (file: string | undefined, flags: ClearFlags) =>
      (await import('./clear')).clear(file, flags),
    );
}

function objectives(text: string): readonly ObjectiveFunction[] {
  const known: readonly string[] = OBJECTIVE_NAMES;
  const named = [...new Set(text.split(',').map((one) => one.trim()))];
  const unknown = named.find((one) => !known.includes(one));
  if (unknown === undefined) return named as ObjectiveFunction[];
  throw new UsageError(
    `--objectives names "${unknown}"; it takes some of ${OBJECTIVE_NAMES.join(', ')}.`,
  );
}
