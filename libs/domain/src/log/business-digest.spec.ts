/** Two logs of one day have one business digest, and a day that differs in substance has another. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { businessDigest } from './business-digest';
import type { RecordedEvent } from './envelope';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Events as some process recorded them: ids, positions and times are its own. */
function recorded(
  matter: readonly { streamId: string; type: string; data: object }[],
  way: number,
): RecordedEvent[] {
  const revisions = new Map<string, number>();
  return matter.map(({ streamId, type, data }, index) => {
    const revision = (revisions.get(streamId) ?? -1) + 1;
    revisions.set(streamId, revision);
    const at = new Date(1_773_700_000_000 + way * 7_919 + index).toISOString();
    const id = `id-${way}-${index}`;
    const of = { correlationId: id, causationId: id, actor: 'dso', schemaVersion: 1, hash: id };
    const position = way * 1_000 + index * (way + 1);
    return { ...of, id, type, data, streamId, revision, position, occurredAt: at, recordedAt: at };
  });
}
async function* iterate(events: readonly RecordedEvent[]): AsyncGenerator<RecordedEvent> {
  yield* events;
}
const digestOf = async (events: readonly RecordedEvent[]): Promise<string> =>
  (await businessDigest(sha256, iterate(events))).digest;

const matter = fc.array(
  fc.record({
    streamId: fc.constantFrom('session-a', 'pod-b', 'meter-c'),
    type: fc.constantFrom('FlexibilityOffered', 'MeasurementRecorded'),
    data: fc.record({ quantityW: fc.integer(), rows: fc.array(fc.integer()) }),
  }),
  { maxLength: 12 },
);

it('ids, positions, times and the order between streams do not count', async () => {
  await fc.assert(
    fc.asyncProperty(matter, fc.nat(9), async (events, way) => {
      const byStream = [...events].sort((a, b) => (a.streamId < b.streamId ? -1 : 1));
      expect(await digestOf(recorded(byStream, way))).toBe(await digestOf(recorded(events, 0)));
    }),
  );
});

it('the order within a stream, a value, an event more or less count', async () => {
  const [one, two] = [1, 2].map((quantityW) => ({
    streamId: 'session-a',
    type: 'FlexibilityOffered',
    data: { quantityW },
  }));
  const digests = await Promise.all(
    [[one!, two!], [two!, one!], [one!], [one!, one!], []].map((list) =>
      digestOf(recorded(list, 0)),
    ),
  );
  expect(new Set(digests).size).toBe(digests.length);
});

it('ids, positions, clock times and transactions inside of what is told do not count', async () => {
  const events = (way: string) => [
    {
      streamId: 's',
      type: 'SessionScheduled',
      data: { registerPosition: way.length, mtuCount: 4 },
    },
    { streamId: 's', type: 'SetpointReceived', data: { podId: 'p', setpointId: way, at: way } },
    { streamId: 's', type: 'TokensAwarded', data: { txHash: way, blockNumber: 1, amount: 5 } },
    { streamId: 's', type: 'Nested', data: { rows: [{ forecastId: way, quantityW: 3 }] } },
  ];
  expect(await digestOf(recorded(events('x'), 0))).toBe(await digestOf(recorded(events('yy'), 1)));
});

it('connections, anomalies, carriage and certification do not count', async () => {
  const noise = ['NodeConnected', 'AnomalyRaised', 'SetpointCarried', 'CheckpointSealed'];
  const events = noise.map((type) => ({ streamId: 's', type, data: {} }));
  expect(await digestOf(recorded(events, 0))).toBe(await digestOf([]));
});
