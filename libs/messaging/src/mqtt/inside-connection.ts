import type { Aedes, AedesPublishPacket } from 'aedes';
import type { Readable } from 'node:stream';
import {
  NotConnected,
  type TopicConnection,
  type TopicConnectionOptions,
} from './topic-connection';

/** What a connection inside the broker's process is opened with: it signs in nowhere and may do everything. */
export type InsideConnectionOptions = Pick<
  TopicConnectionOptions,
  'clientId' | 'subscribe' | 'greeting' | 'goodbye' | 'onMessage' | 'onProblem'
>;

/**
 * A connection of who runs in the broker's process: what is published reaches it without a socket, a second parser and an
 * acknowledgement of the protocol, which take longer than all that a packet's signature is not. It stands for as long as the
 * broker does.
 */
export function openInsideConnection(
  aedes: Aedes,
  options: InsideConnectionOptions,
): TopicConnection {
  const { clientId, subscribe, greeting, goodbye, onMessage, onProblem } = options;
  let isOpen = true;
  let isUp = false;
  const receive = ({ topic, payload }: AedesPublishPacket): void => {
    if (!isOpen) return;
    try {
      onMessage(topic, payload as Buffer);
    } catch (error) {
      onProblem?.(`${clientId}: a message on ${topic} was lost: ${String(error)}`);
    }
  };
  const deliver = (packet: AedesPublishPacket, done: () => void): void => {
    receive(packet);
    done();
  };
  const send: TopicConnection['publish'] = (topic, payload, { qos, retain }) =>
    new Promise((resolve, reject) => {
      if (aedes.closed) return reject(new NotConnected(clientId));
      const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain } as const;
      // The answer to a node that does not read waits in its socket, and nobody else with it.
      if (qos === 0) resolve();
      aedes.publish({ ...packet, dup: false }, (error) =>
        error ? reject(new NotConnected(clientId, error)) : resolve(),
      );
    });
  const begin = async (): Promise<void> => {
    for (const topic of subscribe) {
      await new Promise<void>((resolve) => aedes.subscribe(topic, deliver, resolve));
    }
    for await (const packet of retained(aedes, subscribe)) receive(packet);
    await greeting?.(send);
    isUp = isOpen;
  };
  const ready = begin();
  ready.catch(() => {}); // whoever waits for it sees the error; nobody has to
  return {
    ready,
    isConnected: () => isUp && !aedes.closed,
    publish: (...said) => (isUp ? send(...said) : Promise.reject(new NotConnected(clientId))),
    async close() {
      if (!isOpen) return;
      if (isUp && !aedes.closed) await goodbye?.(send).catch(() => {});
      isOpen = false;
      isUp = false;
      for (const topic of subscribe) aedes.unsubscribe(topic, deliver, () => {});
    },
  };
}

/** What the broker keeps of topics for who subscribes later. */
function retained(aedes: Aedes, subscribe: readonly string[]): AsyncIterable<AedesPublishPacket> {
  const { persistence } = aedes as unknown as {
    persistence: { createRetainedStreamCombi(filters: readonly string[]): Readable };
  };
  return persistence.createRetainedStreamCombi(subscribe);
}
