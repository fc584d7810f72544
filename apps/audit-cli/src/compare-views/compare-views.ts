/**
 * The read models that a platform serves, held against the log: folded anew from it as far as they say to
 * have come, and compared document by document. Nothing is certified of a view, and what the interface
 * answers is read from them; so a figure that was edited there is found in no other way.
 */
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '@flexledger/command-line';
import { type EventStore, logFile } from '@flexledger/event-store';
import { type AnyView, allViews, openViews } from '@flexledger/projections';
import { messageOf } from '@flexledger/runtime';
import Database from 'libsql';
import { readServedLog } from '../served-log';
import { openStoredLog } from '../stored-log';
import { type Difference, firstDifference } from './first-difference';

/** A document that is not what the log gives. */
export interface ViewFinding extends Difference {
  readonly view: string;
  /** Id of the document. */
  readonly id: string;
}

/** What became of the read models of one file. */
export interface ViewComparison {
  readonly file: string;
  /** Views and documents that were compared. */
  readonly views: number;
  readonly documents: number;
  /** The first `FINDINGS_KEPT`. */
  readonly findings: readonly ViewFinding[];
  readonly found: number;
  /** Views that were not compared, and why, in words for people. */
  readonly notCompared: readonly string[];
}

/** Findings told one by one; further ones are counted. */
export const FINDINGS_KEPT = 1_000;
const PAGE = 1_000;
const VIEWS_FILE = /^views.*\.sqlite$/;

/**
 * Compares the read models in a data folder with its log; a platform may be at work on it.
 *
 * @param logUrl of a server that keeps the log; the folder's own when absent
 * @throws UsageError when the folder keeps no read models
 * @throws LogDamaged when the log cannot be read
 */
