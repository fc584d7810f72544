import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import type { Dataset, ExportSource } from '../export/dataset';
import { datasets } from '../export/datasets';
import { exportParquet } from '../export/export-parquet';
import { withExportSource } from '../export/export-source';
import { TEXT_FORMATS, type TextFormat, exportText } from '../export/export-text';
import { table, tell } from './output';
import { UsageError, isoDate } from './usage-error';

const FORMATS = [...TEXT_FORMATS, 'parquet'] as const;

interface ExportFlags {
  readonly format: (typeof FORMATS)[number];
  readonly data: string;
  readonly session?: string;
  readonly day?: string;
  readonly out?: string;
}

/** `flexledger export`: datasets as files, beside a running platform or without one. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a dataset as CSV, JSON or Parquet')
    .argument('<dataset>', datasets.map(({ name }) => name).join(', '))
    .option('--format <format>', FORMATS.join(', '), formatOf, 'csv')
    .option('--data <dir>', 'data folder', 'data')
    .option('--session <id>', 'rows of one session only')
    .option('--day <date>', 'rows of one delivery day only', isoDate('day'))
    .option('--out <file>', 'file to write; the standard output without it')
    .action((name: string, flags: ExportFlags) => exportTo(datasetOf(name), flags));
}

function formatOf(text: string): ExportFlags['format'] {
  const format = FORMATS.find((known) => known === text);
  if (format) return format;
  throw new UsageError(`--format must be one of ${FORMATS.join(', ')}, not "${text}".`);
}

function datasetOf(name: string): Dataset {
  const dataset = datasets.find((known) => known.name === name);
  if (dataset) return dataset;
  const known = table(datasets.map((known) => [known.name, known.about]));
  throw new UsageError(`There is no dataset "${name}". There are:\n${known}`);
}

async function exportTo(dataset: Dataset, { format, data, session, day, out }: ExportFlags) {
  if (format === 'parquet' && out === undefined) {
    throw new UsageError('Parquet is no text: name a file with --out.');
  }
  const selection = {
    ...(session === undefined ? {} : { session }),
    ...(day === undefined ? {} : { day }),
  };
  const rows = await withExportSource(dataset, data, selection, (source) => {
    if (format !== 'parquet') return writeText(dataset, source, format, out);
    return whole(out!, (file) => exportParquet(dataset, dataset.rows(source), file));
  });
  const count = `${rows} ${rows === 1 ? 'row' : 'rows'} of ${dataset.name}`;
  if (rows !== undefined) tell(out === undefined ? count : `${count} in ${out}`);
}

/** @returns how many rows; undefined when the reader had enough before the last one (`| head`) */
async function writeText(
  dataset: Dataset,
  source: ExportSource,
  format: TextFormat,
  out: string | undefined,
): Promise<number | undefined> {
  let count = 0;
  const text = exportText(dataset, dataset.rows(source), format, (more) => (count += more));
  if (out !== undefined) {
    await whole(out, (file) => pipeline(Readable.from(text), createWriteStream(file)));
    return count;
  }
  try {
    await pipeline(Readable.from(text), process.stdout, { end: false });
    return count;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return undefined;
    throw error;
  }
}

/** Renamed when it is whole: a file that is cut off never has the name that was asked for. */
async function whole<Result>(
  out: string,
  write: (file: string) => Promise<Result>,
): Promise<Result> {
  const unfinished = `${out}.unfinished`;
  try {
    const result = await write(unfinished);
    renameSync(unfinished, out);
    return result;
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { syscall, message } = error as NodeJS.ErrnoException;
    throw syscall === undefined ? error : new UsageError(`${out} cannot be written: ${message}.`);
  }
}
