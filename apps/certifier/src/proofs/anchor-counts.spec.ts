/** Given anchors in the log, when one is asked for, then its place among them; and what was read is not read again. */
import type { RecordedEvent } from '@flexledger/domain';
import { createAnchorCounts } from './anchor-counts';

const CONTRACT = `0x${'a1'.repeat(20)}`;
const started = { type: 'CertifierStarted', data: { chainId: 31337, anchorContract: CONTRACT } };
const anchored = (size: number) => ({ type: 'CheckpointAnchored', data: { size } });

/** A certifier's stream that tells what of it was read. */
function streamOf(events: { type: string; data: object }[]) {
  const read: number[] = [];
  return {
    read,
    async *readStream(_: string, from = 0) {
      for (let revision = from; revision < events.length; revision += 1) {
        read.push(revision);
        yield { ...events[revision]!, revision } as unknown as RecordedEvent;
      }
    },
  };
}

it('counts each up to the last time that it was anchored', async () => {
  const log = streamOf([started, anchored(5), anchored(9), anchored(5), anchored(12)]);
  const counts = createAnchorCounts(log);
  const of = async (size: number) => (await counts.upTo(size)).anchors;
  expect([await of(5), await of(9), await of(12), await of(7)]).toEqual([3, 2, 4, 0]);
  expect(await counts.upTo(9)).toEqual({ anchors: 2, chainId: 31337, contract: CONTRACT });
});

it('reads each event once, also when many ask at once, and what came since', async () => {
  const events = [started, anchored(5)];
  const log = streamOf(events);
  const counts = createAnchorCounts(log);
  await Promise.all([counts.upTo(5), counts.upTo(5)]);
  events.push(anchored(9));
  expect((await counts.upTo(9)).anchors).toBe(2);
  expect(log.read).toEqual([0, 1, 2]);
});

it('follows a certifier to another contract', async () => {
  const contract = `0x${'b2'.repeat(20)}`;
  const other = { type: 'CertifierStarted', data: { chainId: 1, anchorContract: contract } };
  expect(await createAnchorCounts(streamOf([started, other])).upTo(0)).toEqual({
    anchors: 0,
    chainId: 1,
    contract,
  });
});
