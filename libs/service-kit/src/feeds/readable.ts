/** Messages of feeds that are passed on: whether they can be read at all, long ones beside the process. */
import { createWorkThread } from '@flexledger/runtime';
import { work } from './readable-thread';

/** A shorter message is read within some ten milliseconds; eight megabytes of tiny elements take seconds. */
export const SHORT_MESSAGE_BYTES = 64 * 1_024;

const thread = createWorkThread<Uint8Array, void>({
  name: 'reading of a message',
  file: require.resolve('./readable-thread'),
  mostSeconds: 60,
  mostHeapMb: 1_500,
});

/** @throws Error saying why it cannot be read, also where that takes too much time or memory */
export async function requireReadable(payload: Buffer): Promise<void> {
  if (payload.length <= SHORT_MESSAGE_BYTES) work(payload);
  else await thread.run(payload);
}
