/**
 * Help is what a person reads first, and a wrong option is met before any work: neither waits for code
 * that only a command at work needs. Told by what Node has loaded when the program ends.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { shippedGridNames } from '@flexledger/grid';
import { type BuiltCli, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-help-'));
  writeFileSync(
    path.join(folder, 'tell-loaded.cjs'),
    `process.on('exit', () => {
      const loaded = JSON.stringify(Object.keys(require.cache));
      require('node:fs').writeFileSync(${JSON.stringify(path.join(folder, 'loaded.json'))}, loaded);
    });`,
  );
});

afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** Files of the modules that were loaded. */
  readonly loaded: readonly string[];
}

function run(...args: readonly string[]): Ran {
  const told = path.join(folder, 'tell-loaded.cjs');
  const ended = (() => {
    try {
      const options = { encoding: 'utf8', stdio: 'pipe' } as const;
      const stdout = execFileSync(process.execPath, ['-r', told, cli.main, ...args], options);
      return { code: 0, stdout };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, stdout };
    }
  })();
  const text = readFileSync(path.join(folder, 'loaded.json'), 'utf8');
  return { ...ended, loaded: JSON.parse(text) as string[] };
}

/** What serving, a chain and a log need, and this project's own libraries and apps, but those that are commands. */
const HEAVY =
  /node_modules\/(@nestjs|ethers|libsql|highs|mqtt|aedes)\/|\/(libs|contracts)\/(?!command-line\/).*src\/|\/apps\/(?!flexledger|bench|grid-cli|log-cli|platform-cli|soak|witness)/;
const heavy = (loaded: readonly string[]): string[] => loaded.filter((file) => HEAVY.test(file));

it('the help of the program, and of each of its commands, loads neither server, chain nor log', () => {
  const { code, stdout, loaded } = run('--help');
  expect(code).toBe(0);
  expect(heavy(loaded)).toEqual([]);
  const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name!);
  expect(names).toEqual(expect.arrayContaining(['simulate', 'audit', 'up', 'export', 'grid']));
  for (const name of names.filter((one) => one !== 'help')) {
    const help = run(name, '--help');
    expect([name, help.code, heavy(help.loaded)]).toEqual([name, 0, []]);
    expect(help.stdout).toContain(`Usage: flexledger ${name}`);
    expect(help.stdout).toMatch(/^Examples?( of .+)?:\n/m);
    expect(help.stdout).toContain(`\n  flexledger ${name}`);
  }
});

it('every command answers machines too', () => {
  const places = JSON.parse(run('completion', 'bash', '--json').stdout) as Record<
    string,
    readonly { readonly word: string }[]
  >;
  const names = Object.keys(places);
  expect(names).toEqual(expect.arrayContaining(['flexledger up', 'flexledger grid solve']));
  const leaves = names.filter((name) => !names.some((other) => other.startsWith(`${name} `)));
  const without = leaves.filter((name) => !places[name]!.some(({ word }) => word === '--json'));
  expect(without).toEqual([]);
});

it('the help of the program loads little at all', () => {
  expect(run('--help').loaded.length).toBeLessThan(70);
});

it('a wrong option is told with exit code 2 before anything is loaded', () => {
  for (const args of [
    ['simulate', '--pods', 'many'],
    ['audit'],
    ['export', 'pods', '--format', 'doc'],
    ['up', '--port', '-1'],
    ['simulate', '--colour'],
  ]) {
    const { code, loaded } = run(...args);
    expect([args, code, heavy(loaded)]).toEqual([args, 2, []]);
  }
});

it('a command at work has loaded what it needs: the probe sees it', () => {
  const { code, loaded } = run('audit', '--all', '--data', folder);
  expect(code).toBe(2);
  expect(heavy(loaded).some((file) => file.includes('libsql'))).toBe(true);
});

it('an audit serves nobody: at work too it loads no web server, nor what stands on one', () => {
  const { loaded } = run('audit', '--all', '--data', folder);
  const ofServing = /node_modules\/@nestjs\/|\/libs\/(service-kit|projections|messaging)\//;
  expect(loaded.filter((file) => ofServing.test(file))).toEqual([]);
  expect(loaded.some((file) => file.includes('/libs/audit/'))).toBe(true);
});

it('names the grids that are shipped', () => {
  for (const name of ['up', 'simulate']) {
    const words = run(name, '--help').stdout.replace(/\s+/g, ' ');
    expect(words).toContain(shippedGridNames.join(', '));
  }
});
