import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chainFile, connectChain, eventLogAnchorAt, startAnvil } from '@flexledger/contracts';
import {
  BEFORE_FIRST,
  type SqliteEventStore,
  openSqliteEventStore,
  logFile,
} from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';
import { recordedContracts } from '../platform/chain';
import { type ListeningPort, listeningPorts, tryPort } from '../platform/listening-ports';
import { type Check, check } from './doctor-check';
import { engineChecks } from './doctor-engines';
import { runningInstances } from '@flexledger/platform-cli';
import { EXIT_CODES, print, printJson } from '@flexledger/command-line';

/** Flags of `flexledger doctor`. */
export interface DoctorFlags {
  /** Configuration, as `up` takes it. */
  readonly config?: string;
  readonly data?: string;
  readonly chainRpc?: string;
  readonly json: boolean;
}

const OLDEST_NODE = [20, 19] as const;
const LEAST_FREE_BYTES = 1024 ** 3;
const CHAIN_TIMEOUT_MS = 10_000;
/** Any key: the chain is only read. */
const READER_KEY = `0x${'1'.padStart(64, '0')}`;

/** Examines machine and data folder and prints a line a check; exit code 1 when something is missing. */
export async function doctor({ config: file, data, chainRpc, json }: DoctorFlags): Promise<void> {
  const config = loadConfig({
    ...(file === undefined ? {} : { file }),
    environment: process.env,
    flags: {
      ...(data === undefined ? {} : { dataDir: data }),
      ...(chainRpc === undefined ? {} : { chain: { rpcUrl: chainRpc } }),
    },
  });
  const checks = [...(await examine(config, file === undefined)), ...(await engineChecks(config))];
  const ok = checks.every((check) => check.ok);
  if (json) printJson({ ok, checks });
  else for (const check of checks) print(lineOf(check));
  if (!ok) process.exitCode = EXIT_CODES.failed;
}

function lineOf({ name, ok, detail, remedy }: Check): string {
  const line = `${ok ? 'ok     ' : 'FAILED '} ${name.padEnd(14)} ${detail}`;
  return ok ? line : `${line}; ${remedy}`;
}

/** @param isByItself no configuration was named: of a folder that is served, its instances say the ports */
async function examine(config: Config, isByItself: boolean): Promise<Check[]> {
  const folder = path.resolve(config.dataDir);
  const checks = [nodeVersion(), freeDisk(folder), writableFolder(folder)];
  const own = ownPorts(folder);
  const ports =
    isByItself && own.size > 0
      ? [...own.keys()].map((port) => ({ host: config.http.host, port, chosenBy: '--port N' }))
      : listeningPorts(config);
  for (const port of ports) checks.push(await freePort(port, own.get(port.port)));
  checks.push(await sqliteDriver(), await anvilStarts());
  return [...checks, ...(await dataChecks(folder, config.chain.rpcUrl))];
}

function nodeVersion(): Check {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const ok = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const remedy = `install Node.js ${OLDEST_NODE.join('.')} or newer`;
  return { name: 'Node.js', ok, detail: node, remedy };
}

function freeDisk(folder: string): Check {
  const { bavail, bsize } = statfsSync(nearestExisting(folder));
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  const remedy = 'free a GiB, or choose a folder on another disk with --data';
  return { name: 'disk', ok: freeBytes >= LEAST_FREE_BYTES, detail, remedy };
}

function writableFolder(folder: string): Check {
  const existing = nearestExisting(folder);
  const name = 'data folder';
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return { name, ok: true, detail: `${existing} is writable` };
  } catch {
    const remedy = `give yourself the right to write there, or choose another with --data`;
    return { name, ok: false, detail: `${existing} is not writable`, remedy };
  }
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(path.dirname(folder));
}

/** Ports of the instances that run on the folder, with their names. */
function ownPorts(folder: string): Map<number, string> {
  return new Map(
    runningInstances(folder).flatMap(({ instance, url, mqtt, otherPorts = [] }) => [
      ...(url === null ? [] : [[Number(new URL(url).port), instance] as const]),
      ...(mqtt ? [[mqtt.port, instance] as const] : []),
      ...otherPorts.map((port) => [port, instance] as const),
    ]),
  );
}

