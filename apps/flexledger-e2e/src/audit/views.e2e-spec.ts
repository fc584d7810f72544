/** What a platform serves is held against its log: each figure that was edited in a read model is named. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ViewComparison, compareViews } from '@flexledger/audit-cli';
import { UsageError } from '@flexledger/command-line';
import Database from 'libsql';
import { type SimulatedLog, simulatedLog } from './testing/simulated-day';

let day: SimulatedLog;
let folder: string;
beforeAll(async () => {
  day = await simulatedLog();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-views-spec-'));
});
afterAll(() => {
  day.remove();
  rmSync(folder, { recursive: true });
});

let copies = 0;
/** The read models of a copy of the day, after somebody has changed them by SQL. */
async function edited(...statements: readonly string[]): Promise<ViewComparison> {
  const dataDir = path.join(folder, `day-${(copies += 1)}`);
  cpSync(day.dataDir, dataDir, { recursive: true });
  const db = new Database(path.join(dataDir, 'views.sqlite'));
  for (const statement of statements) {
    expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
  }
  db.close();
  const [comparison] = await compareViews(dataDir);
  return comparison!;
}

const FIRST_PAID = `(SELECT id FROM "settlement-rows"
  WHERE json_extract(doc, '$.paidMicroEur[0]') > 0 ORDER BY id LIMIT 1)`;

it('are what the log gives, when nobody touched them', async () => {
  const { found, views, documents, notCompared } = await edited();
  expect({ found, notCompared }).toEqual({ found: 0, notCompared: [] });
  expect(views).toBeGreaterThan(20);
  expect(documents).toBeGreaterThan(400);
});

it('are named by the figure where a pay was raised', async () => {
  const { findings, found } = await edited(
    `UPDATE "settlement-rows" SET doc = json_set(doc, '$.paidMicroEur[0]', 999999999)
     WHERE id = ${FIRST_PAID}`,
  );
  expect(found).toBe(1);
  expect(findings[0]).toMatchObject({
    view: 'settlement-rows',
    path: expect.stringContaining('paidMicroEur[0]'),
    served: 999_999_999,
  });
  expect(findings[0]!.fromLog).toBeLessThan(999_999_999);
});

it('are named where a document was taken out, put in, or is found by something else', async () => {
  const { findings, found } = await edited(
    `DELETE FROM "settlement-rows" WHERE id = ${FIRST_PAID}`,
    `INSERT INTO sessions SELECT 'forged', doc, kind, status, deliveryDay, deliveryStart FROM sessions LIMIT 1`,
    `UPDATE "pod-register" SET aggregatorId = 'AGG9' WHERE id = (SELECT id FROM "pod-register" LIMIT 1)`,
  );
  expect(found).toBe(3);
  expect(findings.map(({ view, path: at }) => [view, at])).toEqual(
    expect.arrayContaining([
      ['settlement-rows', ''],
      ['sessions', ''],
      ['pod-register', 'found by.aggregatorId'],
    ]),
  );
});

it('are named where a document is no JSON any more', async () => {
  const { findings } = await edited(
    `UPDATE "pod-register" SET doc = 'garbage' WHERE id = (SELECT id FROM "pod-register" LIMIT 1)`,
  );
  expect(findings).toEqual([expect.objectContaining({ view: 'pod-register', path: '' })]);
});

it('that a halted or another release’s view holds are not compared, and it is said', async () => {
  const { notCompared, found } = await edited(
    `UPDATE _views SET version = 99 WHERE name = 'pod-register'`,
    `UPDATE _views SET halt = '{}' WHERE name = 'sessions'`,
  );
  expect(found).toBe(0);
  expect(notCompared).toEqual([
    expect.stringContaining('pod-register is of version 99; this release folds version'),
    expect.stringContaining('sessions has halted at position'),
  ]);
});

it('that the file does not list any more are not passed over', async () => {
  const { notCompared, found } = await edited(
    `UPDATE "settlement-rows" SET doc = json_set(doc, '$.paidMicroEur[0]', 999999999)
     WHERE id = ${FIRST_PAID}`,
    `DELETE FROM _views WHERE name = 'settlement-rows'`,
  );
  expect({ found, notCompared }).toEqual({
    found: 0,
    notCompared: [expect.stringContaining('settlement-rows is there')],
  });
});

it('are missed where the folder keeps none', async () => {
  await expect(compareViews(folder)).rejects.toThrow(UsageError);
});
