import type { MeasurementPacket } from '@flexledger/domain';
import { memoryOutbox } from '../outbox/memory-outbox';
import { createPacketSender } from './packet-sender';

// Goal: every packet goes in order, again until it is answered, and never more than a window at once.

/** A sender over an outbox with `count` packets; `published` is what the broker took, in order. */
async function senderWith(count: number, resendEveryMs = 60_000) {
  const outbox = memoryOutbox();
  for (let sequence = 0; sequence < count; sequence += 1) {
    const packet = { sequence } as MeasurementPacket;
    const closing = { withdrawnTotalWh: 0, injectedTotalWh: 0, reactiveTotalVarh: 0, powerW: 0 };
    await outbox.store({ packet, closing });
  }
  const published: number[] = [];
  const messages: number[] = [];
  const broker = { isUp: true };
  const sender = createPacketSender({
    outbox,
    resendEveryMs,
    publish: async (packets) => {
      if (!broker.isUp) throw new Error('no connection');
      messages.push(packets.length);
      published.push(...packets.map(({ sequence }) => sequence));
    },
  });
  return { sender, published, messages, broker, outbox };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the packet sender', () => {
  it('sends each packet once while answers are awaited', async () => {
    const { sender, published } = await senderWith(3);
    await sender.sendDue();
    await sender.sendDue();
    expect(published).toEqual([0, 1, 2]);
    sender.close();
  });

  it('sends again what has no answer when the connection is back', async () => {
    const { sender, published, broker } = await senderWith(3);
    await sender.sendDue();
    await sender.acknowledge([1]);
    broker.isUp = false;
    await sender.resume();
    broker.isUp = true;
    await sender.resume();
    expect(published).toEqual([0, 1, 2, 0, 2]);
    sender.close();
  });

  it('sends again what stays without an answer', async () => {
    const { sender, published } = await senderWith(2, 5);
    await sender.sendDue();
    await sender.acknowledge([0]);
    while (published.length < 4) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(published.slice(0, 4)).toEqual([0, 1, 1, 1]);
    sender.close();
  });

  it('puts twenty into a message, and goes on with as many as were answered together', async () => {
    const { sender, messages } = await senderWith(130);
    await sender.sendDue();
    expect(messages).toEqual([20, 20, 20, 20, 20]);
    await sender.acknowledge(upTo(25));
    expect(messages.slice(5)).toEqual([20, 5]);
    sender.close();
  });

  it('keeps a hundred under way and works through a long outage', async () => {
    const { sender, published, outbox } = await senderWith(350);
    await sender.sendDue();
    expect(published).toEqual(upTo(100));
    const empty = sender.whenEmpty();
    for (let next = 0; next < published.length; next += 1) {
      await sender.acknowledge([published[next]!]);
      expect(published.length - next - 1).toBeLessThanOrEqual(100);
    }
    await empty;
    expect(published).toEqual(upTo(350));
    expect(outbox.size()).toBe(0);
  });
});
