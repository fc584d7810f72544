export { emptyRoot, HASH_BYTES, leafHash, sameBytes, type Sha256 } from './hashing';
export { MerkleFrontier, merkleRoot } from './frontier';
export { MerkleTree } from './tree';
export { BLOCK_HASHES, type HashBlocks, HashesMissing } from './hash-row';
export * from './verify';
export {
  CHECKPOINT_PATH,
  decodeEntryBundle,
  encodeEntryBundle,
  entryBundlePath,
  type EntryBundle,
  parseTilePath,
  type Tile,
  TILE_WIDTH,
  tilePath,
  tilesBetween,
  tileWidthAt,
} from './tiles';
export * from './checkpoint';
export * from './cosignature';
export * from './contracts-change';
export * from './key-change';
export * from './witness-request';
export * from './tlog-proof';
export * from './distribution';
export { checksumAddress } from './address';
export { keccak256Into } from './keccak';
