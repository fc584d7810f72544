import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { openFileOutbox } from './file-outbox';
import { memoryOutbox } from './memory-outbox';
import type { Outbox, OutboxEntry } from './outbox';

// Goal: a packet is there until it is answered, through restarts and power cuts. Method: one contract
// for both kinds; then the file of the durable one is cut and damaged at every place.

const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `node-${(files += 1)}`, 'outbox.jsonl');

function entry(sequence: number): OutboxEntry {
  const podId = 'IT002E60776854';
  const counted = { withdrawnTotalWh: 100 * sequence, injectedTotalWh: 0 };
  const inputData = {
    podId,
    sequence,
    mtuStart: '2026-03-17T10:00:00.000Z',
    withdrawnWh: 100,
    injectedWh: 0,
    reactiveVarh: 0,
    ...counted,
  };
  return {
    packet: { podId, sequence, inputData, hash: 'h', signedHash: 's', publicKey: 'k' },
    closing: { ...counted, reactiveTotalVarh: sequence, powerW: 400 },
  };
}

const sequences = (outbox: Outbox, limit = Infinity): number[] =>
  outbox.oldest(limit).map(({ sequence }) => sequence);

async function storeAll(outbox: Outbox, upTo: number): Promise<void> {
  for (let sequence = 0; sequence <= upTo; sequence += 1) await outbox.store(entry(sequence));
}

describe.each([
  ['in memory', async () => memoryOutbox()],
  ['on disk', () => openFileOutbox(newPath())],
])('an outbox %s', (_name, create) => {
  it('keeps packets in order until each is answered', async () => {
    const outbox = await create();
    expect(outbox.last()).toBeUndefined();
    await storeAll(outbox, 4);
    await outbox.acknowledge(0);
    await outbox.acknowledge(2);
    expect(sequences(outbox)).toEqual([1, 3, 4]);
    expect(sequences(outbox, 2)).toEqual([1, 3]);
    expect(outbox.size()).toBe(3);
    await outbox.close();
  });

  it('is not moved by an answer to nothing', async () => {
    const outbox = await create();
    await storeAll(outbox, 1);
    for (const sequence of [7, 0, 0, -1]) await outbox.acknowledge(sequence);
    expect(sequences(outbox)).toEqual([1]);
    await outbox.close();
  });

  it('remembers the last packet after its answer', async () => {
    const outbox = await create();
    await storeAll(outbox, 2);
    for (const sequence of [0, 1, 2]) await outbox.acknowledge(sequence);
    expect(outbox.size()).toBe(0);
    expect(outbox.last()).toEqual(entry(2));
    await outbox.close();
  });
});

