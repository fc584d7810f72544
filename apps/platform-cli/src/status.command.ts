import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { StatusFlags } from './status';

/** `flexledger status`: how a running instance is. */
export function statusCommand(): Command {
  return new Command('status')
    .description('how the running instances of a data folder are, or the one at an address')
    .option('--data <dir>', 'data folder', 'data')
    .option('--url <address>', 'of the instance, like http://127.0.0.1:8080; else by the folder')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger status --data data/day',
        'flexledger status --url http://127.0.0.1:8080',
      ),
    )
    .action(async (flags: StatusFlags) => (await import('./status')).status(flags));
}
