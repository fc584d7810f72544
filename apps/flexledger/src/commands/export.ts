import { createWriteStream, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openSqliteEventStore } from '@flexledger/event-store';
import {
  createProjectionRunner,
  getSession,
  openSqliteDocumentStore,
  sessionsView,
} from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { Command } from 'commander';
import type { Dataset, ExportSource } from '../export/dataset';
import { FORMATS, type Format, datasets, exportText } from '../export/export-dataset';
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

/** Folds what the dataset needs into a file of its own, so that a running platform is left alone. */
async function exportTo(dataset: Dataset, { format, data, session, out }: ExportFlags) {
  if (session !== undefined && !dataset.bySession) {
    throw new UsageError(`--session does not go with ${dataset.name}; leave it out.`);
  }
  if (!existsSync(logFile(data))) {
    throw new UsageError(`${data} holds no event log; name the data folder with --data.`);
  }
  const store = openSqliteEventStore({ path: logFile(data), clock: wallClock, readOnly: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-export-'));
  const documents = openSqliteDocumentStore({ path: path.join(folder, 'views.sqlite') });
  try {
    const views = [
      ...new Set([...dataset.views, ...(session === undefined ? [] : [sessionsView])]),
    ];
    await createProjectionRunner({ store, documents, views }).catchUp();
    if (session !== undefined && !(await getSession(documents, session))) {
      throw new UsageError(
        `${data} holds no session ${session}; see "flexledger export sessions".`,
      );
    }
    const rows = await write(dataset, { store, documents, sessionId: session }, format, out);
    const count = `${rows} ${rows === 1 ? 'row' : 'rows'}`;
    if (rows !== undefined) tell(`${count} of ${dataset.name}${out ? ` in ${out}` : ''}`);
  } finally {
    await documents.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** @returns how many rows; undefined when the reader had enough before the last one */
async function write(
  dataset: Dataset,
  source: ExportSource,
  format: Format,
  out: string | undefined,
): Promise<number | undefined> {
  let count = 0;
  const text = exportText(dataset, dataset.rows(source), format, (rows) => (count += rows));
  if (out === undefined) return (await toStdout(text)) ? count : undefined;
  // Renamed when it is whole: a file that is cut off never has the name that was asked for.
  const unfinished = `${out}.unfinished`;
  try {
    await pipeline(Readable.from(text), createWriteStream(unfinished));
    renameSync(unfinished, out);
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { syscall, message } = error as NodeJS.ErrnoException;
    throw syscall === undefined ? error : new UsageError(`${out} cannot be written: ${message}.`);
  }
  return count;
}

/** False when the reader has seen enough (`| head`), which is no error. */
async function toStdout(text: AsyncGenerator<string>): Promise<boolean> {
  try {
    await pipeline(Readable.from(text), process.stdout, { end: false });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
    throw error;
  }
}
