import { inOrder, messageOf, sleep, withoutFullStop } from '@flexledger/runtime';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { toQuantity } from 'ethers';
import { jsonRpc, type JsonRpc } from './json-rpc';

/**
 * The embedded chain: `anvil` of npm `@foundry-rs/anvil` as a child process on loopback, a block
 * per transaction. Its state lives in memory; `saveState` writes it to a file of ours, and a later
 * start goes on from there.
 */
export interface Anvil {
  /** Like `http://127.0.0.1:41234`. */
  readonly rpcUrl: string;

  /** Writes the whole chain to the state file, atomically. Does nothing without a state file. */
  saveState(): Promise<void>;

  /**
   * Saves the state, then ends the process; both are done when it returns. Repeats do nothing.
   *
   * @throws AnvilEnded when the process had ended before, and so was not saved
   */
  stop(): Promise<void>;

  /** Resolves when the process has ended, whoever ended it, and every save under way is done or has failed. */
  readonly ended: Promise<void>;
}

export interface AnvilOptions {
  /** Chain to go on from where the file exists, and to save to; without it nothing is kept. */
  readonly stateFile?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Time of the first block, seconds since 1970; default now. */
  readonly genesisTimestampS?: number;
  /** Default 31337. */
  readonly chainId?: number;
  /** Accounts that get a million ether, so that they can pay for gas. */
  readonly fundedAddresses?: readonly string[];
  /** How long the process may take to come up; default 15 s. */
  readonly startTimeoutMs?: number;
}

/** `anvil` is missing, does not come up, or cannot read its state. */
export class AnvilError extends Error {
  override readonly name = 'AnvilError';
  readonly code = 'anvil';
}

/** The process has ended without being told to: what it had accepted since it was saved last is lost. */
export class AnvilEnded extends AnvilError {
  constructor() {
    super(
      'anvil has ended without being told to; what it accepted since it was saved last is lost',
    );
  }
}

const START_TIMEOUT_MS = 15_000;
/** A connection breaks at once, the end of the process is known a little later. */
const END_IS_KNOWN_MS = 1_000;
const RPC_TIMEOUT_MS = 30_000;
const FUNDS_WEI = 10n ** 24n;
const LISTENING = /Listening on 127\.0\.0\.1:(\d+)/;

/**
 * Kills anvil as soon as our end of descriptor 3 closes, which the kernel does however this
 * process ends, SIGKILL included; and ends itself when anvil does. Started in a session of its own
 * (`detached`), so that Ctrl-C reaches us first and the state can be saved.
 */
const GUARD = [
  '"$@" 3<&- & anvil=$!',
  '{ read -r _ <&3; kill -9 "$anvil"; } 2>/dev/null & guard=$!',
  'wait "$anvil"; code=$?',
  'kill "$guard" 2>/dev/null',
  'exit "$code"',
].join('\n');

/**
 * Starts anvil and waits until it answers.
 *
 * @throws AnvilError with the reason, when it does not come up in time; nothing is left running then
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const child = spawnGuarded(anvilBinary(), anvilArguments(options));
  // Not 'exit': that is the guard's, while 'close' comes when anvil too has closed its output.
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const port = await listeningPort(child, options);
    const rpc = jsonRpc(`http://127.0.0.1:${port}`);
    await prepare(rpc, options);
    for (const handle of handles(child)) handle.unref();
    return running(child, ended, rpc, options.stateFile);
  } catch (error) {
    end(child);
    await ended;
    throw error;
  }
}

function running(
  child: ChildProcess,
  ended: Promise<void>,
  rpc: JsonRpc,
  stateFile: string | undefined,
): Anvil {
  const inTurn = inOrder();
  let stopped: Promise<void> | undefined;
  let hasEnded = false;
  const settled = ended.then(() => {
    hasEnded = true;
    return inTurn(async () => {});
  });

  function saveState(): Promise<void> {
    if (stateFile === undefined) return Promise.resolve();
    return inTurn(async () => {
      // Another chain may answer at its port by now, which lacks what this one had accepted.
      if (hasEnded) throw new AnvilEnded();
      await dumpTo(rpc, stateFile);
    });
  }

  async function saveAndEnd(): Promise<void> {
    try {
      await saveState();
    } catch (error) {
      await Promise.race([settled, sleep(END_IS_KNOWN_MS)]);
      throw hasEnded ? new AnvilEnded() : error;
    } finally {
      for (const handle of handles(child)) handle.ref();
      end(child);
      await ended;
    }
  }

  return {
    rpcUrl: rpc.url,
    saveState,
    stop: () => (stopped ??= saveAndEnd()),
    ended: settled,
  };
}

function spawnGuarded(binary: string, args: readonly string[]): ChildProcess {
  const guarded = process.platform !== 'win32';
  // Windows has no such shell: there only `stop` ends anvil.
  const [command, prefix] = guarded ? ['/bin/sh', ['-c', GUARD, 'sh', binary]] : [binary, []];
  return spawn(command, [...prefix, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: guarded,
  });
}

/**
 * What keeps our event loop running. Released while anvil runs, so that it outlives no program
 * that forgot to stop it, and held again while it is being ended.
 */
