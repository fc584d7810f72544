import { Command } from 'commander';
import { UsageError, examples } from '@flexledger/command-line';
import type { BundleFlags } from './bundle';

/** `flexledger bundle`: what is needed to check one session or measurement without the data folder. */
export function bundleCommand(): Command {
  return new Command('bundle')
    .description('write what proves a session, a measurement, all of a party, or one event offline')
    .argument(
      '<what>',
      'market session; POD/SEQUENCE of a measurement, or its position; or a party: aggregator, PoD, DSO, TSO',
    )
    .option('--receipt <bidder>', 'what an aggregator, DSO or TSO had bid when the gate closed')
    .option(
      '--rows <party>',
      'rows of an aggregator, PoD, DSO or TSO in the settlement of a session',
    )
    .option('--event', 'a .tlog-proof of one event, by its position or its id', false)
    .option('--data <dir>', 'folder of the log', 'data')
    .requiredOption('-o, --out <file>', 'file to write')
    .option('--json', 'print one JSON object of what was written', false)
    .addHelpText(
      'after',
      examples(
        'flexledger bundle dayAhead-2026-03-16T23:00Z --data data/day -o session.json',
        'flexledger bundle IT002E60000001/40 --data data/day -o packet.json',
        'flexledger bundle AGG1 --data data/day -o agg1.json',
        'flexledger bundle realTime-2026-03-17T15:00Z --receipt AGG1 --data data/day -o receipt.json',
        'flexledger bundle realTime-2026-03-17T15:00Z --rows AGG1 --data data/day -o rows.json',
        'flexledger bundle 1200 --event --data data/day -o event.tlog-proof',
        'flexledger audit --bundle session.json --trust trust.json',
      ),
    )
    .action(async (what: string, flags: BundleFlags) => {
      if ([flags.event, flags.receipt, flags.rows].filter(Boolean).length > 1) {
        throw new UsageError(
          'A receipt or rows are of a session, a proof of one event; leave all but one out.',
        );
      }
      await (await import('./bundle')).bundle(what, flags);
    });
}
