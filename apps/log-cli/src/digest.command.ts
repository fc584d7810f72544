import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { DigestFlags } from './digest';

/** `flexledger digest`: one hash by which two logs of the same day are compared. */
export function digestCommand(): Command {
  return new Command('digest')
    .description('one hash over a log: of every event, or of what was decided and measured')
    .option('--data <dir>', 'folder of the log', 'data')
    .option(
      '--log <url>',
      'address of a KurrentDB or PostgreSQL that keeps the log, in the place of the folder',
    )
    .option(
      '--business',
      'without ids, positions, clock times, transactions, connections, anomalies, certification',
      false,
    )
    .option('--streams', 'with --business: the digest of each stream too', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', examples('flexledger digest --business --data data/day'))
    .action(async (flags: DigestFlags) => (await import('./digest')).digest(flags));
}
