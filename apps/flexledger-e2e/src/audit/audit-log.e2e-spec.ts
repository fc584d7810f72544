/**
 * The goal: a simulated day holds, and whatever is changed in its log or on its chain is found and
 * named. The day is simulated once; changes are made to what was read of it.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type Anchor, startAnvil, chainFile } from '@flexledger/contracts';
import { LogDamaged, type StoredRow, logFile } from '@flexledger/event-store';
import { sha256, sha256Hex } from '@flexledger/identity';
import Database from 'libsql';
import { UsageError } from '@flexledger/command-line';
import { auditLog } from '@flexledger/audit-cli';
import { findsForgedEvents } from './forged-events.spec-suite';
import { runAudit } from './testing/run-audit';
import {
  type AuditReport,
  type ChainSnapshot,
  type CheckName,
  type LoggedEvent,
  type TokenState,
  CHECK_NAMES,
  SessionNotAuditable,
  WITHOUT_TRUST,
  rehashed,
} from '@flexledger/audit';
import {
  type SimulatedLog,
  DAY_AHEAD,
  PODS,
  REAL_TIME,
  checkOf,
  failing,
  positionsNamed,
  simulatedLog,
} from './testing/simulated-day';

let day: SimulatedLog;

beforeAll(async () => {
  day = await simulatedLog();
});

afterAll(() => day.remove());

describe('a simulated day', () => {
  it('holds, and its folder stays as it is', async () => {
    const { rows } = day;
    // A copy, on which nobody else works.
    const dataDir = path.join(day.dataDir, '..', 'untouched');
    cpSync(day.dataDir, dataDir, { recursive: true });
    const before = filesOf(dataDir);
    const progress: number[] = [];
    const report = await auditLog({ dataDir }, (done, total) => progress.push(done / total));
    expect(failing(report)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(filesOf(dataDir)).toEqual(before);
    expect(progress.length).toBeGreaterThan(0);
    const count = (name: CheckName) => checkOf(report, name).count;
    const events = (type: LoggedEvent['type']) => rows.filter((row) => row.type === type).length;
    expect(count('hashes')).toBe(rows.length);
    expect(count('order')).toBe(rows.length);
    const statements = events('SetpointReceiptSigned') + events('ActivationSigned');
    expect(statements).toBeGreaterThan(0);
    expect(count('signatures')).toBe(PODS * 96 + statements);
    expect(count('checkpoints')).toBe(events('CheckpointSealed'));
    expect(count('anchors')).toBe(events('CheckpointAnchored'));
    expect(count('clearing')).toBe(events('MarketCleared') + events('ResultPublished'));
    expect(count('validation')).toBe(events('OutcomeValidated'));
    expect(count('tokens')).toBe(events('TokensAwarded'));
    expect(count('tokens')).toBeGreaterThan(1);
    // The last checkpoint covers all but the two events that tell of it.
    expect(count('inclusion')).toBe(rows.length - 2);
    expect(checkOf(report, 'inclusion').note).toMatch(/^2 events since the last anchor/);
  });

  it.each([DAY_AHEAD, REAL_TIME])('holds session by session: %s', async (sessionId) => {
    const report = await day.audited(day.rows, { sessionId });
    expect(failing(report)).toEqual([]);
    const count = (name: CheckName) => checkOf(report, name).count;
    // A real-time session rests on the day-ahead one: both were cleared and published.
    expect(count('clearing')).toBe(sessionId === REAL_TIME ? 4 : 2);
    expect(count('settlement')).toBe(2);
    expect(count('signatures')).toBeGreaterThan(0);
    expect(count('signatures')).toBeLessThan(PODS * 96);
    expect(count('hashes')).toBe(day.rows.length);
  });

  it('has no other session', async () => {
    const unknown = day.audited(day.rows, { sessionId: 'dayAhead-1999-12-31T23:00Z' });
    await expect(unknown).rejects.toBeInstanceOf(SessionNotAuditable);
    await expect(unknown).rejects.toThrow(REAL_TIME);
  });
});

describe('a forged event is named, hashes and all', () => findsForgedEvents(() => day));

describe('day.rows of the log', () => {
  it('missing at its end show by the anchor that nobody recorded', async () => {
    const report = await day.audited(day.rows.slice(0, -1));
    expect(failing(report)).toEqual(['anchors']);
    const [failure] = checkOf(report, 'anchors').failures;
    expect(failure).toMatchObject({ position: day.rows.length - 2, type: 'CheckpointSealed' });
    expect(failure!.reason).toMatch(/that the log does not know: events are missing/);
  });

  it('missing in between show at the next event of their stream', async () => {
    const missing = day.rows[500]!;
    const report = await day.audited(day.rows.filter((row) => row !== missing));
    const next = day.rows.find(
      ({ streamId, revision }) =>
        streamId === missing.streamId && revision === missing.revision + 1,
    );
    expect(positionsNamed(report, 'order')).toEqual([next!.position]);
    expect(checkOf(report, 'checkpoints').ok).toBe(false);
  });

  it('swapped, hashes and all, show by the first root after them', async () => {
    const isOfField = ({ streamId }: StoredRow): boolean => streamId.startsWith('meter-');
    const at = day.rows.findIndex(
      (row, index) =>
        index > 500 &&
        isOfField(row) &&
        isOfField(day.rows[index + 1]!) &&
        row.streamId !== day.rows[index + 1]!.streamId,
    );
    const changed = [...day.rows];
    changed[at] = rehashed(sha256, { ...day.rows[at + 1]!, position: at });
    changed[at + 1] = rehashed(sha256, { ...day.rows[at]!, position: at + 1 });
    const report = await day.audited(changed);
    expect(checkOf(report, 'hashes').ok).toBe(true);
    expect(checkOf(report, 'order').ok).toBe(true);
    const [failure] = checkOf(report, 'checkpoints').failures;
    const [from, to] = /positions (\d+) to (\d+)/.exec(failure!.reason)!.slice(1).map(Number);
    expect(from).toBeLessThanOrEqual(at);
    expect(to).toBeGreaterThanOrEqual(at);
  });

  it('that are no JSON keep no check from the rest', async () => {
    const broken = day.rows.map((row) => (row.position % 50 === 3 ? { ...row, data: '{' } : row));
    const report = await day.audited(broken);
    expect(checkOf(report, 'hashes').failed).toBe(Math.ceil((day.rows.length - 3) / 50));
    expect(checkOf(report, 'hashes').failures).toHaveLength(20);
    expect(checkOf(report, 'order').ok).toBe(true);
    expect(checkOf(report, 'signatures').count).toBeGreaterThan(PODS * 90);
  });

  it('of foreign shape keep no check from the rest', async () => {
    const emptied = day.rows.map((row) =>
      row.position % 7 === 3 ? rehashed(sha256, { ...row, data: '{}' }) : row,
    );
    const report = await day.audited(emptied);
    expect(report.ok).toBe(false);
    expect(report.checks).toHaveLength(CHECK_NAMES.length);
  });
});

describe('the chain', () => {
  const withAnchors = (change: (anchors: Anchor[]) => void): ChainSnapshot => {
    const [[contract, anchors]] = [...day.chain.anchors] as [[string, readonly Anchor[]]];
    const changed = [...anchors];
    change(changed);
    return { ...day.chain, anchors: new Map([[contract, changed]]) };
  };
  const withToken = (change: Partial<TokenState>): ChainSnapshot => {
    const [[contract, state]] = [...day.chain.tokens] as [[string, TokenState]];
    return { ...day.chain, tokens: new Map([[contract, { ...state, ...change }]]) };
  };
  const token = (): TokenState => [...day.chain.tokens.values()][0] as TokenState;

  it('holds other roots: the anchor that differs is named', async () => {
    const chain = withAnchors((anchors) => {
      anchors[2] = { ...anchors[2]!, rootHex: 'ab'.repeat(32) };
    });
    const report = await day.audited(day.rows, { chain });
    expect(failing(report)).toEqual(['anchors']);
    const third = day.rows.filter(({ type }) => type === 'CheckpointAnchored')[2]!;
    expect(positionsNamed(report, 'anchors')).toEqual([third.position]);
  });

  it('lacks an anchor, or holds one more', async () => {
    const fewer = await day.audited(day.rows, {
      chain: withAnchors((anchors) => void anchors.pop()),
    });
    expect(positionsNamed(fewer, 'anchors')).toEqual([day.rows.length - 1]);
    const extra = { size: 10 ** 6, rootHex: 'ab'.repeat(32), timestampS: 0 };
    const more = await day.audited(day.rows, {
      chain: withAnchors((anchors) => void anchors.push(extra)),
    });
    expect(checkOf(more, 'anchors').failures[0]!.reason).toMatch(
      /1000000 leaves.*events are missing/,
    );
  });

  it('holds other tokens', async () => {
    const { awards, totalSupplyMicroEur } = token();
    const minted = await day.audited(day.rows, {
      chain: withToken({ totalSupplyMicroEur: totalSupplyMicroEur + 1n }),
    });
    expect(failing(minted)).toEqual(['tokens']);
    const first = day.rowOf('TokensAwarded');
    const lost = await day.audited(day.rows, { chain: withToken({ awards: awards.slice(1) }) });
    expect(positionsNamed(lost, 'tokens')).toEqual([first.position]);
    const unknown = { ...awards[0]!, sessionDigestHex: 'cd'.repeat(32) };
    const more = await day.audited(day.rows, {
      chain: withToken({ awards: [...awards, unknown] }),
    });
    expect(checkOf(more, 'tokens').failures[0]!.reason).toMatch(
      /an award that the log does not know/,
    );
  });

  it('does not answer: what needs it was not run, and the rest was', async () => {
    const report = await day.audited(day.rows, { chain: 'the line is dead' });
    expect(failing(report)).toEqual(['anchors', 'agreements', 'tokens']);
    expect(checkOf(report, 'anchors').failures[0]!.reason).toBe('not run: the line is dead');
  });

  it('is asked over RPC where its address is given, and then the folder needs none', async () => {
    const dataDir = path.join(day.dataDir, '..', 'log-only');
    mkdirSync(dataDir);
    copyFileSync(logFile(day.dataDir), logFile(dataDir));
    const stateFile = path.join(dataDir, '..', 'chain.json');
    copyFileSync(chainFile(day.dataDir), stateFile);
    const anvil = await startAnvil({ stateFile });
    try {
      expect(failing(await auditLog({ dataDir, rpcUrl: anvil.rpcUrl }))).toEqual([]);
    } finally {
      await anvil.stop();
    }
    const [failure] = checkOf(await auditLog({ dataDir }), 'anchors').failures;
    expect(failure!.reason).toMatch(/^not run: there is no chain state .*--rpc/);
    const { text, exitCode } = await runAudit('--all', '--data', dataDir);
    expect(exitCode).toBe(1);
    expect(text).toMatch(
      /^Not checked: anchors, agreements, tokens; there is no chain state .*; whether it holds is open\.$/m,
    );
    const dead = await auditLog({ dataDir, rpcUrl: anvil.rpcUrl });
    expect(checkOf(dead, 'tokens').failures[0]!.reason).toMatch(
      /^not run: The chain at .* is unavailable/,
    );
  });

  it('is another one', async () => {
    const report = await day.audited(day.rows, { chain: { ...day.chain, chainId: 1 } });
    expect(checkOf(report, 'anchors').failures[0]!.reason).toMatch(/chain 31337, .* answers is 1/);
  });
});

describe('flexledger audit', () => {
  it('prints a line a check', async () => {
    const { text, exitCode } = await runAudit('--all', '--data', day.dataDir);
    expect(exitCode).toBe(0);
    const lines = text.trim().split('\n');
    const checks = lines.splice(0, CHECK_NAMES.length);
    expect(checks.map((line) => line.split(' ')[0])).toEqual([...CHECK_NAMES]);
    expect(lines).toEqual([
      'The log holds.',
      ...WITHOUT_TRUST.map((what) => `Not excluded: ${what}.`),
    ]);
  });

  it('exits with 1 and names the event in which one byte was changed', async () => {
    const at = day.rowOf('MeasurementRecorded').position;
    const copy = path.join(day.dataDir, '..', 'changed');
    cpSync(day.dataDir, copy, { recursive: true });
    const db = new Database(logFile(copy));
    db.exec(`UPDATE events SET data = replace(data, '"injectedWh"', '"injectedWn"')
             WHERE position = ${at}`);
    db.close();
    const { text, exitCode } = await runAudit('--all', '--data', copy, '--json');
    expect(exitCode).toBe(1);
    const report = JSON.parse(text) as AuditReport;
    expect(report.ok).toBe(false);
    expect(failing(report)).toEqual(['hashes', 'signatures', 'inclusion', 'settlement']);
    const { id: eventId, streamId, type } = day.rows[at]!;
    expect(checkOf(report, 'hashes').failures).toEqual([
      { position: at, eventId, streamId, type, reason: expect.any(String) },
    ]);
    expect(positionsNamed(report, 'inclusion')).toEqual([at]);
    const told = await runAudit('--all', '--data', copy);
    expect(told.text).toMatch(
      `The log does not hold: event ${at} ${type} of ${streamId} (${eventId})`,
    );
  });

  it('wants a session or --all, and a log', async () => {
    await expect(runAudit('--data', day.dataDir)).rejects.toBeInstanceOf(UsageError);
    await expect(runAudit(DAY_AHEAD, '--all', '--data', day.dataDir)).rejects.toBeInstanceOf(
      UsageError,
    );
    await expect(runAudit('--all', '--data', path.join(day.dataDir, '..'))).rejects.toBeInstanceOf(
      LogDamaged,
    );
  });
});

/** Name and digest of every file in a folder and those below it. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => `${file} ${sha256Hex(readFileSync(file))}`);
}
