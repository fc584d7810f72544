import { Command, Option } from 'commander';
import { examples } from '@flexledger/command-line';
import type { BackupFlags, RestoreFlags } from './backup';

/** `flexledger backup`: a copy of a data folder that is served. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('copy a data folder, also while it is served, and audit the copy')
    .option('--data <dir>', 'folder of the log', 'data')
    .requiredOption('-o, --out <dir>', 'folder to make; nothing may be in it')
    .option('--json', 'print one JSON object of what was copied', false)
    .addHelpText('after', examples('flexledger backup --data data/demo --out backup/2026-03-17'))
    .action(async (flags: BackupFlags) => {
      await (await import('./backup')).backup(flags);
    });
}

/** `flexledger restore`: a data folder of such a copy. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('make a data folder of a backup, once the backup is found to hold')
    .requiredOption('--from <dir>', 'the backup')
    .option('--data <dir>', 'folder to make; nothing may be in it', 'data')
    .option('--trust <file>', 'trust file: a backup older than it has seen is refused')
    .addOption(
      new Option(
        '--at <instant>',
        'only what was recorded until then, to be read and not to go on from',
      ).conflicts('trust'),
    )
    .option('--json', 'print one JSON object of what was restored', false)
    .addHelpText(
      'after',
      examples(
        'flexledger restore --from backup/2026-03-17 --data data/demo --trust trust.json',
        'flexledger restore --from backup/2026-03-17 --data past --at 2026-03-17T10:00:00Z',
      ),
    )
    .action(async ({ at, ...flags }: RestoreFlags & { readonly at?: string }) => {
      if (at === undefined) await (await import('./backup')).restore(flags);
      else await (await import('./restore-at')).restoreAt({ ...flags, at });
    });
}
