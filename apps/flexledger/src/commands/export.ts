import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import type { Dataset } from '../export/dataset';
import { FORMATS, type Format, datasets } from '../export/export-dataset';
import { NoSuchSession, runExport } from '../export/run-export';
import { logFile } from '../platform/open-platform';
import { table, tell } from './output';
import { UsageError } from './usage-error';

interface ExportFlags {
  readonly format: Format;
  readonly data: string;
  readonly session?: string;
  readonly out?: string;
}

/** `flexledger export`: datasets as CSV or JSON, beside a running platform or without one. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a dataset as CSV or JSON')
    .argument('<dataset>', datasets.map(({ name }) => name).join(', '))
    .option('--format <format>', FORMATS.join(' or '), formatOf, 'csv')
    .option('--data <dir>', 'data folder', 'data')
    .option('--session <id>', 'rows of one session only')
    .option('--out <file>', 'file to write; the standard output without it')
    .action((name: string, flags: ExportFlags) => exportTo(datasetOf(name), flags));
}

function formatOf(text: string): Format {
  const format = FORMATS.find((known) => known === text);
  if (format) return format;
  throw new UsageError(`--format must be ${FORMATS.join(' or ')}, not "${text}".`);
}

function datasetOf(name: string): Dataset {
  const dataset = datasets.find((known) => known.name === name);
  if (dataset) return dataset;
  const known = table(datasets.map((known) => [known.name, known.about]));
  throw new UsageError(`There is no dataset "${name}". There are:\n${known}`);
}

async function exportTo(
  dataset: Dataset,
  { format, data, session, out }: ExportFlags,
): Promise<void> {
  if (session !== undefined && !dataset.bySession) {
    throw new UsageError(`--session does not go with ${dataset.name}; leave it out.`);
  }
  if (!existsSync(logFile(data))) {
    throw new UsageError(`${data} holds no event log; name the data folder with --data.`);
  }
  const job = { dataset, format, dataDir: data, sessionId: session };
  let isWhole = true;
  try {
    const rows = await runExport(job, async (text) => {
      if (out === undefined) isWhole = await toStdout(text);
      else await toFile(text, out);
    });
    const count = `${rows} ${rows === 1 ? 'row' : 'rows'} of ${dataset.name}`;
    if (isWhole) tell(out === undefined ? count : `${count} in ${out}`);
  } catch (error) {
    throw error instanceof NoSuchSession ? new UsageError(error.message) : error;
  }
}

/** False when the reader has seen enough (`| head`), which is no error. */
async function toStdout(text: AsyncIterable<string>): Promise<boolean> {
  try {
    await pipeline(Readable.from(text), process.stdout, { end: false });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
    throw error;
  }
}

/** Renamed when it is whole: a file that is cut off never has the name that was asked for. */
async function toFile(text: AsyncIterable<string>, out: string): Promise<void> {
  const unfinished = `${out}.unfinished`;
  try {
    await pipeline(Readable.from(text), createWriteStream(unfinished));
    renameSync(unfinished, out);
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { syscall, message } = error as NodeJS.ErrnoException;
    throw syscall === undefined ? error : new UsageError(`${out} cannot be written: ${message}.`);
  }
}
