import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { ReplayFlags } from './replay';

/** `flexledger replay`: a past session under another rule pack, and the difference in money. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('clear and settle a past session under another rule pack; the log stays as it is')
    .requiredOption('--session <id>', 'market session, like dayAhead-2026-03-16T23:00Z')
    .requiredOption('--rules <pack>', 'rule pack, by name or file')
    .option('--data <dir>', 'folder of the log', 'data')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger replay --session dayAhead-2026-03-16T23:00Z --rules graded-penalty'),
    )
    .action(async (flags: ReplayFlags) => (await import('./replay')).replay(flags));
}
