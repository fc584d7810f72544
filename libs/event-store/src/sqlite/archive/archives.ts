/**
 * The archive of a log: the files beside it that its table `archives` names, each with the rows of one stretch. The
 * last event of every stream stays in the log's own file, so that appends need no archive; so what a stream lacks
 * there says where to look here.
 */
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type Database from 'libsql';
import { LogDamaged } from '../../errors';
import { BEFORE_FIRST, type EventFilter } from '../../port';
import { FORMAT_VERSION, readUserVersion, type StoredRow } from '../log-format';
import {
  type ArchiveFile,
  ArchiveUnsound,
  type StreamPlace,
  lowerBound,
  openArchive,
} from './archive-file';
import type { ArchivedBlock } from './block-codec';

/** Files open at once: each holds its list of streams, less than a MB. */
const FILES_AT_HAND = 32;
/** Unpacked blocks: somewhat more than those of a file, which a reader of the log goes through side by side. */
const BLOCKS_AT_HAND = 96;
/** Streams of which the file that was read last is remembered. */
const STREAMS_REMEMBERED = 10_000;
const ROWS_OF_STREAM = 512;

/** A file as the log names it. */
export interface ListedArchive {
  /** From 1. */
  readonly number: number;
  /** SHA-256 of the file's index, hex. */
  readonly address: string;
  readonly bytes: number;
  /** In which its events were recorded, `yyyy-mm`, UTC. */
  readonly month: string;
  readonly events: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  /** What the names of all its streams begin with. */
  readonly streamPrefix: string;
  /** Types of its events. */
  readonly types: readonly string[];
  /** The rows stand in the log's own file as well: to remove them was begun, at most. */
  readonly rowsStand: boolean;
}

/** The folder of a log's archive. */
export const archiveFolder = (logPath: string): string => `${logPath}-archive`;

/** Where a file of the archive is. */
export function archivePath(
  logPath: string,
  { month, address }: Pick<ListedArchive, 'month' | 'address'>,
): string {
  return join(archiveFolder(logPath), `${month}-${address}.archive`);
}

/** Rows of a stretch. */
export interface ArchivedRows {
  readonly rows: readonly StoredRow[];
  /** There are no others up to this position. */
  readonly reached: number;
}

/** Reads the archive of an open log; nothing is read before it is asked. */
export class Archives {
  private listed: readonly ListedArchive[] = [];
  private userVersion = FORMAT_VERSION;
  private readonly files = new LRUCache<string, ArchiveFile>({
    max: FILES_AT_HAND,
    dispose: (file) => file.close(),
  });
  private readonly blocks = new LRUCache<string, ArchivedBlock>({ max: BLOCKS_AT_HAND });
  private readonly lastRead = new LRUCache<string, number>({ max: STREAMS_REMEMBERED });
  private readonly askVersion: Database.Statement;

  constructor(
    private readonly db: Database.Database,
    private readonly logPath: string,
  ) {
    this.askVersion = db.prepare('PRAGMA user_version').raw();
  }

  /** Whether nothing was archived since, by a `PRAGMA user_version`. */
  isAsAt(userVersion: number): boolean {
    return userVersion === this.userVersion;
  }

  /** Takes in what the log names now. @throws LogDamaged when it names none, though it says that there are some */
  readOn(): void {
    const isWithin = this.db.inTransaction;
    if (!isWithin) this.db.exec('BEGIN');
    try {
      const userVersion = this.storedVersion();
      if (this.isAsAt(userVersion)) return;
      const { archiveFiles } = readUserVersion(userVersion);
      this.listed = archiveFiles === 0 ? [] : listedIn(this.db);
      if (this.listed.length !== archiveFiles) {
        const reason = `it names ${this.listed.length} of the ${archiveFiles} files of its archive`;
        throw new LogDamaged(this.logPath, reason);
      }
      this.userVersion = userVersion;
    } finally {
      if (!isWithin && this.db.inTransaction) this.db.exec('COMMIT');
    }
  }

  /** The `PRAGMA user_version` up to which the archive is known. */
  knownVersion(): number {
    return this.userVersion;
  }

  /** The files as they were known last, in their order, which is that of positions. */
  all(): readonly ListedArchive[] {
    return this.listed;
  }

  /** No row of the archive, as it was known last, has a higher position. */
  lastPosition(): number {
    return this.listed.at(-1)?.lastPosition ?? BEFORE_FIRST;
  }

  /** @throws LogDamaged when a file is missing, of another length, or does not begin as the one that is named */
  requireFiles(): void {
    this.readOn();
    for (const listed of this.listed) this.soundly(() => this.fileOf(listed));
  }

  /** Rows after a position, at most `limit`, that pass. @throws LogDamaged */
  after(after: number, last: number, limit: number, filter: EventFilter = {}): ArchivedRows {
    let at = lowerBound(
      this.listed.map(({ lastPosition }) => lastPosition),
      after + 1,
    );
    while (at < this.listed.length && !mayHold(this.listed[at]!, filter)) at += 1;
    const listed = this.listed[at];
    if (!listed || listed.firstPosition > last) return { rows: [], reached: last };
    return this.soundly(() => {
      const file = this.fileOf(listed);
      const { positions, places } = file.order();
      const passes = rowsThatPass(file, listed, filter);
      const rows: StoredRow[] = [];
      for (let row = lowerBound(positions, after + 1); row < file.rows; row += 1) {
        const position = positions[row]!;
        if (position > last) return { rows, reached: last };
        if (!passes(places[row]!)) continue;
        rows.push(rowAsListed(file, listed, places[row]!));
        if (rows.length === limit) return { rows, reached: position };
      }
      return { rows, reached: Math.min(last, listed.lastPosition) };
    });
  }

