import { hash } from 'node:crypto';
import fc from 'fast-check';
import {
  decodeEntryBundle,
  encodeEntryBundle,
  entryBundlePath,
  merkleRoot,
  MerkleTree,
  parseTilePath,
  tilePath,
  tilesBetween,
  tileWidthAt,
} from './index';

/** Goal: paths and tiles as C2SP tlog-tiles writes them. Method: its own examples, and laws. */
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

describe('a tile path', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 2, index: 5, width: 7 }, 'tile/2/005.p/7'],
    [{ level: 1, index: 1000, width: 255 }, 'tile/1/x001/000.p/255'],
  ])('of %j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('of an entry bundle has the word entries for the level', () => {
    expect(entryBundlePath({ index: 1234067, width: 3 })).toBe('tile/entries/x001/x234/067.p/3');
    expect(parseTilePath('tile/entries/000')).toEqual({ level: 'entries', index: 0, width: 256 });
  });

  it('is read back as what it was written from', () => {
    const tile = fc.record({
      level: fc.integer({ min: 0, max: 2 }),
      index: fc.oneof(fc.nat(2000), fc.nat(2 ** 28)),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(fc.property(tile, (one) => expect(parseTilePath(tilePath(one))).toEqual(one)));
  });

  it.each([
    ...['tile/0/0', 'tile/0/x000/001', 'tile/0/x001', 'tile/0/001/002', 'tile/00/001'],
    ...['tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/7/000', 'tile/0/000/'],
    ...['tile/0/../000', 'checkpoint', '', 'tile/6/x999/x999/x999/x999/x999/x999/999'],
  ])('is not %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it.each([
    [{ level: 7, index: 0, width: 1 }],
    [{ level: 0, index: -1, width: 1 }],
    [{ level: 0, index: 0, width: 0 }],
    [{ level: 0, index: 0, width: 257 }],
    [{ level: 6, index: 2 ** 40, width: 1 }],
  ])('cannot be had for %j', (tile) => {
    expect(() => tilePath(tile)).toThrow(RangeError);
  });
});

describe('the tiles of a log', () => {
  it('of 70,000 leaves are those that the specification lists', () => {
    const tiles = [...tilesBetween(0, 70_000)];
    const byLevel = [0, 1, 2].map((level) => tiles.filter((tile) => tile.level === level));
    expect(byLevel.map((level) => level.length)).toEqual([274, 2, 1]);
    expect(byLevel.map((level) => level.at(-1)!.width)).toEqual([112, 17, 1]);
    expect(tiles.filter((tile) => tile.width === 256)).toHaveLength(273 + 1);
  });

  it('of 256 leaves are a full tile and a partial one above it', () => {
    expect([...tilesBetween(0, 256)].map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect([...tilesBetween(0, 0)]).toEqual([]);
  });

  it('that are new between two sizes are those whose width differs', () => {
    const sizes = fc
      .tuple(fc.nat(140_000), fc.nat(1000))
      .map(([from, more]) => [from, from + more]);
    fc.assert(
      fc.property(sizes, ([from, to]) => {
        const differing = [...tilesBetween(0, to!)].filter(
          (tile) => tileWidthAt(from!, tile.level, tile.index) !== tile.width,
        );
        expect([...tilesBetween(from!, to!)]).toEqual(differing);
      }),
      { numRuns: 50 },
    );
  });

  it('hold the hashes from which their parents are computed', () => {
    const tree = new MerkleTree(sha256);
    for (let index = 0; index < 600; index += 1) tree.append(Uint8Array.of(index >> 8, index));
    for (const tile of tilesBetween(0, 600)) {
      expect(tree.tile(tile)).toHaveLength(tile.width * 32);
    }
    const parents = tree.tile({ level: 1, index: 0, width: 2 });
    const leavesOfSecond = Array.from({ length: 256 }, (_, index) => Uint8Array.of(1, index));
    expect(Buffer.from(parents.subarray(32))).toEqual(
      Buffer.from(merkleRoot(sha256, leavesOfSecond)),
    );
    expect(Buffer.from(tree.tile({ level: 0, index: 2, width: 1 }))).toEqual(
      Buffer.from(tree.leafHashAt(512)),
    );
    expect(() => tree.tile({ level: 0, index: 2, width: 256 })).toThrow('is not complete yet');
    expect(() => tree.tile({ level: 3, index: 0, width: 1 })).toThrow(RangeError);
  });
});

describe('an entry bundle', () => {
  it('has each entry after its length in two bytes, big-endian', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(7), new Uint8Array(0), new Uint8Array(258)]);
    expect([...bundle.subarray(0, 7)]).toEqual([0, 1, 7, 0, 0, 1, 2]);
  });

  it('is decoded to what was encoded, and refused when it is cut off', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1 }), (entries) => {
        const bundle = encodeEntryBundle(entries);
        expect(decodeEntryBundle(bundle)).toEqual(entries);
        const cut = bundle.subarray(0, bundle.length - 1);
        expect(() => decodeEntryBundle(cut)).toThrow('within an entry');
      }),
    );
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });
});
