import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
import { UsageError } from '../commands/usage-error';
import { logFile } from '../platform/open-platform';
import type { Dataset, ExportSource } from './dataset';

/**
 * Opens a data folder for the rows of a dataset. The log is opened for reading, and what the dataset
 * needs of the read models is folded into a file of its own, so a platform that runs on the same
 * folder is left alone.
 *
 * @throws UsageError when the folder holds no log, or not the session that is asked for
 * @throws LogDamaged, and what `use` throws
 */
export async function withExportSource<Result>(
  dataset: Dataset,
  dataDir: string,
  sessionId: string | undefined,
  use: (source: ExportSource) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(logFile(dataDir))) {
    throw new UsageError(`${dataDir} holds no event log; name the data folder with --data.`);
  }
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-export-'));
  const documents = openSqliteDocumentStore({ path: path.join(folder, 'views.sqlite') });
  try {
    const ofSessions = sessionId === undefined ? [] : [sessionsView];
    const views = [...new Set([...dataset.views, ...ofSessions])];
    await createProjectionRunner({ store, documents, views }).catchUp();
    if (sessionId !== undefined && !(await getSession(documents, sessionId))) {
      throw new UsageError(
        `${dataDir} holds no session ${sessionId}; see "flexledger export sessions".`,
      );
    }
    return await use({ store, documents, sessionId });
  } finally {
    await documents.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