  /**
   * The rows of a stream from a revision on, up to one that stands in the log's own file, as many as one step takes;
   * undefined when the archive has not the first of them.
   *
   * @throws LogDamaged
   */
  ofStream(
    streamId: string,
    from: number,
    before: { readonly revision: number; readonly position: number },
    limit: number,
  ): readonly StoredRow[] | undefined {
    if (!this.isAsAt(this.storedVersion())) this.readOn();
    return this.soundly(() => {
      const found = this.findStream(streamId, from, before.position);
      if (!found) return undefined;
      const { file, listed, place } = found;
      const most = Math.min(limit, ROWS_OF_STREAM, before.revision - from);
      const end = Math.min(place.firstRevision + place.rows, from + most);
      return Array.from({ length: end - from }, (_, at) =>
        rowAsListed(file, listed, place.firstRow + from - place.firstRevision + at),
      );
    });
  }

  close(): void {
    this.files.clear();
  }

  private findStream(streamId: string, revision: number, before: number): FoundStream | undefined {
    const remembered = this.lastRead.get(streamId);
    const likely = remembered === undefined ? [] : [remembered, remembered + 1];
    const newestFirst = this.listed.map((_, at) => this.listed.length - 1 - at);
    for (const at of [...likely, ...newestFirst]) {
      const listed = this.listed[at];
      if (!listed || listed.firstPosition >= before) continue;
      if (!streamId.startsWith(listed.streamPrefix)) continue;
      const file = this.fileOf(listed);
      const place = file.stream(streamId);
      if (!place || revision < place.firstRevision) continue;
      if (revision < place.firstRevision + place.rows) {
        this.lastRead.set(streamId, at);
        return { file, listed, place };
      }
    }
    return undefined;
  }

  private storedVersion(): number {
    return (this.askVersion.all() as [[number]])[0][0];
  }

  private fileOf(listed: ListedArchive): ArchiveFile {
    const known = this.files.get(listed.address);
    if (known) return known;
    const file = archivePath(this.logPath, listed);
    const opened = openArchive(file, listed.address, listed.bytes, this.blocks);
    this.files.set(listed.address, opened);
    return opened;
  }

  private soundly<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ArchiveUnsound)) throw error;
      throw new LogDamaged(this.logPath, error.message, { cause: error });
    }
  }
}

/** Where a stream's rows are. */
interface FoundStream {
  readonly file: ArchiveFile;
  readonly listed: ListedArchive;
  readonly place: StreamPlace;
}

/**
 * A row of a file, once it is of the types, streams and positions that the log lists of the file: one that lists less
 * hides what it leaves out from whoever asks for that.
 *
 * @throws ArchiveUnsound
 */
function rowAsListed(file: ArchiveFile, listed: ListedArchive, place: number): StoredRow {
  const row = file.rowAt(place);
  const { types, streamPrefix, firstPosition, lastPosition } = listed;
  const isWithin = row.position >= firstPosition && row.position <= lastPosition;
  if (isWithin && types.includes(row.type) && row.streamId.startsWith(streamPrefix)) return row;
  const listedAs =
    `the streams ${streamPrefix}..., the types ${types.join(', ') || 'none'} and the positions ` +
    `${firstPosition} to ${lastPosition}`;
  throw new ArchiveUnsound(
    archivePath('', listed),
    `holds event ${row.position}, ${row.type} of ${row.streamId}, and the log lists it with ${listedAs}`,
  );
}

/** What a log names, in its order. */
export function listedIn(db: Database.Database): readonly ListedArchive[] {
  const rows = db
    .prepare(
      `SELECT number, address, bytes, month, events, firstPosition, lastPosition, streamPrefix, types,
         rowsStand FROM archives ORDER BY number`,
    )
    .all() as (Omit<ListedArchive, 'types' | 'rowsStand'> & { types: string; rowsStand: number })[];
  return rows.map(({ types, rowsStand, ...row }) => ({
    ...row,
    types: JSON.parse(types) as string[],
    rowsStand: rowsStand !== 0,
  }));
}

/** Paths of the files that the log in a database names, for who copies it. */
export function archiveFilesOf(db: Database.Database, logPath: string): readonly string[] {
  const hasArchive = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'archives'").all();
  if (hasArchive.length === 0) return [];
  return listedIn(db).map((listed) => archivePath(logPath, listed));
}

function mayHold({ types, streamPrefix }: ListedArchive, filter: EventFilter): boolean {
  if (filter.types && !types.some((type) => filter.types!.includes(type))) return false;
  return (
    !filter.streamPrefixes ||
    filter.streamPrefixes.some(
      (prefix) => prefix.startsWith(streamPrefix) || streamPrefix.startsWith(prefix),
    )
  );
}

/** Asks of rows, by their place, only what the file as a whole does not answer. */
function rowsThatPass(
  file: ArchiveFile,
  { types, streamPrefix }: ListedArchive,
  filter: EventFilter,
): (place: number) => boolean {
  const wanted = filter.types && new Set(filter.types);
  const isTyped = wanted && !types.every((type) => wanted.has(type));
  const prefixes = filter.streamPrefixes;
  const isNamed = prefixes && !prefixes.some((prefix) => streamPrefix.startsWith(prefix));
  return (place) => {
    if (isTyped && !wanted.has(file.typeAt(place))) return false;
    if (!isNamed) return true;
    const streamId = file.streamAt(place);
    return prefixes.some((prefix) => streamId.startsWith(prefix));
  };
}
