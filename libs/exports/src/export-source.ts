import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS, addDays, civilPeriod, deliveryDay } from '@flexledger/domain';
import {
  type SqliteEventStore,
  logFile,
  openSqliteEventStore,
  requireLog,
} from '@flexledger/event-store';
import {
  type DocumentStore,
  allOf,
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

/** Rows of one session, or of a delivery day, a week or a month of them; of all when both are absent. */
export interface ExportSelection {
  readonly session?: string;
  /** `2026-03-17`, `2026-W12`, `2026-03`. */
  readonly period?: string;
}

/**
 * Opens a data folder for the rows of a dataset. The log is opened for reading, and what the dataset
 * needs of the read models is folded into a file of its own, so a platform that runs on the same
 * folder is left alone.
 *
 * @throws LogAbsent when the folder holds no log
 * @throws UsageError when it holds nothing of the session or days that is asked for
 * @throws LogDamaged, and what `use` throws
 */
export async function withExportSource<Result>(
  dataset: Dataset,
  dataDir: string,
  selection: ExportSelection,
  use: (source: ExportSource) => Promise<Result>,
): Promise<Result> {
  requireLog(dataDir);
  const isNarrowed = selection.session !== undefined || selection.period !== undefined;
  if (isNarrowed && !dataset.narrows) {
    throw new UsageError(
      `${dataset.name} has no sessions or days; leave --session, --day, --week and --month out.`,
    );
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
  { session: sessionId, period: asked }: ExportSelection,
  store: SqliteEventStore,
  documents: DocumentStore,
  dataDir: string,
): Promise<Narrowed | undefined> {
  if (sessionId !== undefined && asked !== undefined) {
    throw new UsageError(
      '--session does not go together with --day, --week or --month; a session has one delivery day.',
    );
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
  if (asked === undefined) return undefined;
  const days = civilPeriod(asked);
  if (!days) {
    const forms = 'write a day like 2026-03-17, a week like 2026-W12 or a month like 2026-03';
    throw new UsageError(`There is no ${asked}; ${forms}.`);
  }
  const items = await allOf((page) => findSessions(documents, { deliveryDay: days }, page));
  if (items.length === 0) {
    const when = days.below === addDays(days.from, 1) ? 'on' : 'in';
    throw new UsageError(
      `${dataDir} holds no session that delivers ${when} ${asked}; see "flexledger export sessions".`,
    );
  }
  const { timeZone } = await lastRulePack(store);
  const { startMs } = deliveryDay(days.from, timeZone);
  const mtuCount = (deliveryDay(days.below, timeZone).startMs - startMs) / MTU_MS;
  return {
    sessionIds: items.map((session) => session.sessionId).reverse(),
    period: { startMs, mtuCount },
    days,
    isOneSession: false,
  };
}
