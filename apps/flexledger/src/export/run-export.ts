import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteEventStore } from '@flexledger/event-store';
import {
  createProjectionRunner,
  getSession,
  openSqliteDocumentStore,
  sessionsView,
} from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { logFile } from '../platform/open-platform';
import type { Dataset } from './dataset';
import { type Format, exportText } from './export-dataset';

/** What is exported, and as what. */
export interface ExportJob {
  readonly dataset: Dataset;
  readonly format: Format;
  readonly dataDir: string;
  readonly sessionId: string | undefined;
}

/** A session was asked for that the log does not hold. */
export class NoSuchSession extends Error {
  override readonly name = 'NoSuchSession';
}

/**
 * Writes a dataset. The log is opened for reading, and what the dataset needs of the read models is
 * folded into a file of its own, so a platform that runs on the same folder is left alone.
 *
 * @param write takes the text, chunk by chunk
 * @returns how many rows there were, as far as `write` has taken them
 * @throws NoSuchSession, LogDamaged, and what `write` throws
 */
export async function runExport(
  { dataset, format, dataDir, sessionId }: ExportJob,
  write: (text: AsyncIterable<string>) => Promise<void>,
): Promise<number> {
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-export-'));
  const documents = openSqliteDocumentStore({ path: path.join(folder, 'views.sqlite') });
  try {
    const ofSessions = sessionId === undefined ? [] : [sessionsView];
    const views = [...new Set([...dataset.views, ...ofSessions])];
    await createProjectionRunner({ store, documents, views }).catchUp();
    if (sessionId !== undefined && !(await getSession(documents, sessionId))) {
      throw new NoSuchSession(
        `${dataDir} holds no session ${sessionId}; see "flexledger export sessions".`,
      );
    }
    let count = 0;
    const rows = dataset.rows({ store, documents, sessionId });
    await write(exportText(dataset, rows, format, (more) => (count += more)));
    return count;
  } finally {
    await documents.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
