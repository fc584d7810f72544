/**
 * Blocks of the handbook marked `sh test` do what they say: run page by page by bash, in a folder with a served
 * demo, as a reader would. Only the address of the instance is another one, so that no port has to be free.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';
import { type BuiltCli, type Running, buildCli } from '../command-line/built-cli';

const root = path.resolve(repositoryRoot());

interface Example {
  readonly page: string;
  readonly line: number;
  readonly script: string;
}

const examples = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .sort()
  .flatMap((page): Example[] => {
    const text = readFileSync(path.join(root, 'docs', page), 'utf8');
    return [...text.matchAll(/^```sh test\n([^]*?)^```$/gm)].map(({ 1: script, index }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      script: script!,
    }));
  });

let cli: BuiltCli;
let running: Running;
let folder: string;
let url: string;

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-handbook-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  mkdirSync(path.join(folder, 'bin'));
  // What npx would find after an installation.
  const npx = path.join(folder, 'bin/npx');
  writeFileSync(npx, `#!/bin/sh\nshift\nexec ${process.execPath} ${cli.main} "$@"\n`);
  chmodSync(npx, 0o755);
  const data = path.join(folder, 'data/demo');
  // A day that is the same whenever this runs.
  const day = ['--pods', '3', '--date', '2026-03-17'];
  running = cli.start('demo', ...day, '--data', data, '--port', '0');
  url = await running.url;
});
afterAll(async () => {
  running.kill('SIGTERM');
  await running.ended;
  cli.remove();
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 100 });
});

it('the tutorial and other pages have examples', () => {
  expect(new Set(examples.map(({ page }) => page)).size).toBeGreaterThanOrEqual(4);
});

it.each(examples)('$page, line $line', ({ script }) => {
  const { status, stderr, stdout } = spawnSync('bash', ['-e', '-o', 'pipefail'], {
    cwd: folder,
    encoding: 'utf8',
    input: script.replaceAll('http://127.0.0.1:8080', url),
    env: { ...process.env, PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}` },
  });
  // With what was said, so that a failure tells itself.
  expect({ status, ...(status === 0 ? {} : { stdout, stderr }) }).toEqual({ status: 0 });
});
