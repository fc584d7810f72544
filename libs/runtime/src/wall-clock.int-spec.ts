/**
 * Timers of a real process whose clock is really set, by `faketime`, which slips a clock of its own
 * between a program and the system. Where it is not installed the stories of `wall-clock.spec.ts`
 * must do.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

/** The library that `faketime` loads into the program it starts; empty when it is not installed. */
const library = spawnSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], {
  encoding: 'utf8',
}).stdout?.trim();

const given = library ? describe : describe.skip;
const because = library ? '' : ' (skipped: faketime is not installed)';

given(`a process whose clock is set${because}`, () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wall-clock-'));
    mkdirSync(join(folder, 'testing'));
    for (const file of ['wall-clock', 'timer-queue', 'clock', 'testing/timers-child']) {
      const source = readFileSync(join(__dirname, `${file}.ts`), 'utf8');
      const { code } = transformSync(source, {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      });
      writeFileSync(join(folder, `${file}.js`), code);
    }
  });
  afterEach(() => child?.kill('SIGKILL'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Sets the clock of the child: an offset from the machine's, in `faketime`'s words. */
  function setClock(offset: string): void {
    writeFileSync(join(folder, 'offset.new'), `${offset}\n`);
    renameSync(join(folder, 'offset.new'), join(folder, 'offset'));
  }

  function start(dueInMs: number): AsyncIterator<string> {
    setClock('+0');
    child = spawn(process.execPath, [join(folder, 'testing/timers-child.js'), `${dueInMs}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: join(folder, 'offset'),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    return linesOf(child);
  }

  it('forward 90 minutes: a gate an hour away comes now', async () => {
    const lines = start(3_600_000);
    expect((await lines.next()).value).toBe('armed');
    setClock('+90m');
    const told = (await lines.next()).value as string;
    const lateMs = Number(/^late by (\d+) ms$/.exec(told)?.[1]);
    expect(lateMs).toBeGreaterThan(29 * 60_000);
    expect(lateMs).toBeLessThan(31 * 60_000);
  });

  it('back 60 seconds: a gate two seconds away comes when the clock shows it, not before', async () => {
    const lines = start(2_000);
    expect((await lines.next()).value).toBe('armed');
    setClock('-60');
    const gate = lines.next();
    const first = await Promise.race([gate, new Promise((done) => setTimeout(done, 4_000))]);
    expect(first).toBeUndefined();
    setClock('+0');
    expect((await gate).value).toMatch(/^late by \d+ ms$/);
  });
});

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of child.stdout!) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
