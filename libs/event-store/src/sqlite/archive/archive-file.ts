/**
 * A file of an archive: rows of a stretch of the log in blocks, stream by stream, each compressed by itself; then where
 * each row stands in the log, the streams, and an index that holds the SHA-256 of each of these parts. The file's
 * address is the SHA-256 of the index, so that any part is believed by itself, and the file is named after its content.
 *
 * `docs/file-formats.md` describes the bytes.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { sha256Hex } from '@flexledger/identity';
import type { StoredRow } from '../log-format';
import { type ArchivedBlock, readBlock, writeBlock } from './block-codec';
import { ByteReader, ByteWriter } from './bytes';

/** First bytes of a file. */
const MAGIC = Buffer.from('FLXARC1\n', 'latin1');
/** Rows of a block: what is unpacked to read one. */
const BLOCK_ROWS = 512;
/** Length of the index, at the end of the file. */
const TAIL_BYTES = 4;

interface Part {
  readonly at: number;
  readonly bytes: number;
  readonly sha256: string;
}

interface Index {
  /** Rows of each block but the last. */
  readonly blockRows: number;
  readonly rows: number;
  readonly blocks: readonly Part[];
  /** Position of each row, in the order of the blocks. */
  readonly positions: Part;
  /** Streams in the order of the blocks: name, first revision, rows. */
  readonly streams: Part;
}

/** A file that was written, before it has its place. */
export interface WrittenArchive {
  readonly content: Buffer;
  /** SHA-256 of its index, hex. */
  readonly address: string;
}

