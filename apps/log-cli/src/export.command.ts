import { Command } from 'commander';
import { DATASET_NAMES, FORMATS } from './dataset-names';
import type { ExportFlags } from './export';
import { examples, isoDate, UsageError } from '@flexledger/command-line';

/** `flexledger export`: datasets as files, beside a running platform or without one. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a dataset as CSV, JSON or Parquet')
    .argument('<dataset>', DATASET_NAMES.join(', '))
    .option('--format <format>', FORMATS.join(', '), formatOf, 'csv')
    .option('--data <dir>', 'data folder', 'data')
    .option('--session <id>', 'rows of one session only')
    .option('--day <date>', 'rows of one delivery day only', isoDate('day'))
    .option('--week <week>', 'rows of the delivery days of one week only, as 2026-W12', weekOf)
    .option('--month <month>', 'rows of the delivery days of one month only, as 2026-03', monthOf)
    .option('--json', 'the same as --format json', false)
    .option('--out <file>', 'file to write; the standard output without it')
    .addHelpText(
      'after',
      examples(
        'flexledger export settlements --data data/day',
        'flexledger export settlements --month 2026-03',
        'flexledger export measurements --format parquet --out measurements.parquet',
      ),
    )
    .action(async (name: string, flags: ExportFlags & { readonly json: boolean }) =>
      (await import('./export')).exportTo(name, flags.json ? { ...flags, format: 'json' } : flags),
    );
}

function formatOf(text: string): ExportFlags['format'] {
  const format = FORMATS.find((known) => known === text);
  if (format) return format;
  throw new UsageError(`--format must be one of ${FORMATS.join(', ')}, not "${text}".`);
}

function weekOf(text: string): string {
  if (/^\d{4}-W\d{2}$/.test(text)) return text;
  throw new UsageError(`--week must be a week like 2026-W12, not "${text}".`);
}

function monthOf(text: string): string {
  if (/^\d{4}-\d{2}$/.test(text)) return text;
  throw new UsageError(`--month must be a month like 2026-03, not "${text}".`);
}