function freePort(listening: ListeningPort, holder: string | undefined): Promise<Check> {
  const { port, chosenBy } = listening;
  if (holder !== undefined) {
    const detail = `is held by ${holder}, which runs on this data folder`;
    return Promise.resolve({ name: `port ${port}`, ok: true, detail });
  }
  const remedy = `stop the program that holds it, or choose another with ${chosenBy}`;
  return check(`port ${port}`, remedy, async () => {
    try {
      await tryPort(listening);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      throw isTaken ? new Error('is taken') : error;
    }
    return 'is free';
  });
}

function sqliteDriver(): Promise<Check> {
  const remedy = 'run "npm ci", which installs the binary for this platform';
  return check('libsql', remedy, async () => {
    const { default: Database } = await import('libsql');
    const db = new Database(':memory:');
    const [[version]] = db.prepare('SELECT sqlite_version()').raw().all() as [[string]];
    db.close();
    return `SQLite ${version} answers`;
  });
}

function anvilStarts(): Promise<Check> {
  const remedy = 'run "npm ci" with optional dependencies, or use --chain-rpc with another chain';
  return check('anvil', remedy, async () => {
    const anvil = await startAnvil();
    await anvil.stop();
    return 'starts and stops';
  });
}

/** What is known only where there is a log already. */
async function dataChecks(folder: string, chainRpc: string | undefined): Promise<Check[]> {
  if (!existsSync(logFile(folder))) {
    return [{ name: 'event log', ok: true, detail: 'there is none yet; it is made on first use' }];
  }
  let store: SqliteEventStore | undefined;
  const remedy = 'restore it from a backup';
  const log = await check('event log', remedy, async () => {
    store = openSqliteEventStore({ path: logFile(folder), clock: wallClock, readOnly: true });
    const head = await store.head();
    if (head === BEFORE_FIRST) return 'it holds no event yet';
    return `the last event, at position ${head}, matches its hash`;
  });
  if (!store) return [log];
  try {
    return [log, await chainHoldsAnchors(folder, store, chainRpc)];
  } finally {
    await store.close();
  }
}

/** The chain answers, holds the log's contract, and nothing of what was anchored is missing. */
function chainHoldsAnchors(
  folder: string,
  store: SqliteEventStore,
  chainRpc: string | undefined,
): Promise<Check> {
  const remedy = chainRpc
    ? 'check that the RPC address is that of the chain the log was anchored on'
    : `restore ${chainFile(folder)} from a backup, or name the log's chain with --chain-rpc`;
  return check('chain', remedy, async () => {
    const known = await recordedContracts(store);
    if (!known) return 'the log was never anchored';
    let anchoredSize = 0;
    for await (const { data } of store.readAll({
      filter: { types: ['CheckpointAnchored', 'AnchorLost'] },
    })) {
      const { size, standingSize = size } = data as unknown as AnchoredOrLost;
      anchoredSize = standingSize;
    }
    const heldSize = await withChain(folder, chainRpc, async (rpcUrl) => {
      const access = { rpcUrl, privateKey: READER_KEY, timeoutMs: CHAIN_TIMEOUT_MS };
      const contract = await eventLogAnchorAt(await connectChain(access), known.anchorContract);
      return (await contract.latest())?.size ?? 0;
    });
    const detail = `${heldSize} leaves anchored, ${anchoredSize} by the log`;
    if (heldSize < anchoredSize) throw new Error(`${detail}: the chain lost anchors`);
    return detail;
  });
}

/** The embedded chain is started from a copy of its state, so that nothing is changed. */
async function withChain<Result>(
  folder: string,
  chainRpc: string | undefined,
  look: (rpcUrl: string) => Promise<Result>,
): Promise<Result> {
  if (chainRpc !== undefined) return look(chainRpc);
  if (!existsSync(chainFile(folder))) throw new Error(`${chainFile(folder)} is missing`);
  const copies = mkdtempSync(path.join(tmpdir(), 'flexledger-doctor-'));
  const stateFile = path.join(copies, 'chain.json');
  copyFileSync(chainFile(folder), stateFile);
  try {
    const anvil = await startAnvil({ stateFile });
    try {
      return await look(anvil.rpcUrl);
    } finally {
      await anvil.stop();
    }
  } finally {
    rmSync(copies, { recursive: true });
  }
}

interface AnchoredOrLost {
  readonly size: number;
  /** Of an anchor that was lost, leaves of the one that stands. */
  readonly standingSize?: number;
}