/** Where the rows of a stream stand in a file. */
export interface StreamPlace {
  readonly firstRevision: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** A file of an archive is missing, damaged, or another than the log names. */
export class ArchiveUnsound extends Error {
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the file ${basename(file)} of its archive ${reason}; put it back from a backup, where it has ` +
        'the same name and the same content',
      options,
    );
    this.name = 'ArchiveUnsound';
  }
}

/** The file of rows of one stretch, given in any order. Revisions of a stream follow each other. */
export function writeArchive(given: readonly StoredRow[]): WrittenArchive {
  const rows = [...given].sort(byStream);
  const content = new ByteWriter();
  let at = 0;
  const put = (bytes: Buffer): Part => {
    const part = { at, bytes: bytes.length, sha256: sha256Hex(bytes) };
    content.raw(bytes);
    at += bytes.length;
    return part;
  };
  put(MAGIC);
  const blocks: Part[] = [];
  for (let row = 0; row < rows.length; row += BLOCK_ROWS) {
    blocks.push(put(writeBlock(rows.slice(row, row + BLOCK_ROWS))));
  }
  const positions = put(brotliCompressSync(positionBytes(rows)));
  const streams = put(brotliCompressSync(streamBytes(rows)));
  const index: Index = { blockRows: BLOCK_ROWS, rows: rows.length, blocks, positions, streams };
  const packed = brotliCompressSync(Buffer.from(JSON.stringify(index)));
  put(packed);
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32BE(packed.length);
  content.raw(tail);
  return { content: Buffer.from(content.taken()), address: sha256Hex(packed) };
}

/** By code units, as readers look for streams. */
function byStream(one: StoredRow, other: StoredRow): number {
  if (one.streamId !== other.streamId) return one.streamId < other.streamId ? -1 : 1;
  return one.revision - other.revision;
}

function positionBytes(rows: readonly StoredRow[]): Buffer {
  const writer = new ByteWriter();
  let before = 0;
  for (const { position } of rows) {
    writer.number(position - before);
    before = position;
  }
  return writer.taken();
}

function streamBytes(rows: readonly StoredRow[]): Buffer {
  const writer = new ByteWriter();
  for (let row = 0; row < rows.length;) {
    const { streamId, revision } = rows[row]!;
    let end = row;
    while (rows[end]?.streamId === streamId) {
      if (rows[end]!.revision !== revision + end - row) {
        throw new RangeError(`revision ${revision + end - row} of stream ${streamId} is missing`);
      }
      end += 1;
    }
    writer.text(streamId);
    writer.number(revision);
    writer.number(end - row);
    row = end;
  }
  return writer.taken();
}

/** A file that is read part by part; each part is compared with its digest when it is read. */
export interface ArchiveFile {
  readonly rows: number;
  /** The rows' positions, rising, and beside each the place of its row. */
  order(): { readonly positions: Float64Array; readonly places: Uint32Array };
  stream(streamId: string): StreamPlace | undefined;
  /** Names of the streams, rising. */
  streams(): readonly string[];
  positionOf(place: number): number;
  streamAt(place: number): string;
  typeAt(place: number): string;
  rowAt(place: number): StoredRow;
  close(): void;
}

/** Where unpacked blocks are kept, by the file's address and their number. */
export interface BlocksAtHand {
  get(name: string): ArchivedBlock | undefined;
  set(name: string, block: ArchivedBlock): unknown;
}

/**
 * Opens a file by its index, which has to be the one that the address names.
 *
 * @throws ArchiveUnsound when it is missing, truncated or another; so do the readers, for what they read
 */
export function openArchive(
  file: string,
  address: string,
  bytes: number,
  blocksAtHand: BlocksAtHand,
): ArchiveFile {
  const handle = opened(file);
  try {
    const size = fstatSync(handle).size;
    if (size !== bytes) throw new ArchiveUnsound(file, `has ${size} bytes instead of ${bytes}`);
    const index = readIndex(handle, file, address, size);
    return archiveFile(handle, file, address, index, blocksAtHand);
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isAbsent ? 'is missing' : `cannot be opened (${(cause as Error).message})`;
    throw new ArchiveUnsound(file, reason, { cause });
  }
}

function readIndex(handle: number, file: string, address: string, size: number): Index {
  const length = bytesAt(handle, file, size - TAIL_BYTES, TAIL_BYTES).readUInt32BE();
  const at = size - TAIL_BYTES - length;
  if (at < MAGIC.length) throw new ArchiveUnsound(file, 'does not end as an archive does');
  const packed = bytesAt(handle, file, at, length);
  if (sha256Hex(packed) !== address) {
    throw new ArchiveUnsound(file, 'is damaged, or is not the one that the log names');
  }
  return JSON.parse(brotliDecompressSync(packed).toString('utf8')) as Index;
}

function bytesAt(handle: number, file: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(handle, bytes, done, length - done, at + done);
    if (read === 0) throw new ArchiveUnsound(file, `ends before byte ${at + length}`);
    done += read;
  }
  return bytes;
}

interface Streams {
  readonly names: readonly string[];
  readonly places: readonly StreamPlace[];
}

function archiveFile(
  handle: number,
  file: string,
  address: string,
  index: Index,
  blocksAtHand: BlocksAtHand,
): ArchiveFile {
  function part({ at, bytes, sha256 }: Part, what: string): Buffer {
    const read = bytesAt(handle, file, at, bytes);
    if (sha256Hex(read) === sha256) return read;
    throw new ArchiveUnsound(file, `is damaged: ${what} is not as it was written`);
  }
  const once = <Value>(make: () => Value): (() => Value) => {
    let made: Value | undefined;
    return () => (made ??= make());
  };
  const positions = once(() => {
    const reader = new ByteReader(brotliDecompressSync(part(index.positions, 'where rows stand')));
    const found = new Float64Array(index.rows);
    let before = 0;
    for (let row = 0; row < index.rows; row += 1) {
      before += reader.number();
      found[row] = before;
    }
    return found;
  });
  const order = once(() => {
    const ofPlace = positions();
    const places = Uint32Array.from(ofPlace, (_, place) => place);
    places.sort((one, other) => ofPlace[one]! - ofPlace[other]!);
    return { places, positions: Float64Array.from(places, (place) => ofPlace[place]!) };
  });
  const streams = once((): Streams => {
    const reader = new ByteReader(brotliDecompressSync(part(index.streams, 'its list of streams')));
    const names: string[] = [];
    const places: StreamPlace[] = [];
    for (let firstRow = 0; firstRow < index.rows;) {
      names.push(reader.text());
      const place = { firstRevision: reader.number(), firstRow, rows: reader.number() };
      places.push(place);
      firstRow += place.rows;
    }
    return { names, places };
  });
  function block(place: number): [ArchivedBlock, number] {
    const number = Math.floor(place / index.blockRows);
    const name = `${address}/${number}`;
    let found = blocksAtHand.get(name);
    if (!found) {
      found = readBlock(part(index.blocks[number]!, `block ${number}`));
      blocksAtHand.set(name, found);
    }
    return [found, place % index.blockRows];
  }
  return {
    rows: index.rows,
    order,
    streams: () => streams().names,
    stream(streamId) {
      const { names, places } = streams();
      const at = lowerBound(names, streamId);
      return names[at] === streamId ? places[at] : undefined;
    },
    positionOf: (place) => positions()[place]!,
    streamAt(place) {
      const { names, places } = streams();
      let low = 0;
      for (let high = places.length - 1; low < high;) {
        const middle = Math.ceil((low + high) / 2);
        if (places[middle]!.firstRow <= place) low = middle;
        else high = middle - 1;
      }
      return names[low]!;
    },
    typeAt(place) {
      const [rows, row] = block(place);
      return rows.typeAt(row);
    },
    rowAt(place) {
      const [rows, row] = block(place);
      return rows.rowAt(row, positions()[place]!);
    },
    close: () => closeSync(handle),
  };
}

/** The first place whose value is not below `wanted`. */
export function lowerBound<Value extends string | number>(
  values: { readonly length: number; readonly [index: number]: Value },
  wanted: Value,
): number {
  let low = 0;
  for (let high = values.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
