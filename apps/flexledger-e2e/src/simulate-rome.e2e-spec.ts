/**
 * A day of the smallest Rome: the eleven households of the trial and the DSO's test services, audited, then
 * served on its own grid.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { auditLog } from '@flexledger/audit-cli';
import { simulateDay } from '@flexledger/composer';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack, publishedGridOf } from '@flexledger/service-kit';
import { callAs } from './testing/http-client';
import { type ServedWhole, serveWhole } from './testing/whole-platform';

const DATE = '2026-03-17';
const GRID = 'rome-11';
const PODS = 11;
const SESSION = '/api/v1/sessions/dayAhead-2026-03-16T23:00Z';
const rules = loadRulePack('platone');
const onProblem = (problem: string): void => {
  throw new Error(problem);
};
let dataDir: string;
let served: ServedWhole;

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-rome-'));
  const progress = { update: () => {}, end: () => {} };
  const named = { pods: PODS, date: DATE, seed: 1, grid: GRID };
  await simulateDay({ ...named, dataDir, rules, progress, onProblem });
  served = await serveWhole({
    dataDir,
    clock: new VirtualClock(Date.parse('2026-03-24T08:00:00Z')),
    rules,
    grid: publishedGridOf(GRID, rules.rulePack),
    pods: PODS,
    onProblem,
  });
});
afterAll(async () => {
  await served.close();
  rmSync(dataDir, { recursive: true });
});

const get = async (actor: string, at: string) => {
  const { status, body } = await callAs(served.url, dataDir)(actor).get(at);
  expect(status).toBe(200);
  return body;
};

it('sells 300 W, 600 W and 1 kW of three households from 18:30 to 19:00, and settles them', async () => {
  const { items } = await get('dso', `${SESSION}/settlement/rows?limit=1000`);
  const tests = items.filter(({ requestId }: { requestId: string }) => /^test-/.test(requestId));
  const sold = tests.map((row: Record<string, unknown>) => [
    ...[row['requestId'], row['podId'], row['firstMtu'], row['acceptedW']],
  ]);
  expect(sold.sort()).toEqual([
    ['test-1000W', 'IT002E60000002', 74, [1_000, 1_000]],
    ['test-300W', 'IT002E60000000', 74, [300, 300]],
    ['test-600W', 'IT002E60000001', 74, [600, 600]],
  ]);
});

it('has its households in the three districts, under one primary station', async () => {
  const { items } = await get('auditor', '/api/v1/pods?limit=1000');
  expect(items).toHaveLength(PODS);
  interface Described {
    readonly details: { readonly connection: { readonly zone: string } };
  }
  const zones = (items as Described[]).map(({ details }) => details.connection.zone);
  expect(new Set(zones)).toEqual(new Set(['tor-di-valle', 'ostiense', 'centocelle']));
  expect(new Set(items.map(({ pom }: { pom: string }) => pom))).toEqual(new Set(['PS-primary-1']));
  const { items: rows } = await get('dso', `/api/v1/kpis?from=${DATE}&to=${DATE}&voltageLevel=LV`);
  const all = await get('dso', `/api/v1/kpis?from=${DATE}&to=${DATE}`);
  expect(rows).toEqual(all.items);
});

it('holds before the audit', async () => {
  const { checks } = await auditLog({ dataDir });
  expect(checks.flatMap(({ failures }) => failures)).toEqual([]);
});
