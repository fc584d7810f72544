import { Command } from 'commander';
import type { PriceCurveFlags } from './price-curve';
import { examples, isoDate } from '@flexledger/command-line';

/** `flexledger price-curve`: what an aggregator's flexibility costs, MTU by MTU. */
export function priceCurveCommand(): Command {
  return new Command('price-curve')
    .description('aggregated price curve of an aggregator’s customers, by MTU of a delivery day')
    .requiredOption('--aggregator <id>', 'aggregator, like AGG1')
    .requiredOption('--day <date>', 'delivery day', isoDate('day'))
    .option('--data <dir>', 'data folder', 'data')
    .option('--json', 'print one JSON object with every step', false)
    .addHelpText(
      'after',
      examples('flexledger price-curve --aggregator AGG1 --day 2026-03-17 --data data/day'),
    )
    .action(async (flags: PriceCurveFlags) => (await import('./price-curve')).priceCurve(flags));
}
