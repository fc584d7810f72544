/** Messages of a data server, the long ones in a thread: eight megabytes of XML take seconds, and others are answered meanwhile. */
import { createWorkThread } from '@flexledger/runtime';
import { SHORT_MESSAGE_BYTES, isCim } from '@flexledger/service-kit';
import type { Places } from './cim-measurements';
import { type MessageContents, type MessageJob, type OperationTopic, work } from './message-thread';

const thread = createWorkThread<MessageJob, MessageContents[OperationTopic]>({
  name: 'reading of a message',
  file: require.resolve('./message-thread'),
  mostSeconds: 60,
  mostHeapMb: 1_500,
});

/**
 * What a message says; long ones one after another.
 *
 * @param network the published model, whose places CIM names; asked for where they are
 * @throws Error saying what of it cannot be read, also where that takes too much time or memory
 */
export async function readMessage<Kind extends OperationTopic>(
  kind: Kind,
  payload: Buffer,
  network: () => Promise<Places>,
): Promise<MessageContents[Kind]> {
  const isShort = payload.length <= SHORT_MESSAGE_BYTES;
  const isOfPlaces = (kind === 'scada' || kind === 'measurements') && isCim(payload);
  const places = isOfPlaces ? placesOf(await network()) : undefined;
  const job: MessageJob = { kind, bytes: payload, places };
  const contents = isShort ? work(job) : await thread.run(job);
  return contents as MessageContents[Kind];
}

/** No more of a model than is asked of it: it is copied into the thread. */
function placesOf({ buses, lines, transformers }: Places): Places {
  return {
    buses: buses.map(({ id, vnKv }) => ({ id, vnKv })),
    lines: lines.map(({ id }) => ({ id })),
    transformers: transformers.map(({ id }) => ({ id })),
  };
}
