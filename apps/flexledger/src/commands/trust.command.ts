import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { TrustExportFlags } from './trust';

/** `flexledger trust export`: what auditors are to hold of a log outside the operator's reach. */
export function trustCommand(): Command {
  const trust = new Command('trust')
    .description('what auditors hold of a log')
    .addHelpText('after', examples('flexledger trust export --data data/day --out trust.json'));
  trust
    .command('export')
    .description(
      'name, key, chain and contracts of a log, to be handed to auditors and kept by them',
    )
    .option('--data <dir>', 'folder of the log', 'data')
    .option('--rpc <url>', 'chain that holds the anchors; by default the one in the folder')
    .option('--out <file>', 'file to write; by default the standard output')
    .option(
      '--json',
      'with --out, print one JSON object of what was written; the trust file is JSON anyway',
      false,
    )
    .addHelpText(
      'after',
      examples(
        'flexledger trust export --data data --out trust.json',
        'flexledger audit --all --data data --trust trust.json',
      ),
    )
    .action(async (flags: TrustExportFlags) => {
      await (await import('./trust')).exportTrustFile(flags);
    });
  return trust;
}
