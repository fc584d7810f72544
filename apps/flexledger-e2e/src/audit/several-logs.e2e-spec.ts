/**
 * Logs of several organisations held together: of a whole day, which a DSO and an aggregator followed by their
 * mirrors, nothing is said otherwise; each lie of either side is named, with the liar's signed words where
 * there are any.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rehashed } from '@flexledger/audit';
import { type LogComparison, openStoredLog } from '@flexledger/audit-cli';
import type { MirroredEvent, StoredRow } from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { canonicalJson, sha256, uuidFrom } from '@flexledger/identity';
import Database from 'libsql';
import { serveSimulatedDay } from '../testing/served-day';
import { followMarket } from './testing/followed-market';
import { runAudit } from './testing/run-audit';

const PARTIES = ['dso', 'aggregator:AGG1'] as const;
type Follower = (typeof PARTIES)[number];

let folder: string;
const inFolder = (name: string): string => path.join(folder, name.replace(':', '-'));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-several-'));
  const market = await serveSimulatedDay(6);
  try {
    for (const party of PARTIES) await followMarket(market, party, inFolder(party));
    mkdirSync(inFolder('market'));
    const db = new Database(logFile(market.dataDir));
    // With what the open log has not put into its file yet.
    db.prepare('VACUUM INTO ?').run(logFile(inFolder('market')));
    db.close();
  } finally {
    await market.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Copies of both logs, changed by one of the two, and what the audit finds. */
async function found(
  party: Follower,
  lie: { readonly market?: Change; readonly own?: Change } = {},
): Promise<LogComparison & { readonly exitCode: unknown }> {
  const copies = mkdtempSync(path.join(folder, 'lie-'));
  const [market, own] = ['market', 'own'].map((name) => path.join(copies, name));
  cpSync(inFolder('market'), market!, { recursive: true });
  cpSync(inFolder(party), own!, { recursive: true });
  lie.market?.(logFile(market!));
  lie.own?.(logFile(own!));
  const { text, exitCode } = await runAudit(
    ...['--data', own!, '--against', `market=${market!}`, '--json'],
  );
  const { comparisons } = JSON.parse(text) as { comparisons: LogComparison[] };
  return { ...comparisons[0]!, exitCode };
}

type Change = (file: string) => void;
type Data = Record<string, unknown>;

function inLog(file: string, change: (db: Database.Database, rows: StoredRow[]) => void): void {
  const log = openStoredLog(file);
  const rows = [...log.rows()];
  void log.close();
  const db = new Database(file);
  change(db, rows);
  db.close();
}
const ofType = (rows: readonly StoredRow[], type: string): StoredRow =>
  rows.find((row) => row.type === type) ?? fail(`There is no ${type}`);

/** The first of a type is changed; `hash`: whoever does it computes its hash anew. */
const changed =
  (type: string, edit: (data: Data) => void, hash: 'anew' | 'kept' = 'anew'): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const row = ofType(rows, type);
      const data = JSON.parse(row.data) as Data;
      edit(data);
      const now = { ...row, data: canonicalJson(data) };
      const { hash: newHash, checksum } = hash === 'anew' ? rehashed(sha256, now) : now;
      db.prepare('UPDATE events SET data = ?, hash = ?, checksum = ? WHERE position = ?').run(
        now.data,
        newHash,
        checksum,
        row.position,
      );
    });
const dropped =
  (type: string): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      db.prepare('DELETE FROM events WHERE position = ?').run(ofType(rows, type).position);
    });
/** An event takes the place of one that the DSO is not shown. */
const doubled =
  (type: string): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const [row, place] = [ofType(rows, type), ofType(rows, 'FlexibilityOffered')];
      const { position, streamId, revision } = place;
      const id = uuidFrom('doubled');
      const { hash, checksum } = rehashed(sha256, { ...row, id, position, streamId, revision });
      db.prepare(
        `UPDATE events SET id = ?, type = ?, schemaVersion = ?, occurredAt = ?, recordedAt = ?,
         correlationId = ?, causationId = ?, actor = ?, data = ?, hash = ?, checksum = ? WHERE position = ?`,
      ).run(
        id,
        row.type,
        row.schemaVersion,
        row.occurredAt,
        row.recordedAt,
        row.correlationId,
        row.causationId,
        row.actor,
        row.data,
        hash,
        checksum,
        position,
      );
    });
const cutOff: Change = (file) =>
  inLog(file, (db, rows) => {
    db.prepare('DELETE FROM events WHERE position > ?').run(rows[rows.length - 400]!.position);
  });
/** The record of the mirror is changed where it speaks of a type. */
const recorded =
  (type: string, edit: (events: MirroredEvent[], index: number) => void): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      for (const row of rows) {
        if (row.type !== 'EventsMirrored') continue;
        const data = JSON.parse(row.data) as { events: MirroredEvent[] };
        const index = data.events.findIndex((event) => event.type === type);
        if (index < 0) continue;
        edit(data.events, index);
        const now = rehashed(sha256, { ...row, data: canonicalJson(data) });
        db.prepare('UPDATE events SET data = ?, hash = ?, checksum = ? WHERE position = ?').run(
          now.data,
          now.hash,
          now.checksum,
          row.position,
        );
        return;
      }
      fail(`There is no record of ${type}`);
    });

