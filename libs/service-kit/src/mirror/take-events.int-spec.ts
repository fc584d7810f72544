/** What is taken of another log while this one is written to at the same moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type ProposedEvent,
  type RecordedEvent,
  currentVersionOf,
  podStream,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { grantsOfLog } from '../data-access/grants';
import { eventTaker } from './take-events';

const podId = 'IT002E60000001';
const stream = podStream(podId);

let count = 0;
const proposed = (type: string, data: object): ProposedEvent => ({
  id: `5f1c8f5e-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
  type,
  schemaVersion: currentVersionOf(type),
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'aggregator:AGG1',
  data: { podId, ...data },
});
const registered = (aggregatorId: string): ProposedEvent =>
  proposed('PodRegistered', {
    aggregatorId,
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_500,
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  });
const declared = (): ProposedEvent =>
  proposed('FlexibilityDeclared', { upW: 500, downW: 0, upVar: 0, downVar: 0 });

let folder: string;
let log: EventStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'take-events-'));
  log = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

/** As the other log shows it. */
const shown = (event: ProposedEvent, position: number) => ({
  event: {
    ...event,
    streamId: stream,
    revision: position,
    position,
    recordedAt: event.occurredAt,
    hash: '',
  } as RecordedEvent,
  isPartial: false,
  text: '',
});

/** The log, into which something is written of its own just before it takes the first event. */
function writtenMeanwhile(own: ProposedEvent): EventStore {
  let isWritten = false;
  return {
    ...log,
    readAll: (...args) => log.readAll(...args),
    readStream: (...args) => log.readStream(...args),
    async append(...args) {
      if (!isWritten) {
        isWritten = true;
        await log.append(stream, 'any', [own]);
      }
      return log.append(...args);
    },
  };
}

async function standing(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of log.readStream(stream)) ids.push(id);
  return ids;
}

const take = (store: EventStore, ...events: ProposedEvent[]) =>
  eventTaker(store, 250, async () => false)(events.map(shown), new Set());

it('a claim that meets another one of this log is judged on it, and nothing of its PoD is taken', async () => {
  const own = registered('AGG1');
  const theirs = registered('AGG2');
  const taken = await take(writtenMeanwhile(own), theirs, declared());
  expect(taken).toEqual([
    {
      isTaken: false,
      fault: {
        kind: 'contradicting',
        reason: expect.stringContaining(`registered for AGG1 in this log (${own.id})`) as string,
      },
    },
    { isTaken: false },
  ]);
  expect(await standing()).toEqual([own.id]);
});

it('a claim that says what was written meanwhile is taken, with what follows', async () => {
  const [own, theirs, after] = [registered('AGG1'), registered('AGG1'), declared()];
  const taken = await take(writtenMeanwhile(own), theirs, after);
  expect(taken).toEqual([{ isTaken: true }, { isTaken: true }]);
  expect(await standing()).toEqual([own.id, theirs.id, after.id]);
});

it('what is no claim is taken behind what was written meanwhile', async () => {
  const own = registered('AGG1');
  await log.append(stream, 'noStream', [own]);
  const [meanwhile, after] = [declared(), declared()];
  expect(await take(writtenMeanwhile(meanwhile), after)).toEqual([{ isTaken: true }]);
  expect(await standing()).toEqual([own.id, meanwhile.id, after.id]);
});

it('who is followed grants nobody data that it does not keep', async () => {
  const grant = (source: string, owner: string): ProposedEvent => ({
    ...proposed('DataAccessGranted', {}),
    data: {
      ...{ source, owner, reader: 'aggregator:AGG2' },
      ...{ dataSets: source === 'grid' ? ['grid'] : ['measurements'], salt: '5a'.repeat(16) },
    },
  });
  const takenOf = async (kept?: { pods: boolean; grid: boolean }): Promise<boolean[]> => {
    const grants = [grant(podId, `customer:${podId}`), grant('grid', 'dso')];
    const taker = eventTaker(log, 250, async () => false, kept);
    return (await taker(grants.map(shown), new Set())).map(({ isTaken }) => isTaken);
  };
  expect(await takenOf()).toEqual([false, false]);
  const grants = grantsOfLog(log);
  await grants.caughtUp();
  expect(grants.readsOf('aggregator:AGG2').dataSets()).toEqual([]);
  expect(await takenOf({ pods: true, grid: false })).toEqual([true, false]);
  await grants.caughtUp();
  expect(grants.readsOf('aggregator:AGG2').dataSets()).toEqual(['measurements']);
});
