/**
 * Rows in which nothing was found, in columns: numbers and names of what is still to be held against the rest of
 * the log, some 200 bytes a row, which another thread can be handed at once.
 */

/** A row in which nothing was found by itself: a packet, or another statement that a node has signed. */
export interface SoundRow {
  readonly position: number;
  readonly id: string;
  readonly streamId: string;
  readonly revision: number;
  readonly type: string;
  readonly occurredMs: number;
  readonly recordedMs: number;
  /** Its hash, which is that of its contents. */
  readonly hash: Uint8Array;
  readonly podId: string;
  /** The one that it is signed with, hex; undefined where signatures are not looked at. */
  readonly publicKey: string | undefined;
  /** Undefined for a statement that is no packet. */
  readonly packet: SoundPacket | undefined;
}

/** What a packet says. */
export interface SoundPacket {
  readonly startMs: number;
  readonly sequence: number;
  readonly energyWh: number;
  readonly reactiveVarh: number;
}

const HASH_BYTES = 32;
const NO_KEY = -1;
/** Numbers of a row. */
const NUMBERS = ['position', 'revision', 'occurredMs', 'recordedMs'] as const;
/** Numbers of a packet. */
const PACKET_NUMBERS = ['startMs', 'sequence', 'energyWh', 'reactiveVarh'] as const;
const NAMES = ['id', 'streamId', 'type', 'podId'] as const;
const ROW_NUMBERS = NUMBERS.length + 1 + PACKET_NUMBERS.length;

/** Sound rows of a stretch; plain data, that can be copied to another thread. */
export interface SoundColumns {
  /** Of a row: its numbers, the place of its key, and those of its packet, NaN for none. */
  readonly numbers: Float64Array;
  readonly hashes: Uint8Array;
  /** Of a row: its names. */
  readonly names: readonly string[];
}

/** @param keys among which those of the rows are */
export function soundColumns(
  rows: readonly SoundRow[],
  placeOfKey: ReadonlyMap<string, number>,
): SoundColumns {
  const numbers = new Float64Array(ROW_NUMBERS * rows.length);
  const hashes = new Uint8Array(HASH_BYTES * rows.length);
  const names: string[] = [];
  let at = 0;
  rows.forEach((row, index) => {
    for (const name of NUMBERS) numbers[at++] = row[name];
    numbers[at++] = row.publicKey === undefined ? NO_KEY : placeOfKey.get(row.publicKey)!;
    for (const name of PACKET_NUMBERS) numbers[at++] = row.packet ? row.packet[name] : NaN;
    for (const name of NAMES) names.push(row[name]);
    hashes.set(row.hash, HASH_BYTES * index);
  });
  return { numbers, hashes, names };
}

/** A row of the columns. */
export function soundRowAt(
  { numbers, hashes, names }: SoundColumns,
  index: number,
  keys: readonly string[],
): SoundRow {
  const at = ROW_NUMBERS * index;
  const ofPacket = at + NUMBERS.length + 1;
  const startMs = numbers[ofPacket]!;
  const name = NAMES.length * index;
  return {
    position: numbers[at]!,
    revision: numbers[at + 1]!,
    occurredMs: numbers[at + 2]!,
    recordedMs: numbers[at + 3]!,
    publicKey: keys[numbers[at + 4]!],
    packet: Number.isNaN(startMs)
      ? undefined
      : {
          startMs,
          sequence: numbers[ofPacket + 1]!,
          energyWh: numbers[ofPacket + 2]!,
          reactiveVarh: numbers[ofPacket + 3]!,
        },
    id: names[name]!,
    streamId: names[name + 1]!,
    type: names[name + 2]!,
    podId: names[name + 3]!,
    hash: hashes.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)),
  };
}
