/**
 * A log whose positions leave numbers out, as other engines number events: a process beside the platform
 * writes to the same log and leaves gaps. The platform works on, certifies leaves by its own count and
 * anchors them; the audit proves every event, and names by its position what was forged.
 */
import {
  type AuditReport,
  type ChainSnapshot,
  type LogContents,
  auditRows,
  rehashed,
} from '@flexledger/audit';
import type { StoredRow } from '@flexledger/domain';
import { reportWeather } from '@flexledger/dso-technical-platform';
import { openSqliteEventStore, recurringContextOf, logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import {
  auditLog,
  readContents,
  readChain,
  createNodeTools,
  openStoredLog,
} from '@flexledger/audit-cli';
import { continueDay } from './testing/continued-day';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { checkOf, dataOf, failing, positionsNamed, withForged } from './testing/simulated-day';

jest.setTimeout(600_000);

/** As the suites of the event store leave them: of 1 to 999, so that nothing is right by chance. */
const positionAfter = (position: number): number => position + 2 + (((position + 1) * 613) % 999);
const HOUR_MS = 3_600_000;
const REPORTS = 12;

let day: ReleasedDay;
let rows: readonly StoredRow[];
let contents: LogContents;
let chain: ChainSnapshot;
/** Events that the day had before. */
let before: number;

beforeAll(async () => {
  day = unpackReleasedDay('0.1.0');
  const file = logFile(day.dataDir);
  const clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
  const beside = openSqliteEventStore({ path: file, clock, positionAfter });
  before = (await allRows()).length;
  let reports = 0;
  await continueDay(day.dataDir, async () => {
    if (reports >= REPORTS) return;
    reports += 1;
    const hour = { globalIrradianceWPerM2: reports, temperatureC: 20, windSpeedMPerS: 1 };
    const weather = new Map([[clock.nowMs() + reports * HOUR_MS, hour]]);
    const context = recurringContextOf(`report ${reports}`, 'report', 'dso');
    await reportWeather(
      { store: beside, clock },
      { gridId: 'ieee33', source: 'beside', weather },
      context,
    );
  });
  await beside.close();
  rows = await allRows();
  const log = openStoredLog(file);
  contents = await readContents(log);
  await log.close();
  const found = await readChain(day, contents);
  if (typeof found === 'string') throw new Error(found);
  chain = found;
});

afterAll(() => day.remove());

async function allRows(): Promise<readonly StoredRow[]> {
  const log = openStoredLog(logFile(day.dataDir));
  const found = [...log.rows()];
  await log.close();
  return found;
}

const audited = (changed: readonly StoredRow[]): Promise<AuditReport> =>
  auditRows(
    { rows: () => changed, faults: [], rowFault: () => undefined },
    { contents, chain, sessionId: undefined },
    createNodeTools(),
  );

/** The last row of a type, which stands behind gaps. */
function lastOf(type: string): StoredRow {
  const row = rows.findLast((one) => one.type === type);
  if (!row) throw new Error(`the log has no ${type}`);
  return row;
}

it('leaves numbers out, and its checkpoints count leaves', () => {
  const weather = rows.filter(({ type }) => type === 'WeatherReported');
  expect(weather.length).toBeGreaterThanOrEqual(REPORTS);
  expect(rows.at(-1)!.position).toBeGreaterThan(rows.length + 1_000);
  const { size, lastPosition } = dataOf<'CheckpointSealed'>(lastOf('CheckpointSealed'));
  expect(size).toBeLessThan(rows.length);
  expect(lastPosition).toBe(rows[size - 1]!.position);
  expect(lastPosition).toBeGreaterThan(size);
});

it('holds: every event up to the last anchor is proved', async () => {
  const report = await auditLog({ dataDir: day.dataDir });
  expect(failing(report)).toEqual([]);
  const { size } = dataOf<'CheckpointAnchored'>(lastOf('CheckpointAnchored'));
  expect(size).toBeGreaterThan(before);
  expect(checkOf(report, 'hashes').count).toBe(rows.length);
  expect(checkOf(report, 'inclusion').count).toBe(size);
});

describe('a forged event is named by its position, hashes and all', () => {
  it('a weather report that is not the one that was anchored', async () => {
    const row = rows.find(({ data }) => data.includes('"beside"'))!;
    const changed = rows.map((other) =>
      other === row
        ? rehashed(sha256, { ...row, data: row.data.replace('"beside"', '"forged"') })
        : other,
    );
    const report = await audited(changed);
    expect(checkOf(report, 'hashes').ok).toBe(true);
    const [failure] = checkOf(report, 'checkpoints').failures;
    const [from, to] = /positions (\d+) to (\d+)/.exec(failure!.reason)!.slice(1).map(Number);
    expect(from).toBeLessThanOrEqual(row.position);
    expect(to).toBeGreaterThanOrEqual(row.position);
  });

  it('one whose contents alone were changed', async () => {
    const row = rows.find(({ data }) => data.includes('"beside"'))!;
    const data = row.data.replace('"beside"', '"forged"');
    const report = await audited(rows.map((other) => (other === row ? { ...row, data } : other)));
    expect(failing(report)).toEqual(['hashes', 'inclusion']);
    expect(positionsNamed(report, 'hashes')).toEqual([row.position]);
    expect(positionsNamed(report, 'inclusion')).toEqual([row.position]);
  });

  it('a result with a row more', async () => {
    const row = lastOf('ResultPublished');
    const report = await audited(
      withForged<'ResultPublished'>(rows, row, (data) => {
        data.rows.push({ ...data.rows[0]!, offerId: 'another' });
      }),
    );
    expect(positionsNamed(report, 'clearing')).toEqual([row.position]);
  });

  it('a checkpoint that takes its size for a position', async () => {
    const row = lastOf('CheckpointSealed');
    const report = await audited(
      withForged<'CheckpointSealed'>(rows, row, (data) => {
        data.lastPosition = data.size - 1;
      }),
    );
    expect(positionsNamed(report, 'checkpoints')).toEqual([row.position]);
    expect(failing(report)).toEqual(['checkpoints']);
  });

  it('one that is missing', async () => {
    const row = rows.findLast(
      ({ streamId, revision }) => streamId.startsWith('weather') && revision > 0,
    )!;
    const missing = rows.filter((other) => other !== row);
    const report = await audited(missing);
    expect(report.ok).toBe(false);
    expect(checkOf(report, 'checkpoints').ok).toBe(false);
    // Nobody takes the gap for a missing event, or a missing event for a gap.
    expect(positionsNamed(report, 'order')).toEqual(
      rows
        .filter((one) => one.streamId === row.streamId && one.revision === row.revision + 1)
        .map(({ position }) => position),
    );
  });
});
