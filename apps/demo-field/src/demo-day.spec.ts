import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDemoDay, writeDemoDay } from './demo-day';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-marker-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DAY = { pods: 3, date: '2026-03-17', seed: 1 };

it('a folder is no demo’s until it is marked', () => {
  expect(readDemoDay(folder)).toBeUndefined();
  writeDemoDay(folder, DAY);
  expect(readDemoDay(folder)).toEqual(DAY);
});

it.each([
  ['{', 'is not JSON'],
  ['null', 'does not say pods, date and seed'],
  ['{"pods":"3","date":"2026-03-17","seed":1}', 'does not say pods, date and seed'],
])('a marker that says %s is told by its name, with the remedy', (text, fault) => {
  const file = path.join(folder, 'demo.json');
  writeFileSync(file, text);
  expect(() => readDemoDay(folder)).toThrow(`${file} ${fault}`);
  expect(() => readDemoDay(folder)).toThrow('restore it from a backup');
});
