/** A real node of a chain that is none of ours, for tests: geth in the folder of FLEX_ENGINES. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, sleep } from '@flexledger/runtime';

/** Why there is none to test with; undefined where there is. */
export function whyNoGeth(): string | undefined {
  const engines = process.env['FLEX_ENGINES'];
  if (!engines) return 'FLEX_ENGINES names no folder; run "npm run engines -- --all"';
  return existsSync(gethOf(engines))
    ? undefined
    : `${gethOf(engines)} is missing; run "npm run engines -- --all"`;
}

const gethOf = (engines: string): string => path.join(engines, 'bin', 'geth');

export interface Geth {
  readonly rpcUrl: string;
  /** Sends ether of its own development account, and waits until it is there. */
  fund(address: string): Promise<void>;
  /** Ends it as a power cut does: what it had not written is lost, its newest blocks with it. */
  kill(): Promise<void>;
  /** Ends it in order, whereupon all is written. */
  stop(): Promise<void>;
  /** Starts it on what is written; resolves when it answers. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const START_TRIES = 300;
const AGAIN_MS = 100;
const CALL_MS = 5_000;

/** Starts a chain of its own that mines a block a second. */
export async function startGeth(): Promise<Geth> {
  const folder = mkdtempSync(path.join(tmpdir(), 'geth-'));
  const [http, auth, peers] = (await freePorts(3)) as [number, number, number];
  const rpcUrl = `http://127.0.0.1:${http}`;
  async function ask<Result>(method: string, ...params: unknown[]): Promise<Result> {
    const answer = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const { result, error } = (await answer.json()) as { result: Result; error?: object };
    if (error) throw new Error(`geth refuses ${method}: ${JSON.stringify(error)}`);
    return result;
  }
  const flags = [
    ...['--dev', '--dev.period', '1', '--datadir', folder, '--nodiscover', '--ipcdisable'],
    ...['--http', '--http.addr', '127.0.0.1', '--http.port', `${http}`, '--http.api', 'eth,net'],
    ...['--authrpc.port', `${auth}`, '--port', `${peers}`, '--verbosity', '1'],
  ];
  let child: ChildProcess;

  async function start(): Promise<void> {
    child = spawn(gethOf(process.env['FLEX_ENGINES']!), flags, { stdio: 'ignore' });
    for (let tries = 1; ; tries += 1) {
      if (child.exitCode !== null) throw new Error(`geth ended with ${child.exitCode}`);
      const answer = await ask<string>('eth_blockNumber').catch((error: Error) => error);
      if (typeof answer === 'string') return;
      if (tries === START_TRIES) throw answer;
      await sleep(AGAIN_MS);
    }
  }
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  await start();
  return {
    rpcUrl,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async fund(address) {
      const [from] = await ask<string[]>('eth_accounts');
      await ask('eth_sendTransaction', { from, to: address, value: '0x56bc75e2d63100000' });
      const isEmpty = async (): Promise<boolean> =>
        BigInt(await ask<string>('eth_getBalance', address, 'latest')) === 0n;
      while (await isEmpty()) await sleep(AGAIN_MS);
    },
    async close() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, maxRetries: 10 });
    },
  };
}
