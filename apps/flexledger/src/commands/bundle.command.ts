import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { BundleFlags } from './bundle';

/** `flexledger bundle`: what is needed to check one session or measurement without the data folder. */
export function bundleCommand(): Command {
  return new Command('bundle')
    .description('write what proves one session or measurement to who does not have the log')
    .argument('<what>', 'market session, POD/SEQUENCE of a measurement, or its position')
    .option('--data <dir>', 'folder of the log', 'data')
    .requiredOption('-o, --out <file>', 'file to write')
    .option('--json', 'print one JSON object of what was written', false)
    .addHelpText(
      'after',
      examples(
        'flexledger bundle dayAhead-2026-03-16T23:00Z --data data/day -o session.json',
        'flexledger bundle IT002E60000001/40 --data data/day -o packet.json',
        'flexledger audit --bundle session.json --trust trust.json',
      ),
    )
    .action(async (what: string, flags: BundleFlags) => {
      await (await import('./bundle')).bundle(what, flags);
    });
}
