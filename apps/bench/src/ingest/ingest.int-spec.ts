/** The bench's nodes against its access layer, both in this process: every packet is answered, and stands once. */
import path from 'node:path';
import { MTU_MS } from '@flexledger/domain';
import { wallClock } from '@flexledger/runtime';
import { inTemporaryFolder } from '../leave-nothing';
import { type Load, generateLoad } from './generate-load';
import { serveIngest } from './serve-ingest';

const NODES = 3;
const firstMtuMs = Math.floor(wallClock.nowMs() / MTU_MS) * MTU_MS - 100 * MTU_MS;

it.each<[string, Pick<Load, 'together' | 'packets' | 'perSecond'>]>([
  ['as fast as answers come, twenty together', { together: 20, packets: 120 }],
  ['at a rate, each by itself', { together: 1, packets: 60, perSecond: 300 }],
])('packets %s', async (_, load) => {
  const { answer, recorded, logBytes, archivedBytesPerPacket } = await inTemporaryFolder((folder) =>
    serveIngest(path.join(folder, 'log.sqlite'), NODES, (broker) =>
      generateLoad(broker, { ...load, nodes: NODES, firstMtuMs }),
    ),
  );
  expect(answer.packets).toBe(load.packets);
  expect(recorded).toBe(load.packets);
  expect(logBytes).toBeGreaterThan(300 * load.packets);
  expect(archivedBytesPerPacket).toBeLessThan(200);
  expect(archivedBytesPerPacket).toBeGreaterThan(96);
  expect(answer.p50Ms).toBeGreaterThan(0);
  expect(answer.p99Ms).toBeGreaterThanOrEqual(answer.p50Ms);
  expect(answer.steadyP99Ms).toBeGreaterThan(0);
  if (load.perSecond) {
    expect(answer.packets / answer.seconds).toBeLessThanOrEqual(load.perSecond);
  }
});

it('a platform that refuses a packet ends the measurement in words', async () => {
  const future = wallClock.nowMs() + 1_000 * MTU_MS;
  const measured = inTemporaryFolder((folder) =>
    serveIngest(path.join(folder, 'log.sqlite'), 1, (broker) =>
      generateLoad(broker, { nodes: 1, packets: 1, together: 1, firstMtuMs: future }),
    ),
  );
  await expect(measured).rejects.toThrow('was refused: wrong-time');
});
