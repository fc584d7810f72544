import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addDays, deliveryDay } from '@flexledger/domain';
import {
  type SqliteEventStore,
  logFile,
  openSqliteEventStore,
  requireLog,
} from '@flexledger/event-store';
import {
  type DocumentStore,
  createProjectionRunner,
  findSessions,
  getSession,
  openSqliteDocumentStore,
  sessionsView,
  lastRulePack,
} from '@flexledger/projections';
import { msFromIso, wallClock } from '@flexledger/runtime';
import { UsageError } from '@flexledger/command-line';
import type { Dataset, ExportSource, Narrowed } from './dataset';

/** Rows of one session or of one delivery day (ISO date); of all when both are absent. */
export interface ExportSelection {
  readonly session?: string;
  readonly day?: string;
}

/**
 * Opens a data folder for the rows of a dataset. The log is opened for reading, and what the dataset
 * needs of the read models is folded into a file of its own, so a platform that runs on the same
 * folder is left alone.
 *
 * @throws LogAbsent when the folder holds no log
 * @throws UsageError when it holds nothing of the session or day that is asked for
 * @throws LogDamaged, and what `use` throws
 */
export async function withExportSource<Result>(
  dataset: Dataset,
  dataDir: string,
  selection: ExportSelection,
  use: (source: ExportSource) => Promise<Result>,
): Promise<Result> {
  requireLog(dataDir);
  const isNarrowed = selection.session !== undefined || selection.day !== undefined;
  if (isNarrowed && !dataset.narrows) {
    throw new UsageError(`${dataset.name} has no sessions or days; leave --session and --day out.`);
  }
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-export-'));
  const documents = openSqliteDocumentStore({ path: path.join(folder, 'views.sqlite') });
  try {
    const views = [...new Set([...dataset.views, ...(isNarrowed ? [sessionsView] : [])])];
    await createProjectionRunner({ store, documents, views }).catchUp();
    const narrowed = await narrowedTo(selection, store, documents, dataDir);
    return await use({ store, documents, ...(narrowed ? { narrowed } : {}) });
  } finally {
    await documents.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

async function narrowedTo(
  { session: sessionId, day }: ExportSelection,
  store: SqliteEventStore,
  documents: DocumentStore,
  dataDir: string,
): Promise<Narrowed | undefined> {
  if (sessionId !== undefined && day !== undefined) {
    throw new UsageError('--session and --day do not go together; a session has one delivery day.');
  }
  if (sessionId !== undefined) {
    const session = await getSession(documents, sessionId);
    if (!session) {
      throw new UsageError(
        `${dataDir} holds no session ${sessionId}; see "flexledger export sessions".`,
      );
    }
    const { mtuCount, deliveryStart, deliveryDay: from } = session;
    return {
      sessionIds: [sessionId],
      period: { startMs: msFromIso(deliveryStart), mtuCount },
      days: { from, below: addDays(from, 1) },
      isOneSession: true,
    };
  }
  if (day === undefined) return undefined;
  const { items } = await findSessions(documents, { deliveryDay: day }, { limit: 1_000 });
  if (items.length === 0) {
    throw new UsageError(
      `${dataDir} holds no session that delivers on ${day}; see "flexledger export sessions".`,
    );
  }
  const { timeZone } = await lastRulePack(store);
  return {
    sessionIds: items.map((session) => session.sessionId).reverse(),
    period: deliveryDay(day, timeZone),
    days: { from: day, below: addDays(day, 1) },
    isOneSession: false,
  };
}