describe('an outbox on disk', () => {
  it('is the same after a restart', async () => {
    const path = newPath();
    const before = await openFileOutbox(path);
    await storeAll(before, 5);
    for (const sequence of [1, 5]) await before.acknowledge(sequence);
    await before.close();
    const after = await openFileOutbox(path);
    expect(sequences(after)).toEqual([0, 2, 3, 4]);
    expect(after.last()).toEqual(entry(5));
    await after.close();
  });

  it('loses no stored packet wherever a power cut tears its file', async () => {
    const path = newPath();
    const outbox = await openFileOutbox(path);
    await outbox.store(entry(0));
    await outbox.store(entry(1));
    await outbox.acknowledge(0);
    await outbox.store(entry(2));
    await outbox.close();
    const bytes = readFileSync(path);
    const lineEnds = [...bytes.keys()].filter((at) => bytes[at] === 0x0a);
    const afterLines = [[], [0], [0, 1], [1], [1, 2]];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length }),
        fc.boolean(),
        async (cut, zeros) => {
          const torn = newPath();
          await (await openFileOutbox(torn)).close();
          // A file system may also leave zeros where the data never came.
          writeFileSync(
            torn,
            Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(zeros ? 64 : 0)]),
          );
          const reopened = await openFileOutbox(torn);
          const wholeLines = lineEnds.filter((at) => at < cut).length;
          expect(sequences(reopened)).toEqual(afterLines[wholeLines]);
          await reopened.store(entry(9));
          await reopened.close();
          const again = await openFileOutbox(torn);
          expect(sequences(again)).toEqual([...afterLines[wholeLines]!, 9]);
          await again.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses a file damaged in the middle, and leaves it as it is', async () => {
    const path = newPath();
    const outbox = await openFileOutbox(path);
    await storeAll(outbox, 2);
    await outbox.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    const damaged = [lines[0], '{"stored":', ...lines.slice(2)].join('\n');
    writeFileSync(path, damaged);
    await expect(openFileOutbox(path)).rejects.toThrow(`The outbox ${path} is damaged at line 2`);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  it('does not grow for ever', async () => {
    const path = newPath();
    const outbox = await openFileOutbox(path);
    const bulky = { ...entry(0).packet, publicKey: 'x'.repeat(50_000) };
    for (let sequence = 0; sequence < 60; sequence += 1) {
      await outbox.store({ ...entry(0), packet: { ...bulky, sequence } });
      if (sequence > 0) await outbox.acknowledge(sequence);
    }
    expect(statSync(path).size).toBeLessThan(1.2 * 1024 * 1024);
    expect(sequences(outbox)).toEqual([0]);
    await outbox.close();
    const after = await openFileOutbox(path);
    expect(sequences(after)).toEqual([0]);
    expect(after.last()?.packet.sequence).toBe(59);
    await after.close();
  });

  it('takes no more of the disk than it may, and goes on when some of it is answered', async () => {
    const path = newPath();
    const outbox = await openFileOutbox(path, 2_000);
    const full = 'is full: 2000 bytes of packets wait for an answer';
    await expect(storeAll(outbox, 20)).rejects.toThrow(full);
    const kept = sequences(outbox);
    expect(kept.length).toBeGreaterThan(3);
    expect(statSync(path).size).toBeLessThan(2_500);
    for (const sequence of kept.slice(0, 3)) await outbox.acknowledge(sequence);
    await outbox.store(entry(20));
    expect(sequences(outbox)).toEqual([...kept.slice(3), 20]);
    await outbox.close();
  });

  it('does not claim to keep what it cannot write', async () => {
    const outbox = await openFileOutbox(newPath());
    await outbox.store(entry(0));
    await outbox.close();
    await expect(outbox.store(entry(1))).rejects.toThrow(
      'Packet 1 could not be kept in the outbox',
    );
    expect(sequences(outbox)).toEqual([0]);
  });
});

const smallDisk = mountedSmallDisk();
const onFullDisk = smallDisk === undefined ? describe.skip : describe;

onFullDisk(
  `a disk that is full${smallDisk === undefined ? ' (left out: no tmpfs can be mounted)' : ''}`,
  () => {
    afterAll(() => void spawnSync('umount', [smallDisk!]));

    it('takes no packet more and loses none; once there is room again, all goes on', async () => {
      const path = join(smallDisk!, 'outbox');
      const outbox = await openFileOutbox(path);
      await storeAll(outbox, 3);
      const hog = join(smallDisk!, 'hog');
      // Until the last byte: a packet that begins to be written is torn.
      for (let bytes = 4_096; bytes >= 1; bytes /= 2) {
        for (let isFull = false; !isFull;) {
          try {
            appendFileSync(hog, Buffer.alloc(bytes));
          } catch {
            isFull = true;
          }
        }
      }
      await expect(
        (async () => {
          for (let sequence = 4; sequence < 40; sequence += 1) await outbox.store(entry(sequence));
        })(),
      ).rejects.toThrow(/could not be kept in the outbox .* Free space on the disk/);
      const kept = sequences(outbox);
      expect(kept).toEqual(kept.map((_, index) => index));
      rmSync(hog);
      await outbox.store(entry(100));
      await outbox.close();
      const again = await openFileOutbox(path);
      expect(sequences(again)).toEqual([...kept, 100]);
      await again.close();
    });
  },
);

/** A folder on a disk of 64 kB; undefined where none can be mounted. */
function mountedSmallDisk(): string | undefined {
  const at = join(folder, 'small-disk');
  mkdirSync(at);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at]);
  return status === 0 ? at : undefined;
}
