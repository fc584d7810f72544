/** Processes of their own for tests: scripts of this folder, compiled as the build does. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { transformFileSync } from '@swc/core';
import { sleep } from '@flexledger/runtime';

const ROOT = resolve(__dirname, '../../../..');

/** A script of this folder, compiled with all that it imports, so that a clean clone needs no build. */
export function compiledScript(name: string, buildFolder: string): string {
  for (const lib of ['domain', 'identity', 'runtime', 'event-store']) {
    compileFolder(join(ROOT, 'libs', lib, 'src'), buildFolder);
  }
  return join(buildFolder, `libs/event-store/src/testing/${name}.js`);
}

/** A script that runs, and what it has printed so far. */
export interface RunningScript {
  /** Whole lines. */
  lines(): string[];
  /** Resolves when so many lines have been printed. @throws Error when it ends before by itself */
  printed(lines: number): Promise<void>;
  /** Sends a line to its standard input. */
  tell(line: string): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
  /** Resolves when it has ended by itself. @throws Error with what it wrote when that was a failure */
  ended(): Promise<void>;
  /** Kills it and waits for its end. @throws Error when it had ended by itself */
  kill(): Promise<void>;
}

/** Starts a compiled script. */
export function startScript(script: string, ...args: readonly string[]): RunningScript {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  let output = '';
  let errors = '';
  const ended = new Promise<NodeJS.Signals | number>((done) =>
    child.once('close', (code, signal) => done(signal ?? code ?? 0)),
  );
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // A killed one takes no more input.
  child.stdin.on('error', () => undefined);
  const lines = (): string[] => output.split('\n').slice(0, -1);
  return {
    lines,
    async printed(count) {
      while (lines().length < count) {
        if (child.exitCode !== null) throw new Error(`The script ended by itself: ${errors}`);
        await sleep(1);
      }
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    async ended() {
      const how = await ended;
      if (how !== 0) throw new Error(`The script ended with ${how}: ${errors}`);
    },
    async kill() {
      child.kill('SIGKILL');
      if ((await ended) !== 'SIGKILL') throw new Error(`The script ended by itself: ${errors}`);
    },
  };
}

function compileFolder(source: string, target: string): void {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/(?<!spec|spec-suite)\.ts$/.test(entry.name)) continue;
    const { code } = transformFileSync(file, { cwd: ROOT, root: ROOT, sourceMaps: false });
    const output = join(target, relative(ROOT, file)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, code);
  }
}
