/** Processes of their own for tests: the libraries compiled as the build does, and a script of them run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { transformFileSync } from '@swc/core';
import { sleep } from '@flexledger/runtime';

const ROOT = resolve(__dirname, '../../../..');

/** Compiles libraries' sources into a folder, so that a clean clone needs no build first; gives their folder. */
export function compileLibs(folder: string, libs: readonly string[]): string {
  const build = join(folder, 'build');
  for (const lib of libs) {
    const source = join(ROOT, 'libs', lib, 'src');
    for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/(?<!spec|spec-suite)\.ts$/.test(entry.name)) continue;
      const { code } = transformFileSync(file, { cwd: ROOT, root: ROOT, sourceMaps: false });
      const output = join(build, relative(ROOT, file)).replace(/\.ts$/, '.js');
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, code);
    }
  }
  return join(build, 'libs');
}

/** A script in a process of its own, which prints a line for each thing that the test wants to know. */
export interface RunningScript {
  readonly pid: number;
  /** Lines printed so far, whole ones. */
  lines(): readonly string[];
  /** Resolves when a printed line satisfies; rejects when the script ends before. */
  printed(satisfies: (line: string) => boolean): Promise<void>;
  /** Resolves, with all lines, when the script has ended by itself and well. */
  ended(): Promise<readonly string[]>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export function startScript(script: string, args: readonly string[]): RunningScript {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  let output = '';
  let errors = '';
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): string[] => output.split('\n').slice(0, -1);
  return {
    pid: child.pid!,
    lines,
    async printed(satisfies) {
      while (!lines().some(satisfies)) {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`The script has ended: ${errors}`);
        }
        await sleep(5);
      }
    },
    async ended() {
      const code = await ended;
      if (code !== 0) throw new Error(`The script ended with ${code}: ${errors}`);
      return lines();
    },
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
