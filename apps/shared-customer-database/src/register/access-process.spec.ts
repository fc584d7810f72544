/** Given grants of a PoD, when it is unregistered, then they end; those of others stand. */
import {
  type DataAccessEvent,
  type RecordedEvent,
  dataAccessDecider,
  dataAccessStream,
  ownerOfSource,
} from '@flexledger/domain';
import {
  contextOf,
  createCommandHandler,
  createMemoryLog,
  openMemoryEventStore,
} from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { accessProcess } from './access-process';

const [LEAVES, STAYS] = ['IT002E60000001', 'IT002E60000002'];
const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00Z'));
const log = openMemoryEventStore({ log: createMemoryLog(), clock });
const commands = createCommandHandler({ store: log, clock, decider: dataAccessDecider });
const left = {
  id: '00db7293-548b-871c-9028-8a557829f831',
  correlationId: '00db7293-548b-871c-9028-8a557829f831',
  type: 'PodUnregistered',
  data: { podId: LEAVES, reason: 'moved' },
} as unknown as RecordedEvent;

async function grant(source: string, reader: string): Promise<void> {
  const by = ownerOfSource(source);
  await commands.handle(
    dataAccessStream(source),
    { kind: 'grantAccess', by, source, reader, dataSets: ['measurements'], salt: 'ab'.repeat(16) },
    contextOf(`${source}/${reader}`, source, by),
  );
}

async function told(source: string): Promise<string[]> {
  const found: string[] = [];
  for await (const event of log.readStream(dataAccessStream(source))) {
    const { type, data } = event as unknown as DataAccessEvent;
    found.push(`${type} ${'reader' in data ? data.reader : ''}`);
  }
  return found;
}

it('ends what its customer has granted, once however often it is handed on', async () => {
  await grant(LEAVES!, 'aggregator:AGG2');
  await grant(LEAVES!, 'tso');
  await grant(STAYS!, 'tso');
  const { handle } = accessProcess(log, clock);
  await handle(left);
  await handle(left);
  expect(await told(LEAVES!)).toEqual([
    'DataAccessGranted aggregator:AGG2',
    'DataAccessGranted tso',
    'DataAccessRevoked aggregator:AGG2',
    'DataAccessRevoked tso',
  ]);
  expect(await told(STAYS!)).toEqual(['DataAccessGranted tso']);
});
