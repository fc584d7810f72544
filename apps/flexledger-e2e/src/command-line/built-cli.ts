import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { repositoryRoot } from '@flexledger/service-kit';
import { madeOnce } from '../testing/made-once';

/** The command line as it is shipped: compiled as `npm run build:platform` does, into a folder of the test run. */
export interface BuiltCli {
  /** The compiled program, to be run by Node. */
  readonly main: string;
  /** Runs to the end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Runs until it is told to end. */
  start(...args: readonly string[]): Running;
  /** The same in an environment of its own, beside the present one. */
  startWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Running;
  /** The Light Node's own program (`flexledger-node`), put together at the first call; runs until it is told to end. */
  startNode(environment: Readonly<Record<string, string>>, ...args: readonly string[]): RunningNode;
  /** Commands of processes that stem from this one and live; Linux only. */
  alive(): string[];
  /** Kills the embedded chains of such processes; Linux only. */
  killChain(): void;
  /** Ends what still runs. */
  remove(): void;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves with the address of its REST interface once it is printed, rejects when the process ends. */
  readonly url: Promise<string>;
  readonly ended: Promise<Ended>;
  /** Resolves with all that it has printed once that contains a text, or when it ends. */
  said(text: string): Promise<string>;
  /** The same of its error stream. */
  complained(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** The program of a Light Node that runs. */
export interface RunningNode extends Omit<Running, 'url'> {
  readonly pid: number;
}

/** @returns the program, compiled once in a test run */
export async function buildCli(): Promise<BuiltCli> {
  const root = repositoryRoot();
  const build = await madeOnce('cli', (made) => compile(root, made));
  const main = path.join(build, 'apps/flexledger/src/main.js');
  // Outside `FLEXLEDGER_`, under which every name is a setting.
  const mark = `BUILT_CLI=${randomUUID()}`;
  const children = new Set<ChildProcess>();

  const nodeProgram = path.join(build, 'edge-node/flexledger-node.cjs');
  function startNode(
    environment: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): RunningNode {
    if (!existsSync(nodeProgram)) {
      // Whole or not there: two test files may be here at once.
      const made = `${nodeProgram}.${randomUUID()}`;
      execFileSync('node', ['infra/build-node.mjs', made], { cwd: root, stdio: 'pipe' });
      renameSync(made, nodeProgram);
    }
    return startFile(nodeProgram, environment, args);
  }

  function startFile(
    file: string,
    environment: Readonly<Record<string, string>>,
    args: readonly string[],
  ): Running & RunningNode {
    const [name, value] = mark.split('=') as [string, string];
    const child = spawn(process.execPath, [file, ...args], {
      cwd: root,
      env: { ...process.env, ...environment, [name]: value },
    });
    children.add(child);
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        children.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    const url = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        const [, address] = /REST, docs +(http\S+)\/api\/docs/.exec(stdout) ?? [];
        if (address !== undefined && stdout.includes('Stop with')) resolve(address);
      });
      void ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${stdout}${stderr}`)));
    });
    url.catch(() => undefined);
    const until = (stream: Readable, told: () => string, text: string): Promise<string> =>
      new Promise((resolve) => {
        const look = (): void => void (told().includes(text) && resolve(told()));
        stream.on('data', look);
        void ended.then(() => resolve(told()));
        look();
      });
    return {
      url,
      pid: child.pid!,
      ended,
      said: (text) => until(child.stdout, () => stdout, text),
      complained: (text) => until(child.stderr, () => stderr, text),
      kill: (signal) => void child.kill(signal),
    };
  }

  const startWith: BuiltCli['startWith'] = (environment, ...args) =>
    startFile(main, environment, args);

  return {
    main,
    start: (...args) => startWith({}, ...args),
    startWith,
    run: (...args) => startWith({}, ...args).ended,
    startNode,
    alive: () => ours(mark).map((pid) => fileOf(pid, 'cmdline').replaceAll('\0', ' ')),
    killChain() {
      for (const pid of ours(mark)) {
        const [command = ''] = fileOf(pid, 'cmdline').split('\0');
        if (path.basename(command) === 'anvil') process.kill(Number(pid), 'SIGKILL');
      }
    },
    remove() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}

function compile(root: string, into: string): void {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: { 'build:platform': string };
  };
  const command = scripts['build:platform'].replace('-d dist', `-d ${into}`);
  execFileSync('npx', ['--no-install', '-c', command], { cwd: root, stdio: 'pipe' });
}

/** Numbers of the processes that have a mark in their environment. */
function ours(mark: string): string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && fileOf(pid, 'environ').split('\0').includes(mark),
  );
}

/** A file of a process, empty when it has ended meanwhile. */
function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(path.join('/proc', pid, name), 'utf8');
  } catch {
    return '';
  }
}