function fail(why: string): never {
  throw new Error(why);
}

it.each(PARTIES)('an honest day: the market says what it showed %s', async (party) => {
  const { findings, events, checkpoints, exitCode } = await found(party);
  expect(findings).toEqual([]);
  expect([events > 100, checkpoints > 0, exitCode]).toEqual([true, true, 0]);
});

const OTHER_HASH = 'f'.repeat(64);
const anyRow = (data: Data): Data => (data['rows'] as Data[])[0]!;

describe('a lie of the market is named', () => {
  it.each<[string, Follower, Change, string]>([
    ['flow 3 is dropped', 'dso', dropped('OutcomeSentForValidation'), 'neverSaid'],
    [
      'flow 3 is altered, its hash kept',
      'dso',
      changed('OutcomeSentForValidation', (data) => (data['round'] = 9), 'kept'),
      'contentAltered',
    ],
    [
      'flow 4 is altered',
      'dso',
      changed('OutcomeValidated', (data) => (data['outcomeId'] = 'other')),
      'saidOtherwise',
    ],
    [
      'flow 5 is altered for the DSO',
      'dso',
      changed('ResultPublished', (data) => (anyRow(data)['acceptedW'] = [1])),
      'saidOtherwise',
    ],
    [
      'flow 5 is altered for an aggregator',
      'aggregator:AGG1',
      changed('ResultPublished', (data) => (anyRow(data)['acceptedW'] = [1])),
      'saidOtherwise',
    ],
    ['flow 6 is dropped', 'dso', dropped('SetpointIssued'), 'neverSaid'],
    [
      'flow 7 is altered',
      'aggregator:AGG1',
      changed('MeasurementRecorded', (data) => (data['sequence'] = 77)),
      'saidOtherwise',
    ],
    ['flow 0 is dropped', 'aggregator:AGG1', dropped('PodRegistered'), 'neverSaid'],
  ])('%s', async (_, party, market, kind) => {
    const { findings, exitCode } = await found(party, { market });
    const finding = findings.find((one) => one.kind === kind);
    expect(finding).toMatchObject({ speaksAgainst: 'market', heard: expect.any(Object) });
    expect(finding!.signedNote).toMatch(/^flexledger\/rome\n\d+\n/);
    expect(finding!.reason).toMatch(/market.*flow \d/);
    expect(exitCode).toBe(1);
  });

  it('its log ends before what it has signed', async () => {
    const { findings } = await found('dso', { market: cutOff });
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'neverSaid', speaksAgainst: 'market' }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'disowned', speaksAgainst: 'market' }),
    );
  });

  it('it says that it showed what was never heard, word against word', async () => {
    const { findings } = await found('dso', { market: doubled('OutcomeSentForValidation') });
    const finding = findings.find(({ kind }) => kind === 'neverHeard');
    expect(finding).toMatchObject({ speaksAgainst: null, said: expect.any(Object), heard: null });
    expect(finding!.reason).toMatch(
      /^market says that it showed dso flow 3 \(OutcomeSentForValidation .*; dso never had it$/,
    );
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'disowned' }));
  });
});

describe('a lie of who followed is named', () => {
  it.each<[string, Follower, Change, string, string | null]>([
    [
      'a copy is altered',
      'dso',
      changed('OutcomeSentForValidation', (data) => (data['round'] = 9)),
      'copyAltered',
      'dso',
    ],
    ['a copy is removed', 'dso', dropped('OutcomeSentForValidation'), 'copyLost', 'dso'],
    [
      'what was shown is not recorded',
      'dso',
      recorded('OutcomeSentForValidation', (events, index) => void events.splice(index, 1)),
      'neverHeard',
      null,
    ],
    [
      'another event is recorded as shown',
      'dso',
      recorded('OutcomeSentForValidation', (events, index) => {
        events[index] = { ...events[index]!, hash: OTHER_HASH };
      }),
      'saidOtherwise',
      null,
    ],
    [
      'other own rows are recorded as shown',
      'aggregator:AGG1',
      recorded('ResultPublished', (events, index) => {
        events[index] = { ...events[index]!, shownDigest: OTHER_HASH };
      }),
      'otherRows',
      null,
    ],
  ])('%s', async (_, party, own, kind, against) => {
    const { findings, exitCode } = await found(party, { own });
    const finding = findings.find((one) => one.kind === kind);
    expect(finding).toMatchObject({ speaksAgainst: against });
    expect(finding!.reason).toContain('market');
    expect(finding!.reason).toContain(party);
    expect(exitCode).toBe(1);
  });
});

it('is told for people too, with both sides’ words', async () => {
  const { text } = await runAudit(
    ...['--data', inFolder('dso'), '--against', `market=${inFolder('market')}`],
  );
  expect(text).toMatch(
    /^market, followed as dso: \d+ events shown, \d+ checkpoints held, .*behind/,
  );
  expect(text).toContain('Both say the same.');
});

it('names the mirrors there are when another is asked for', async () => {
  const against = `other=${inFolder('market')}`;
  await expect(runAudit('--data', inFolder('dso'), '--against', against)).rejects.toThrow(
    'The log has no mirror "other"; it has market.',
  );
});