function handles(child: ChildProcess): readonly (ChildProcess | Socket)[] {
  return [child, ...child.stdio.filter((pipe) => pipe !== null).map((pipe) => pipe as Socket)];
}

/** Lets go of the guard, which ends and reaps anvil. */
function end(child: ChildProcess): void {
  (child.stdio[3] as Socket | undefined)?.destroy();
  if (process.platform === 'win32') child.kill('SIGKILL');
}

/** The binary of this platform's package: `npx` and the package's wrapper would add processes. */
function anvilBinary(): string {
  const system = { darwin: 'darwin', linux: 'linux', win32: 'win32' }[process.platform as string];
  const processor = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
  const name = `@foundry-rs/anvil-${system}-${processor}`;
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    throw new AnvilError(
      `${name} is not installed for ${process.platform} on ${process.arch}; run \`npm install\` ` +
        'with optional dependencies, or set the RPC URL of another EVM node',
    );
  }
}

function anvilArguments(options: AnvilOptions): string[] {
  const { stateFile, port = 0, genesisTimestampS, chainId } = options;
  const args = ['--host', '127.0.0.1', '--port', `${port}`, '--accounts', '0', '--no-cors'];
  args.push('--prune-history', '--no-request-size-limit', '--disable-default-create2-deployer');
  if (genesisTimestampS !== undefined) args.push('--timestamp', `${genesisTimestampS}`);
  if (chainId !== undefined) args.push('--chain-id', `${chainId}`);
  if (stateFile !== undefined && existsSync(stateFile)) args.push('--load-state', stateFile);
  return args;
}

function listeningPort(child: ChildProcess, options: AnvilOptions): Promise<number> {
  const { stateFile, startTimeoutMs = START_TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    let printed = '';
    let complaint = '';
    const fail = (reason: string): void => reject(new AnvilError(`anvil did not start: ${reason}`));
    const timer = setTimeout(
      () => fail(`it was not listening after ${startTimeoutMs} ms; raise the start time limit`),
      startTimeoutMs,
    );
    child.stdout!.on('data', (chunk: Buffer) => {
      if (LISTENING.test(printed)) return;
      printed += chunk.toString();
      const match = LISTENING.exec(printed);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString();
    });
    child.once('error', (error) => fail(error.message));
    child.once('close', () => {
      clearTimeout(timer);
      const state = stateFile === undefined ? '' : ` (state file ${stateFile})`;
      fail(`${complaint.trim().split('\n')[0] || 'it ended without a message'}${state}`);
    });
  });
}

async function prepare(rpc: JsonRpc, options: AnvilOptions): Promise<void> {
  const ask = (method: string, params: unknown[]): Promise<unknown> =>
    rpc.call(method, params, AbortSignal.timeout(RPC_TIMEOUT_MS));
  await ask('anvil_setLoggingEnabled', [false]);
  for (const address of options.fundedAddresses ?? []) {
    await ask('anvil_setBalance', [address, toQuantity(FUNDS_WEI)]);
  }
}

/** `anvil_dumpState` answers with the gzipped JSON that `--load-state` reads, in hex. */
async function dumpTo(rpc: JsonRpc, stateFile: string): Promise<void> {
  const signal = AbortSignal.timeout(RPC_TIMEOUT_MS);
  const dump = await rpc.call<string>('anvil_dumpState', [], signal);
  const state = await promisify(gunzip)(Buffer.from(dump.slice(2), 'hex'));
  // One name: what a killed process left half written is written over by the next one.
  const temporary = `${stateFile}.tmp`;
  try {
    await mkdir(path.dirname(stateFile), { recursive: true });
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(state);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, stateFile);
    await syncFolder(path.dirname(stateFile));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Error(
      `The chain's state cannot be saved in ${stateFile}: ${withoutFullStop(messageOf(error))}; remove ` +
        'the cause (a full disk, a missing right). What was saved before stands.',
      { cause: error },
    );
  }
}

/** Makes the new name durable; Windows neither needs nor allows it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
