import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type Dataset,
  type ExportSource,
  datasets,
  exportParquet,
  withExportSource,
  exportText,
  type TextFormat,
} from '@flexledger/exports';
import type { Format } from './dataset-names';
import { tell, UsageError } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Flags of `flexledger export`. */
export interface ExportFlags {
  readonly format: Format;
  readonly data: string;
  readonly session?: string;
  readonly day?: string;
  readonly week?: string;
  readonly month?: string;
  readonly out?: string;
}

function datasetOf(name: string): Dataset {
  const dataset = datasets.find((known) => known.name === name);
  if (dataset) return dataset;
  const known = table(datasets.map((known) => [known.name, known.about]));
  throw new UsageError(`There is no dataset "${name}". There are:\n${known}`);
}

/** Writes a dataset to a file or the standard output. @throws UsageError where there is none of that name */
export async function exportTo(name: string, flags: ExportFlags): Promise<void> {
  const dataset = datasetOf(name);
  const { format, data, session, out } = flags;
  const periods = [flags.day, flags.week, flags.month].filter((each) => each !== undefined);
  if (periods.length > 1) throw new UsageError('Name one of --day, --week and --month.');
  const [period] = periods;
  if (format === 'parquet' && out === undefined) {
    throw new UsageError('Parquet is no text: name a file with --out.');
  }
  const selection = {
    ...(session === undefined ? {} : { session }),
    ...(period === undefined ? {} : { period }),
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
