/** Given events, when they are handed on in the log's order, then spans. */
import type { RecordedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { spansOfLog } from './spans-of-log';

const at = (minute: number): string => new Date(Date.UTC(2026, 2, 17, 10, minute)).toISOString();

/** Recorded two minutes after it happened. */
function event(position: number, type: string, change: Partial<RecordedEvent> = {}): RecordedEvent {
  const commandId = uuidFrom(`command ${position}`);
  return {
    id: uuidFrom(`event ${position}`),
    position,
    revision: 0,
    streamId: `stream-${position}`,
    type,
    schemaVersion: 1,
    occurredAt: at(position),
    recordedAt: at(position + 2),
    correlationId: commandId,
    causationId: commandId,
    actor: 'node:P1',
    data: {},
    hash: 'ab'.repeat(32),
    ...change,
  } as RecordedEvent;
}
const sealed = (position: number, size: number, lastPosition: number) =>
  event(position, 'CheckpointSealed', { data: { size, lastPosition } });
const anchored = (position: number, size: number) =>
  event(position, 'CheckpointAnchored', { data: { size, txHash: '0xab' } });
const hex = (id: string): string => id.replaceAll('-', '');

it('an event lasts from when it happened to when it was recorded, in the trace of its correlation id', () => {
  const packet = event(1, 'MeasurementRecorded');
  expect(spansOfLog(() => true).take(packet)).toEqual([
    {
      traceId: hex(packet.correlationId),
      spanId: hex(packet.id).slice(16),
      name: 'MeasurementRecorded',
      kind: 'internal',
      startMs: Date.parse(at(1)),
      endMs: Date.parse(at(3)),
      attributes: {
        'flexledger.event_id': packet.id,
        'flexledger.stream': 'stream-1',
        'flexledger.position': 1,
        'flexledger.actor': 'node:P1',
      },
    },
  ]);
});

it('what an event has caused stands below it, in whatever process', () => {
  const cause = event(1, 'SessionClosed');
  const { correlationId } = cause;
  const effect = event(2, 'MarketCleared', { correlationId, causationId: cause.id });
  const [above] = spansOfLog(() => true).take(cause);
  const [below] = spansOfLog(() => true).take(effect);
  expect(below).toMatchObject({ traceId: above!.traceId, parentSpanId: above!.spanId });
});

it('an event is anchored with the first checkpoint that covers it, and once', () => {
  const log = spansOfLog(() => true);
  const [first] = log.take(event(1, 'MeasurementRecorded'));
  const [second] = log.take(event(2, 'MeasurementRecorded'));
  expect(log.take(sealed(3, 2, 1))).toEqual([]);
  expect(log.take(anchored(4, 2))).toEqual([
    expect.objectContaining({
      name: 'anchored',
      traceId: first!.traceId,
      parentSpanId: first!.spanId,
      startMs: Date.parse(at(3)),
      endMs: Date.parse(at(6)),
      attributes: { 'flexledger.checkpoint_size': 2, 'flexledger.tx_hash': '0xab' },
    }),
  ]);
  expect(log.take(anchored(5, 2))).toEqual([]);
  log.take(sealed(6, 5, 4));
  expect(log.take(anchored(7, 5)).map(({ parentSpanId }) => parentSpanId)).toEqual([
    second!.spanId,
  ]);
});

it('has the same ids whenever the log is read again', () => {
  const read = () => {
    const log = spansOfLog(() => true);
    return [event(1, 'MeasurementRecorded'), sealed(2, 2, 1), anchored(3, 2)].flatMap((one) =>
      log.take(one).map(({ spanId }) => spanId),
    );
  };
  const ids = read();
  expect(new Set(ids).size).toBe(2);
  expect(read()).toEqual(ids);
});

it('leaves out what is not sampled, and ids that others have made otherwise', () => {
  expect(spansOfLog(() => false).take(event(1, 'MeasurementRecorded'))).toEqual([]);
  const foreign = event(1, 'MeasurementRecorded', { correlationId: 'order 17' });
  expect(spansOfLog(() => true).take(foreign)).toEqual([]);
});

it('keeps the newest of what waits for an anchor', () => {
  const log = spansOfLog(() => true);
  for (let position = 1; position <= 10_001; position += 1) log.take(event(position, 'PodLocated'));
  log.take(sealed(10_002, 10_001, 10_001));
  const last = log.take(anchored(10_003, 10_001));
  expect(last).toHaveLength(5_000);
});
