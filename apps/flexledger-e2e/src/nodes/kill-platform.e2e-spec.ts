/** The short form of `npm run kill-platform`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuiltCli, buildCli } from '../command-line/built-cli';
import { killPlatform } from './kill-platform';

let cli: BuiltCli;
let folder: string;

beforeAll(() => {
  cli = buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'killed-platform-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('what nodes sign stands in the log once and in order, however often the platform is killed', async () => {
  const script = path.resolve(
    path.dirname(cli.main),
    '../../flexledger-e2e/src/nodes/access-process.js',
  );
  const report = await killPlatform({ script, folder, nodes: 12, seconds: 8, seed: 2 });
  expect(report.faults).toEqual([]);
  expect(report.kills).toBeGreaterThan(0);
  expect(report.signed).toBeGreaterThan(12);
  expect(report.recorded).toBe(report.signed);
});
