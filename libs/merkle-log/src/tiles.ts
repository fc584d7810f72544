import { assertSize } from './tree-shape';

/**
 * Paths and shapes of C2SP tlog-tiles (https://c2sp.org/tlog-tiles): which static files a log of a
 * given size consists of. Pure; `MerkleTree.tile` gives the hash tiles' content.
 */

/** Levels of the tree in one tile. */
export const TILE_LEVELS = 8;

/** Hashes in a full tile, or entries in a full bundle. */
export const TILE_WIDTH = 2 ** TILE_LEVELS;

/** Path of the checkpoint below the log's prefix. */
export const CHECKPOINT_PATH = 'checkpoint';

/** Tile levels that sizes below 2^53 can have, less one. */
const TILE_LEVEL_MAX = 6;

/** A tile of hashes: the nodes [index * 256, index * 256 + width) at tree level 8 * level. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  /** 1 to 256; below 256 the tile is partial. */
  readonly width: number;
}

/** A bundle of entries: the leaves [index * 256, index * 256 + width). */
export type EntryBundle = Omit<Tile, 'level'>;

/** @throws RangeError when there can be no such tile */
export function assertTile(tile: Tile): void {
  const { level, index, width } = tile;
  if (!Number.isInteger(level) || level < 0 || level > TILE_LEVEL_MAX) {
    throw new RangeError(`tile level ${level} is not a whole number from 0 to ${TILE_LEVEL_MAX}`);
  }
  assertBundle(tile);
  if (!Number.isSafeInteger((index * TILE_WIDTH + width) * TILE_WIDTH ** level)) {
    throw new RangeError(`tile index ${index} at level ${level} lies beyond 2^53 leaves`);
  }
}

/** `tile/0/x001/x234/067`, with `.p/<width>` where the tile is partial. */
export function tilePath(tile: Tile): string {
  assertTile(tile);
  return `tile/${tile.level}/${indexPath(tile.index)}${widthPath(tile.width)}`;
}

/** `tile/entries/x001/x234/067`, with `.p/<width>` where the bundle is partial. */
export function entryBundlePath(bundle: EntryBundle): string {
  assertBundle(bundle);
  return `tile/entries/${indexPath(bundle.index)}${widthPath(bundle.width)}`;
}

/**
 * What a path below the log's prefix asks for; `level` is `entries` for a bundle. `undefined` when
 * it is no tile path, or not written in the one way the format allows.
 */
export function parseTilePath(
  path: string,
): Tile | (EntryBundle & { readonly level: 'entries' }) | undefined {
  const match = /^tile\/(entries|\d)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return undefined;
  const index = Number(match[2]!.replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  const bundle = { index, width };
  try {
    if (match[1] === 'entries') {
      return entryBundlePath(bundle) === path ? { level: 'entries', ...bundle } : undefined;
    }
    const tile = { level: Number(match[1]), ...bundle };
    return tilePath(tile) === path ? tile : undefined;
  } catch {
    return undefined;
  }
}

/** How many hashes tile (level, index) has in a log of `size`: 0 when there is no such tile. */
export function tileWidthAt(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(TILE_WIDTH, Math.max(0, hashes - index * TILE_WIDTH));
}

/**
 * The hash tiles of a log of `size` that one of `sizeBefore` did not have in that width, lowest
 * level first: what is to be published between two checkpoints, or all tiles where the first is 0.
 */
export function* tilesBetween(sizeBefore: number, size: number): Generator<Tile> {
  assertSize(sizeBefore, 'the earlier size');
  assertSize(size, 'the size');
  for (let level = 0; level <= TILE_LEVEL_MAX && size >= TILE_WIDTH ** level; level += 1) {
    const hashesBefore = Math.floor(sizeBefore / TILE_WIDTH ** level);
    const hashes = Math.floor(size / TILE_WIDTH ** level);
    if (hashes <= hashesBefore) continue;
    const first = Math.floor(hashesBefore / TILE_WIDTH);
    for (let index = first; index * TILE_WIDTH < hashes; index += 1) {
      yield { level, index, width: tileWidthAt(size, level, index) };
    }
  }
}

/** A bundle's bytes: each entry after its length as two bytes, big-endian (C2SP tlog-tiles). */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  let offset = 0;
  for (const entry of entries) {
    if (entry.length > 0xffff) {
      throw new RangeError(`an entry has ${entry.length} bytes; a bundle holds up to 65535`);
    }
    bytes[offset] = entry.length >> 8;
    bytes[offset + 1] = entry.length & 0xff;
    bytes.set(entry, offset + 2);
    offset += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle. @throws RangeError when the bytes end within an entry */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const length = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
    const end = offset + 2 + length;
    if (end > bytes.length) {
      throw new RangeError(`the entry bundle ends at byte ${bytes.length}, within an entry`);
    }
    entries.push(new Uint8Array(bytes.subarray(offset + 2, end)));
    offset = end;
  }
  return entries;
}

function assertBundle({ index, width }: EntryBundle): void {
  assertSize(index, 'the tile index');
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new RangeError(`tile width ${width} is not a whole number from 1 to ${TILE_WIDTH}`);
  }
}

function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g)!;
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

function widthPath(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}
