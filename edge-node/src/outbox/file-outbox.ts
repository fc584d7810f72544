import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inOrder } from '@flexledger/runtime';
import type { Outbox, OutboxEntry } from './outbox';
import { WaitingPackets } from './waiting-packets';

/** The outbox file cannot be trusted: it was changed by something else, or the disk is failing. */
export class OutboxDamaged extends Error {
  constructor(path: string, line: number) {
    super(
      `The outbox ${path} is damaged at line ${line}, with sound lines after it. Move the file away ` +
        'and start again; the packets in it that were not answered can be recovered by hand.',
    );
    this.name = 'OutboxDamaged';
  }
}

/** One line of the file, as JSON. */
type Line = { readonly stored: OutboxEntry } | { readonly acknowledged: number };

/** The outbox has as much as it may have: what waits is kept, and nothing is added until some of it is answered. */
export class OutboxFull extends Error {
  constructor(path: string, maxBytes: number) {
    super(
      `The outbox ${path} is full: ${maxBytes} bytes of packets wait for an answer. See that the node is ` +
        'connected, and that its platform answers.',
    );
    this.name = 'OutboxFull';
  }
}

/** Two years of quarter-hours, about. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A file of this size is rewritten with what still waits, unless most of it does. */
const COMPACT_ABOVE_BYTES = 1024 * 1024;

/**
 * An outbox in one file that only grows: a line for each packet, synced to the disk before `store`
 * resolves, and a line for each answer, not synced, because a forgotten answer only makes the node
 * send once more. A line that a power cut has torn off is dropped when the file is opened: it was
 * never promised. The file is written anew, beside the old one and then in its place, when it opens
 * and when it has grown.
 *
 * @param maxBytes what it may take of the disk; `store` rejects with OutboxFull beyond
 * @throws OutboxDamaged when a line other than the last cannot be read
 */
export async function openFileOutbox(path: string, maxBytes = MAX_BYTES): Promise<Outbox> {
  await mkdir(dirname(path), { recursive: true });
  const packets = await replay(path);
  let journal = await rewrite(path, packets);
  let compactAboveBytes = COMPACT_ABOVE_BYTES;
  const write = inOrder();

  const compact = async (): Promise<void> => {
    const grown = journal.handle;
    journal = await rewrite(path, packets);
    await grown.close();
    compactAboveBytes = Math.max(COMPACT_ABOVE_BYTES, 2 * journal.bytes);
  };

  return {
    store: (entry) =>
      write(async () => {
        const isFull = (): boolean => journal.bytes >= maxBytes;
        if (isFull()) await compact();
        if (isFull()) throw new OutboxFull(path, maxBytes);
        await append(journal, { stored: entry }).catch((error: unknown) => {
          throw new Error(
            `Packet ${entry.packet.sequence} could not be kept in the outbox ${path}: ` +
              `${String(error)}. Free space on the disk, or replace it.`,
            { cause: error },
          );
        });
        await journal.handle.datasync();
        packets.add(entry);
      }),
    acknowledge: (sequence) =>
      write(async () => {
        if (!packets.remove(sequence)) return;
        await append(journal, { acknowledged: sequence });
        if (journal.bytes >= compactAboveBytes) await compact();
      }),
    oldest: (limit) => packets.oldest(limit),
    size: () => packets.size(),
    last: () => packets.last(),
    close: () => write(() => journal.handle.close()),
  };
}

interface Journal {
  readonly handle: FileHandle;
  /** Length of what was written whole; what a failed write left behind it is overwritten. */
  bytes: number;
}

async function append(journal: Journal, line: Line): Promise<void> {
  const buffer = Buffer.from(`${JSON.stringify(line)}\n`);
  const { bytesWritten } = await journal.handle.write(buffer, 0, buffer.length, journal.bytes);
  if (bytesWritten < buffer.length) throw new Error('the disk is full');
  journal.bytes += buffer.length;
}

/** Writes what still waits, and the last packet stored, to a new file that takes the old one's place. */
async function rewrite(path: string, packets: WaitingPackets): Promise<Journal> {
  const fresh = `${path}.new`;
  const journal: Journal = { handle: await open(fresh, 'w'), bytes: 0 };
  const entries = packets.entries();
  const last = packets.last();
  for (const entry of entries) await append(journal, { stored: entry });
  if (last && entries.at(-1) !== last) {
    await append(journal, { stored: last });
    await append(journal, { acknowledged: last.packet.sequence });
  }
  await journal.handle.sync();
  await rename(fresh, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
  return journal;
}

async function replay(path: string): Promise<WaitingPackets> {
  const packets = new WaitingPackets();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  // Sound text ends with a line feed, so what stands after the last one is torn.
  lines.pop();
  lines.forEach((line, index) => {
    const parsed = parseLine(line);
    if (!parsed) {
      if (index === lines.length - 1) return;
      throw new OutboxDamaged(path, index + 1);
    }
    if ('stored' in parsed) packets.add(parsed.stored);
    else packets.remove(parsed.acknowledged);
  });
  return packets;
}

function parseLine(line: string): Line | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<'acknowledged', number>> & {
      stored?: OutboxEntry;
    };
    const sequence = value.stored?.packet.sequence ?? value.acknowledged;
    return Number.isSafeInteger(sequence) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