export async function compareViews(dataDir: string, logUrl?: string): Promise<ViewComparison[]> {
  const files = readdirSync(dataDir).filter((name) => VIEWS_FILE.test(name));
  if (files.length === 0) {
    throw new UsageError(
      `${dataDir} keeps no read models (views*.sqlite); name the folder of a platform that is served or was.`,
    );
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'flexledger-views-'));
  // Opened first: the log then holds all that they have folded.
  const served = files.map((name) => ({ name, db: openReadOnly(path.join(dataDir, name)) }));
  try {
    const log =
      logUrl === undefined ? openStoredLog(logFile(dataDir)) : await readServedLog(logUrl, dataDir);
    try {
      const comparisons: ViewComparison[] = [];
      for (const { name, db } of served) {
        comparisons.push(await compareFile(name, db, { store: log.store, scratch }));
      }
      return comparisons;
    } finally {
      await log.close();
    }
  } finally {
    for (const { db } of served) db.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Folding {
  readonly store: EventStore;
  /** Folder for what is folded anew. */
  readonly scratch: string;
}

interface StoredView {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly halt: string | null;
}

async function compareFile(
  file: string,
  served: Database.Database,
  { store, scratch }: Folding,
): Promise<ViewComparison> {
  const stored = served
    .prepare('SELECT name, version, position, halt FROM _views ORDER BY name')
    .all() as StoredView[];
  const notCompared: string[] = [];
  const byPosition = new Map<number, AnyView[]>();
  for (const { name, version, position, halt } of stored) {
    const view = allViews.find((known) => known.name === name);
    if (view?.version !== version) {
      const known = view ? `this release folds version ${view.version}` : 'this release has none';
      notCompared.push(`${name} is of version ${version}; ${known}`);
    } else if (halt !== null) {
      notCompared.push(`${name} has halted at position ${position}`);
    } else byPosition.set(position, [...(byPosition.get(position) ?? []), view]);
  }
  const unlisted = unlistedIn(served, stored);
  notCompared.push(
    ...unlisted.map((name) => `${name} is there, and the file does not say how far it has come`),
  );
  const findings: ViewFinding[] = [];
  let found = 0;
  let documents = 0;
  for (const [position, views] of byPosition) {
    const fresh = path.join(scratch, `${file}-${position}`);
    await foldAnew(fresh, upTo(store, position), views);
    const anew = new Database(fresh);
    try {
      for (const view of views) {
        for (const finding of compareView(view, served, anew)) {
          if (finding === 'same') documents += 1;
          else {
            found += 1;
            if (findings.length < FINDINGS_KEPT) findings.push(finding);
          }
        }
      }
    } finally {
      anew.close();
    }
  }
  const views = stored.length + unlisted.length - notCompared.length;
  return { file, views, documents: documents + found, findings, found, notCompared };
}

/** Views whose documents stand in a file that does not list them: who edits them could have taken them off the list. */
function unlistedIn(served: Database.Database, stored: readonly StoredView[]): string[] {
  const tables = served.prepare('SELECT name FROM sqlite_master').all() as { name: string }[];
  // As SQLite takes names.
  const isThere = new Set(tables.map(({ name }) => name.toLowerCase()));
  const isListed = new Set(stored.map(({ name }) => name));
  return allViews
    .map(({ name }) => name)
    .filter((name) => isThere.has(name) && !isListed.has(name));
}

async function foldAnew(file: string, store: EventStore, views: readonly AnyView[]): Promise<void> {
  const folded = openViews({ path: file, store, views });
  try {
    await folded.runner.catchUp();
  } finally {
    await folded.close();
  }
}

/** The log as it was when its last event stood at a position. */
function upTo(store: EventStore, position: number): EventStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'head') return async () => Math.min(position, await target.head());
      if (name === 'readAll') {
        return async function* (...asked: Parameters<EventStore['readAll']>) {
          for await (const event of target.readAll(...asked)) {
            if (event.position > position) return;
            yield event;
          }
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

interface Row {
  readonly id: string;
  readonly doc: string;
  readonly [column: string]: unknown;
}

/** One by one: `same`, or where a document differs first. Both sides are in the order of ids. */
function* compareView(
  view: AnyView,
  served: Database.Database,
  anew: Database.Database,
): Generator<ViewFinding | 'same'> {
  const [left, right] = [rowsOf(served, view), rowsOf(anew, view)];
  let [one, other] = [left.next().value, right.next().value];
  while (one || other) {
    const order = !one ? 1 : !other ? -1 : compareIds(one.id, other.id);
    const [shown, given] = [order <= 0 ? one : undefined, order >= 0 ? other : undefined];
    const difference = firstDifference(figuresIn(shown), figuresIn(given));
    yield difference ? { view: view.name, id: (shown ?? given)!.id, ...difference } : 'same';
    if (order <= 0) one = left.next().value;
    if (order >= 0) other = right.next().value;
  }
}

/** The document, and the columns by which it is found where they say otherwise. */
function figuresIn(row: Row | undefined): unknown {
  if (!row) return undefined;
  const { id: _, doc, ...found } = row;
  try {
    return { ...(JSON.parse(doc) as object), 'found by': found };
  } catch (error) {
    return `no JSON: ${messageOf(error)}`;
  }
}

function* rowsOf(db: Database.Database, { name }: AnyView): Generator<Row, undefined> {
  const first = db.prepare(`SELECT * FROM "${name}" ORDER BY id LIMIT ${PAGE}`);
  const page = db.prepare(`SELECT * FROM "${name}" WHERE id > ? ORDER BY id LIMIT ${PAGE}`);
  for (let after: string | undefined; ;) {
    // An id may be empty, where somebody put the document there.
    const rows = (after === undefined ? first.all() : page.all(after)) as Row[];
    yield* rows;
    if (rows.length < PAGE) return undefined;
    after = rows.at(-1)!.id;
  }
}

/** As SQLite orders texts: by their bytes in UTF-8. */
function compareIds(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** One moment of it, whatever a platform writes meanwhile. */
function openReadOnly(file: string): Database.Database {
  const db = new Database(`${pathToFileURL(realpathSync(file)).href}?mode=ro`);
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM _views').get();
  return db;
}
