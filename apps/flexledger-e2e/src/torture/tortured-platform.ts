/** A platform that is served by a process of its own, as a user starts it, and what is done to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { openSqliteEventStore } from '@flexledger/event-store';
import { sleep, stopwatch, wallClock } from '@flexledger/runtime';
import { openTokens, repositoryRoot } from '@flexledger/service-kit';

/** A served platform. */
export interface TorturedPlatform {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What it has said on its error stream. */
  complaints(): string;
  /** Numbers of the chain's processes that it has started. */
  chainPids(): number[];
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, null after a signal. */
  readonly ended: Promise<number | null>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  readonly args?: readonly string[];
}

/** Longest that something that has to happen is waited for. */
export const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 50;

const main = (): string => path.join(repositoryRoot(), 'dist/apps/flexledger/src/main.js');

/** Starts `flexledger up`. */
export function launch({ dataDir, env = {}, nodeOptions = [], args = [] }: StartOptions) {
  const ports = ['--port', '0', '--mqtt-port', '0'];
  const child: ChildProcess = spawn(
    process.execPath,
    [...nodeOptions, main(), 'up', '--data', dataDir, ...ports, ...args],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, told: () => stdout, complaints: () => stderr };
}

/** Starts it and waits until it serves. @throws Error with what it said when it ends before */
export async function served(options: StartOptions): Promise<TorturedPlatform> {
  const { child, ended, told, complaints } = launch(options);
  let code: number | null | undefined;
  void ended.then((exit) => (code = exit));
  const url = await eventually('the platform is served', () => {
    if (code !== undefined) throw new Error(`it ended with ${code}: ${told()}${complaints()}`);
    const [, address] = /REST, docs +(http\S+)\/api\/docs/.exec(told()) ?? [];
    return told().includes('Stop with') ? address : undefined;
  });
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    complaints,
    chainPids: () => childrenOf(child.pid!, 'anvil'),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Ends it, as a service manager does; then as it does after a while. */
export async function end(platform: TorturedPlatform): Promise<void> {
  platform.kill('SIGCONT');
  platform.kill('SIGTERM');
  const patience = new AbortController();
  const late = sleep(20_000, patience.signal).then(() => platform.kill('SIGKILL'));
  await platform.ended;
  patience.abort();
  await late;
}

/** The first answer that is one. @throws Error naming what did not come about in time */
export async function eventually<Answer>(
  what: string,
  look: () => Promise<Answer | undefined> | Answer | undefined,
): Promise<Answer> {
  const untilMs = stopwatch.nowMs() + PATIENCE_MS;
  while (stopwatch.nowMs() < untilMs) {
    const answer = await look();
    if (answer !== undefined) return answer;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
}

/** The status of an answer; 0 where there is none within so long. */
export async function statusOf(url: string, init: RequestInit = {}, timeoutMs = 5_000) {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

/** Resolves when it says to be ready, with how long that took, s. */
export async function untilReady({ url }: Pick<TorturedPlatform, 'url'>): Promise<number> {
  const beganMs = stopwatch.nowMs();
  await eventually('ready', async () =>
    (await statusOf(`${url}/health/ready`)) === 200 ? true : undefined,
  );
  return Math.round((stopwatch.nowMs() - beganMs) / 100) / 10;
}

/** Somebody who registers parties without pause, and knows which of them were answered with success. */
export interface Writer {
  readonly acknowledged: readonly string[];
  readonly statuses: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

let writers = 0;

/** Begins to write; goes on through whatever happens to the platform. */
export function startWriting(dataDir: string, urlNow: () => string): Writer {
  writers += 1;
  const prefix = `T${writers}N`;
  const acknowledged: string[] = [];
  const statuses = new Map<number, number>();
  let isOver = false;
  const writing = (async (): Promise<void> => {
    for (let count = 0; !isOver; count += 1) {
      const party = `aggregator:${prefix}${count}`;
      const status = await register(dataDir, urlNow(), party);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 201 || status === 200) acknowledged.push(party);
      await sleep(5);
    }
  })();
  return {
    acknowledged,
    statuses,
    async stop() {
      isOver = true;
      await writing;
    },
  };
}

/** Registers a party; 0 where no answer came. */
export async function register(dataDir: string, url: string, party: string): Promise<number> {
  const { tokenOf } = await openTokens(dataDir);
  return statusOf(`${url}/api/v1/parties`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf('operator')}`,
      'content-type': 'application/json',
      'idempotency-key': party,
    },
    body: JSON.stringify({ party, name: party }),
  });
}

/** Those of acknowledged parties that do not stand in the log exactly once. */
export async function lostOf(dataDir: string, acknowledged: readonly string[]): Promise<string[]> {
  const store = openSqliteEventStore({
    path: path.join(dataDir, 'events.sqlite'),
    clock: wallClock,
    readOnly: true,
  });
  const standing = new Map<string, number>();
  for await (const { data } of store.readAll({ filter: { types: ['PartyRegistered'] } })) {
    const { party } = data as { party: string };
    standing.set(party, (standing.get(party) ?? 0) + 1);
  }
  await store.close();
  return acknowledged.filter((party) => standing.get(party) !== 1);
}

/** Numbers of the processes that a process has started and that run a program; Linux only. */
function childrenOf(pid: number, program: string): number[] {
  if (!existsSync('/proc')) return [];
  const found: number[] = [];
  const parents = new Set([pid]);
  for (let before = 0; before !== parents.size;) {
    before = parents.size;
    for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(textOf(`/proc/${name}/status`)) ?? [];
      if (parent !== undefined && parents.has(Number(parent))) parents.add(Number(name));
    }
  }
  for (const one of parents) {
    const [command = ''] = textOf(`/proc/${one}/cmdline`).split('\0');
    if (path.basename(command) === program) found.push(one);
  }
  return found;
}

/** A file, empty when it has gone meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
