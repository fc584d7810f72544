import { UsageError, examples, isoDate, wholeNumber } from '@flexledger/command-line';
import { Command } from 'commander';
import type { AssessFlags } from './assess';

const PODS_MOST = 2_000_000;

/** A stage of the assessment's list. @throws UsageError */
function stagesOf(text: string): number[] {
  const stages = text.split(',').map((part) => Number(part.trim()));
  const isFit = stages.every((pods) => Number.isInteger(pods) && pods > 0 && pods <= PODS_MOST);
  if (!isFit || new Set(stages).size < stages.length) {
    throw new UsageError(
      `--stages is "${text}"; give different numbers of PoDs from 1 to ${PODS_MOST}, as 12,100,1500.`,
    );
  }
  return stages.sort((one, other) => one - other);
}

/** `flexledger assess`: the scalability assessment of D2.16, chapter 4, on this machine. */
export function assessCommand(): Command {
  return new Command('assess')
    .description('how times, CPU and memory grow with the number of PoDs, as D2.16 assessed it')
    .option('--stages <list>', 'numbers of PoDs', stagesOf, [12, 100])
    .option('--days <n>', 'simulated days a stage', wholeNumber('days', 1, 7), 1)
    .option('--date <day>', 'the first of them', isoDate('date'), '2026-03-17')
    .option(
      '--seed <n>',
      'everything that is drawn follows from it',
      wholeNumber('seed', 0, 2 ** 31),
      1,
    )
    .option('--rules <pack>', 'rule pack, by name or file', 'platone')
    .option('--out <dir>', 'folder for assessment.html and assessment.csv; not written without it')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger assess',
        'flexledger assess --stages 12,100,1500 --days 2 --out assessment',
      ),
    )
    .action(async (flags: AssessFlags) => (await import('./assess')).assess(flags));
}
