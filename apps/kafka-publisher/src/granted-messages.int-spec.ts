/** What a reader by grant gets in its topic: what is recorded while the grant stands, as it is published. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RecordedEvent, currentVersionOf } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { partyLog } from '@flexledger/service-kit';
import { messagesOf } from './publisher';
import { topicsOf } from './topics';

it('a topic of measurements has those of a PoD that is another’s, while its customer grants it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-grants-'));
  const store = openSqliteEventStore({ path: path.join(folder, 'events.db'), clock: wallClock });
  const log = partyLog(store);
  let count = 0;
  const append = async (streamId: string, type: string, data: object): Promise<void> => {
    const id = uuidFrom(`${(count += 1)}`);
    const occurredAt = '2026-03-17T10:00:00.000Z';
    const schemaVersion = currentVersionOf(type);
    const caused = { occurredAt, correlationId: id, causationId: id, actor: 'test' };
    await store.append(streamId, 'any', [{ id, type, schemaVersion, ...caused, data }]);
  };
  const measure = async (sequence: number): Promise<RecordedEvent> => {
    await append('meter-IT1', 'MeasurementRecorded', { podId: 'IT1', sequence });
    let last: RecordedEvent | undefined;
    for await (const event of store.readStream('meter-IT1')) last = event;
    return last!;
  };
  const topicsWith = async (event: RecordedEvent): Promise<string[]> =>
    (await messagesOf(log, event, topicsOf(['alfa', 'beta']))).map(({ topic }) => topic);
  const access = { source: 'IT1', reader: 'aggregator:beta', owner: 'customer:IT1', salt: '00' };
  const all = ['measurements_market', 'packets_SCD', 'measurements_alfa', 'measurements_beta'];

  await append('pod-IT1', 'PodRegistered', { podId: 'IT1', aggregatorId: 'alfa' });
  const before = await measure(0);
  expect(await topicsWith(before)).toEqual(all.slice(0, 3));
  const granted = { ...access, dataSets: ['measurements'] };
  await append('data-access-IT1', 'DataAccessGranted', granted);
  const within = await measure(1);
  expect(await topicsWith(within)).toEqual(all);
  expect(await topicsWith(before)).toEqual(all.slice(0, 3));
  await append('data-access-IT1', 'DataAccessRevoked', { ...access, reason: 'over' });
  // Recorded while it was granted, and published too late.
  expect(await topicsWith(within)).toEqual(all.slice(0, 3));
  expect(await topicsWith(await measure(2))).toEqual(all.slice(0, 3));
  await store.close();
  rmSync(folder, { recursive: true });
});
