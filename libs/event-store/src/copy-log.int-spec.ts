/** A log goes from one engine into another and is the same there; what is not its beginning is left as it is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { LogsDiffer, copyLog } from './copy-log';
import { startLogServer } from './kurrentdb-server/log-server';
import { openLog } from './open-log';
import type { EventStore } from './port';
import { openSqliteEventStore } from './sqlite/sqlite-event-store';
import { collect, testEvent, testEvents } from './testing/events';
import { startPostgres, whyNoPostgres } from './postgres/machine-postgres';

const START_MS = Date.parse('2026-03-17T10:00:00.000Z');
let folder: string;
let nowMs = START_MS;
const clock = { nowMs: () => nowMs };
const closing: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'copy-log-'));
  nowMs = START_MS;
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

/** A log of three streams, written at several instants, with an event of each kind of text. */
async function source(): Promise<EventStore> {
  const log = opened(openSqliteEventStore({ path: path.join(folder, 'source.db'), clock }));
  for (let hour = 0; hour < 5; hour += 1) {
    await log.append('pod-a', 'any', testEvents(`a/${hour}`, 3));
    await log.append('pod-b', 'any', [testEvent(`b/${hour}`, { data: { text: 'é"\\\u2028' } })]);
    nowMs += 3_600_000;
    await log.append('pod-a', 'any', testEvents(`later/${hour}`, 700));
  }
  return log;
}

function opened<Log extends EventStore>(log: Log): Log {
  closing.push(() => log.close());
  return log;
}

/** What a reader sees but for positions, which are each engine's own. */
const told = async (log: EventStore): Promise<Omit<RecordedEvent, 'position'>[]> =>
  (await collect(log.readAll())).map(({ position: _, ...event }) => event);

const copyInto = (
  from: EventStore,
  to: EventStore,
  saw: (events: number) => void = () => undefined,
) => copyLog(from, to, (recordedAtMs) => (nowMs = recordedAtMs), saw);

async function servedLog(): Promise<EventStore> {
  const log = opened(openSqliteEventStore({ path: path.join(folder, 'served.db'), clock }));
  const server = await startLogServer({
    log,
    host: '127.0.0.1',
    port: 0,
    rightsOf: () => ({ mayAppend: true }),
    onProblem: (problem) => {
      throw new Error(problem);
    },
    onRecordedAt: (recordedAtMs) => (nowMs = recordedAtMs),
  });
  closing.push(() => server.close());
  const url = `esdb://127.0.0.1:${server.port}?tls=false`;
  return opened(await openLog({ dataDir: folder, url, namespace: 'rome' }, { clock }));
}

async function postgresLog(): Promise<EventStore> {
  const server = await startPostgres();
  closing.push(() => server.close());
  const place = { dataDir: folder, url: server.url, namespace: `copy_${process.pid}` };
  return opened(await openLog(place, { clock }));
}

const engines: readonly (readonly [string, () => Promise<EventStore>, string | undefined])[] = [
  ['KurrentDB’s protocol', servedLog, undefined],
  ['PostgreSQL', postgresLog, whyNoPostgres()],
];

for (const [engine, open, whyNot] of engines) {
  const run = whyNot === undefined ? it : it.skip;
  run(
    `is the same log over ${engine}: ids, revisions, hashes, times${whyNot ? ` (${whyNot})` : ''}`,
    async () => {
      const from = await source();
      const to = await open();
      const seen: number[] = [];
      expect(await copyInto(from, to, (events) => seen.push(events))).toEqual({
        found: 0,
        written: 3_520,
      });
      expect(await told(to)).toEqual(await told(from));
      expect(seen.at(-1)).toBe(3_520);

      expect(await copyInto(from, to)).toEqual({ found: 3_520, written: 0 });
    },
  );
}

it('goes on where it was cut off, and with what the source has gained', async () => {
  const from = await source();
  const to = opened(openSqliteEventStore({ path: path.join(folder, 'copy.db'), clock }));
  const cut = new Error('cut off');
  const copying = copyInto(from, to, (events) => {
    if (events > 1_000) throw cut;
  });
  await expect(copying).rejects.toBe(cut);
  const stood = (await told(to)).length;
  expect(stood).toBeGreaterThan(1_000);

  nowMs = START_MS + 24 * 3_600_000;
  await from.append('pod-c', 'noStream', testEvents('new', 2));
  expect(await copyInto(from, to)).toEqual({ found: stood, written: 3_522 - stood });
  expect(await told(to)).toEqual(await told(from));
});

it.each([
  [
    'holds another event',
    [testEvent('a/0/0', { data: { name: 'other' } })],
    /event 0 is MeasurementRecorded 0/,
  ],
  ['holds one more', [...testEvents('a/0', 3)], undefined],
])('writes nothing where the destination %s', async (_, standing, reason) => {
  const from = await source();
  const to = opened(openSqliteEventStore({ path: path.join(folder, 'copy.db'), clock }));
  nowMs = START_MS;
  await to.append('pod-a', 'noStream', standing);
  if (reason === undefined) await to.append('pod-z', 'noStream', testEvents('z', 1));
  const before = await told(to);
  await expect(copyInto(from, to)).rejects.toThrow(LogsDiffer);
  await expect(copyInto(from, to)).rejects.toThrow(
    reason ?? /event 3 is .* of pod-b in the source/,
  );
  expect(await told(to)).toEqual(before);
});

it('says that a copy has grown by itself', async () => {
  const from = await source();
  const to = opened(openSqliteEventStore({ path: path.join(folder, 'copy.db'), clock }));
  await copyInto(from, to);
  await to.append('pod-z', 'noStream', testEvents('z', 1));
  await expect(copyInto(from, to)).rejects.toThrow(/more events than the 3520 of the source/);
});
