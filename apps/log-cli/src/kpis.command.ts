import { Command } from 'commander';
import type { KpisFlags } from './kpis';
import { UsageError, examples, isoDate } from '@flexledger/command-line';

/** `flexledger kpis`: the indicators of the demonstration, beside a running platform or without one. */
export function kpisCommand(): Command {
  return new Command('kpis')
    .description('the seven indicators of D3.3, by session and delivery day and in total')
    .option('--data <dir>', 'folder of the log', 'data')
    .option('--day <date>', 'one delivery day; all without it', isoDate('day'))
    .option('--year <year>', 'the delivery days of one year; with --report', yearOf)
    .option('--report <file>', 'write the report of --year as HTML, which any browser prints')
    .option('--pods', 'show each PoD too', false)
    .option('--json', 'print one JSON object, PoDs included', false)
    .addHelpText(
      'after',
      examples(
        'flexledger kpis --day 2026-03-17 --data data/day',
        'flexledger kpis --year 2026 --report kpis-2026.html',
      ),
    )
    .action(async (flags: KpisFlags) => (await import('./kpis')).kpis(flags));
}

function yearOf(text: string): number {
  if (/^2\d{3}$/.test(text)) return Number(text);
  throw new UsageError(`--year must be a year like 2026, not "${text}".`);
}
