/**
 * Whole days in virtual time, through real sockets, a real broker and a real chain: the same arguments
 * give the same log, another seed another one, and the day holds together.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteEventStore, logFile } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { type SimulatedDay, simulateDay } from '@flexledger/composer';

const folders: string[] = [];
const problems: string[] = [];

function simulate(
  date: string,
  seed: number,
  pods: number,
  grid = 'ieee33',
): Promise<SimulatedDay & { readonly dataDir: string }> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-day-'));
  folders.push(dataDir);
  const rules = loadRulePack('platone');
  const progress = { update: () => {}, end: () => {} };
  const onProblem = (problem: string): void => void problems.push(problem);
  const options = { pods, date, seed, grid, dataDir, rules, progress, onProblem };
  return simulateDay(options).then((day) => ({ ...day, dataDir }));
}

async function eventTypes(dataDir: string): Promise<Map<string, number>> {
  const store = await openSqliteEventStore({
    path: logFile(dataDir),
    clock: wallClock,
    readOnly: true,
  });
  const counts = new Map<string, number>();
  for await (const { type } of store.readAll()) counts.set(type, (counts.get(type) ?? 0) + 1);
  await store.close();
  return counts;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a simulated day', () => {
  it('is the same for equal arguments and another for another seed', async () => {
    // Twelve, so that there are batteries among them and the market sells blocks.
    const first = await simulate('2026-03-17', 1, 12);
    const again = await simulate('2026-03-17', 1, 12);
    const other = await simulate('2026-03-17', 2, 8);
    expect(again.logDigest).toBe(first.logDigest);
    expect({ ...again, dataDir: '' }).toEqual({ ...first, dataDir: '' });
    expect(other.logDigest).not.toBe(first.logDigest);
  });

  it('runs every session to its settlement and mints what it settles', async () => {
    const day = await simulate('2026-03-17', 3, 12, 'cigre-mv');
    const types = await eventTypes(day.dataDir);
    expect(day.sessions).toBe(7);
    expect(types.get('ResultPublished')).toBe(7);
    expect(types.get('SettlementPublished')).toBe(7);
    expect(day.measurements).toBe(12 * 96);
    expect(day.rejectedPackets).toBe(0);
    expect(day.setpoints).toBeGreaterThan(0);
    expect(day.setpointsApplied).toBe(day.setpoints);
    expect(day.acceptedWh).toBeGreaterThan(0);
    expect(day.deliveredWh).toBeGreaterThan(0.5 * day.acceptedWh);
    expect(day.settledMicroEur).toBeGreaterThan(0);
    expect(day.tokensMinted).toBe(day.settledMicroEur);
    expect(day.anchors).toBe(day.checkpoints);
  });

  it.each([
    ['2026-03-29', 92],
    ['2026-10-25', 100],
  ])('has as many quarter-hours as %s has', async (date, mtus) => {
    const day = await simulate(date, 1, 3);
    expect(day.measurements).toBe(3 * mtus);
    expect(day.sessions).toBe(7);
  });

  it('told of no problem', () => {
    expect(problems).toEqual([]);
  });
});
