import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { MigrateFlags } from './migrate';

/** `flexledger migrate`: a log goes into another engine. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('copy a log into another engine, with every id, hash and time as it is')
    .requiredOption('--from <place>', 'data folder, or address of a log: kurrentdb://, postgres://')
    .requiredOption('--to <place>', 'the same; what is there already has to be the log’s beginning')
    .option('--from-namespace <name>', 'where the source’s server keeps other things too')
    .option('--to-namespace <name>', 'what streams begin with, or the schema, at the destination')
    .option('--json', 'print one JSON object of what was copied', false)
    .addHelpText(
      'after',
      examples(
        'flexledger migrate --from data --to kurrentdb://platform:PASSWORD@log.example:2113?tls=true',
        'flexledger migrate --from data --to postgres://flexledger@db.example/flexledger --to-namespace rome',
      ),
    )
    .action(async (flags: MigrateFlags) => {
      await (await import('./migrate')).migrate(flags);
    });
}
