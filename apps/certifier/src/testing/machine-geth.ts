/**
 * Real nodes of chains that are none of ours, for tests: geth in the folder of FLEX_ENGINES. Its release is the last one that
 * makes blocks in a network of its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, sleep } from '@flexledger/runtime';
import { SigningKey, encryptKeystoreJsonSync, computeAddress, id } from 'ethers';

/** Why there is none to test with; undefined where there is. */
export function whyNoGeth(): string | undefined {
  const engines = process.env['FLEX_ENGINES'];
  if (!engines) return 'FLEX_ENGINES names no folder; run "npm run engines -- --all"';
  return existsSync(gethOf(engines))
    ? undefined
    : `${gethOf(engines)} is missing; run "npm run engines -- --all"`;
}

const gethOf = (engines: string): string => path.join(engines, 'bin', 'geth');
const program = (): string => gethOf(process.env['FLEX_ENGINES']!);

/** A node of a chain. */
export interface Geth {
  readonly rpcUrl: string;
  ask<Result>(method: string, ...params: unknown[]): Promise<Result>;
  /** Ends it as a power cut does: what it had not written is lost, its newest blocks with it. */
  kill(): Promise<void>;
  /** Ends it in order, whereupon all is written. */
  stop(): Promise<void>;
  /** Starts it on what is written; resolves when it answers. */
  start(): Promise<void>;
}

/** A chain, with who starts and ends its nodes. */
export interface GethChain {
  readonly nodes: readonly Geth[];
  close(): Promise<void>;
}

const CHAIN_ID = 1337;
/** Ten thousand ether. */
const FUNDS = '0x21e19e0c9bab2400000';
const START_TRIES = 300;
const AGAIN_MS = 100;
const CALL_MS = 5_000;

/** What a validator is known by to the others. */
interface Validator {
  readonly dataDir: string;
  /** Private key, 0x-prefixed hex: of its account and of its node. */
  readonly key: string;
  readonly address: string;
  readonly ports: readonly [http: number, auth: number, peers: number];
}

/**
 * A network of validators that take turns with a block a second (Clique): it goes on as long as more than half of them
 * are there.
 *
 * @param funded account that has ether in it
 */
export async function startValidators(count: number, funded: string): Promise<GethChain> {
  const folder = mkdtempSync(path.join(tmpdir(), 'geth-validators-'));
  const ports = await freePorts(3 * count);
  const validators = Array.from({ length: count }, (_, index): Validator => {
    const key = id(`validator ${index}`);
    const [http, auth, peers] = ports.slice(3 * index) as [number, number, number];
    const dataDir = path.join(folder, `data-${index + 1}`);
    return { dataDir, key, address: computeAddress(key), ports: [http, auth, peers] };
  });
  const genesis = path.join(folder, 'genesis.json');
  writeFileSync(genesis, JSON.stringify(genesisOf(validators, funded)));
  const nodes = validators.map((validator) => prepared(validator, validators, genesis));
  await Promise.all(nodes.map((node) => node.start()));
  return chainOf(nodes, folder);
}

function genesisOf(validators: readonly Validator[], funded: string): object {
  const forks =
    'homestead eip150 eip155 eip158 byzantium constantinople petersburg istanbul berlin london';
  const blocks = forks.split(' ').map((fork) => [`${fork}Block`, 0]);
  const signers = validators.map(({ address }) => address.slice(2).toLowerCase()).toSorted();
  return {
    config: {
      chainId: CHAIN_ID,
      ...Object.fromEntries(blocks),
      clique: { period: 1, epoch: 30_000 },
    },
    difficulty: '0x1',
    gasLimit: '0x1c9c380',
    extraData: `0x${'00'.repeat(32)}${signers.join('')}${'00'.repeat(65)}`,
    alloc: { [funded]: { balance: FUNDS } },
  };
}

/** Its account, its genesis and whom it knows, in its folder. */
function prepared(
  { dataDir, key, address, ports }: Validator,
  all: readonly Validator[],
  genesis: string,
): Geth {
  mkdirSync(path.join(dataDir, 'keystore'), { recursive: true });
  const password = path.join(dataDir, 'password');
  writeFileSync(password, 'test');
  const scrypt = { N: 4_096, r: 8, p: 1 };
  const account = encryptKeystoreJsonSync({ address, privateKey: key }, 'test', { scrypt });
  writeFileSync(path.join(dataDir, 'keystore', `UTC--${address}`), account);
  const { status, stderr } = spawnSync(program(), ['init', '--datadir', dataDir, genesis], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`geth init fails: ${stderr}`);
  const others = all.filter((one) => one.key !== key).map((one) => JSON.stringify(enodeOf(one)));
  const config = path.join(dataDir, 'config.toml');
  writeFileSync(config, `[Node.P2P]\nStaticNodes = [${others.join(', ')}]\n`);
  return gethNode(dataDir, ports, [
    ...['--config', config, '--networkid', `${CHAIN_ID}`, '--nodekeyhex', key.slice(2)],
    ...['--nodiscover', '--nat', 'none', '--syncmode', 'full', '--mine'],
    ...['--miner.etherbase', address, '--unlock', address, '--password', password],
    '--allow-insecure-unlock',
  ]);
}

function enodeOf({ key, ports: [, , peers] }: Validator): string {
  // Without the byte that says that it is not compressed.
  return `enode://${new SigningKey(key).publicKey.slice(4)}@127.0.0.1:${peers}`;
}

function gethNode(
  dataDir: string,
  [http, auth, peers]: Validator['ports'],
  own: readonly string[],
): Geth {
  const rpcUrl = `http://127.0.0.1:${http}`;
  const flags = [
    ...['--datadir', dataDir, '--ipcdisable', '--verbosity', '1', '--port', `${peers}`],
    ...['--http', '--http.addr', '127.0.0.1', '--http.port', `${http}`, '--http.api', 'eth,net'],
    // After a kill it goes back to what it has written, not beyond, and by no journal of transactions forward again.
    ...['--authrpc.port', `${auth}`, '--snapshot=false', '--txpool.journal', '', ...own],
  ];
  let child: ChildProcess | undefined;

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
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }
  return {
    rpcUrl,
    ask,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async start() {
      const started = spawn(program(), flags, { stdio: 'ignore' });
      child = started;
      for (let tries = 1; ; tries += 1) {
        if (started.exitCode !== null) throw new Error(`geth ended with ${started.exitCode}`);
        const answer = await ask<string>('eth_blockNumber').catch((error: Error) => error);
        if (typeof answer === 'string') return;
        if (tries === START_TRIES) throw answer;
        await sleep(AGAIN_MS);
      }
    },
  };
}

function chainOf(nodes: readonly Geth[], folder: string): GethChain {
  return {
    nodes,
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, maxRetries: 10 });
    },
  };
}
