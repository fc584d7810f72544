/**
 * What is sent to Kafka at once, so that whoever follows topics can still tell the order of the log. Of events that are
 * sent together one partition may have the second before another has the first; so a message says up to where the log
 * was written before it, and the last of each topic is sent by itself: once it stands, everything before it does.
 */
import type { Message, TopicMessages } from 'kafkajs';

/** An event, as it goes into topics. */
export interface Outgoing {
  readonly position: number;
  readonly messages: readonly { readonly topic: string; readonly message: Message }[];
}

/**
 * Header of a message that was sent together with events before it: the position up to which everything in the log had been
 * written before. Without it that is everything before its own event.
 */
export const WRITTEN_TO = 'flexledger-written-to';

/** Of one topic at once: its messages may all be of one partition, which takes 1 MB in a request unless it was told otherwise. */
const TOPIC_BYTES_AT_MOST = 500_000;

/** What is sent one after another, each of it when all before is written; events in the order of the log. */
export function wavesOf(events: readonly Outgoing[]): TopicMessages[][] {
  return batchesOf(events).flatMap((batch) => {
    const lastOf = new Map<string, number>();
    for (const { position, messages } of batch) {
      for (const { topic } of messages) lastOf.set(topic, position);
    }
    const writtenTo = String(batch[0]!.position - 1);
    const together = new Map<string, Message[]>();
    const alone: TopicMessages[][] = [];
    for (const { position, messages } of batch) {
      const last = messages.filter(({ topic }) => lastOf.get(topic) === position);
      if (last.length > 0) {
        alone.push(last.map(({ topic, message }) => ({ topic, messages: [message] })));
      }
      for (const { topic, message } of messages) {
        if (lastOf.get(topic) === position) continue;
        const headers = { ...message.headers, [WRITTEN_TO]: writtenTo };
        if (!together.has(topic)) together.set(topic, []);
        together.get(topic)!.push({ ...message, headers });
      }
    }
    const first = [...together].map(([topic, messages]) => ({ topic, messages }));
    return first.length > 0 ? [first, ...alone] : alone;
  });
}

/** Events in a row of which no topic gets too much. */
function batchesOf(events: readonly Outgoing[]): Outgoing[][] {
  const batches: Outgoing[][] = [];
  let bytesOf = new Map<string, number>();
  for (const event of events) {
    if (event.messages.length === 0) continue;
    const isFull = event.messages.some(
      ({ topic, message }) => (bytesOf.get(topic) ?? 0) + sizeOf(message) > TOPIC_BYTES_AT_MOST,
    );
    if (isFull || batches.length === 0) {
      batches.push([]);
      bytesOf = new Map();
    }
    batches.at(-1)!.push(event);
    for (const { topic, message } of event.messages) {
      bytesOf.set(topic, (bytesOf.get(topic) ?? 0) + sizeOf(message));
    }
  }
  return batches;
}

/** Key and headers are a few dozen bytes each. */
const OVERHEAD_BYTES = 300;
const sizeOf = ({ value }: Message): number => Buffer.byteLength(value ?? '') + OVERHEAD_BYTES;
