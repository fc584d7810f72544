/** The embedded chain comes back at the same address when its process is killed, and nothing that was called saved is gone. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep } from '@flexledger/runtime';
import { Wallet } from 'ethers';
import { startAnvil } from './anvil';
import { connectChain } from './chain';
import { deployEventLogAnchor } from './event-log-anchor';
import { type SupervisedAnvil, superviseAnvil } from './supervised-anvil';

const privateKey = `0x${'42'.repeat(32)}`;
const account = new Wallet(privateKey).address;

let directory: string;
let stateFile: string;
let problems: string[];
let restarts: number;
let anvil: SupervisedAnvil;
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'supervised-anvil-'));
  stateFile = path.join(directory, 'state.json');
  problems = [];
  restarts = 0;
  anvil = await superviseAnvil(
    { stateFile, fundedAddresses: [account] },
    {
      onProblem: (problem) => problems.push(problem),
      onRestarted: async () => void (restarts += 1),
      backOffMs: [10],
    },
  );
});
afterEach(async () => {
  await anvil.stop().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
});

/** Numbers of the processes that serve this chain; Linux only. */
function anvils(): number[] {
  const mine = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return mine.map(Number).filter((pid) => {
    try {
      const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const parent = Number(
        /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1],
      );
      return command.endsWith('/anvil') && args.includes('--port') && isOurs(parent);
    } catch {
      return false;
    }
  });
}

/** The guard between us and anvil is our child. */
function isOurs(guard: number): boolean {
  const status = readFileSync(`/proc/${guard}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)/m.exec(status)![1]) === process.pid;
}

const kill = (): void => anvils().forEach((pid) => process.kill(pid, 'SIGKILL'));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

const runs = (): boolean => {
  try {
    anvil.check();
    return true;
  } catch {
    return false;
  }
};

it('is started again at its address from what was saved, and says so', async () => {
  const link = { rpcUrl: anvil.rpcUrl, privateKey, timeoutMs: 5_000 };
  const contract = await deployEventLogAnchor(await connectChain(link));
  await contract.anchor(1, 'aa'.repeat(32));
  await anvil.saveState();
  await contract.anchor(2, 'bb'.repeat(32));

  kill();
  await until(() => !runs());
  expect(() => anvil.check()).toThrow('has ended by itself and is being started again');
  await expect(anvil.saveState()).rejects.toThrow();
  await until(runs);

  expect(restarts).toBe(1);
  expect(problems).toEqual([
    expect.stringContaining('has ended without being told to'),
    'The embedded chain runs again.',
  ]);
  // The same client, at the same address; what was not saved is sent again.
  expect((await contract.readAnchors()).map(({ size }) => size)).toEqual([1]);
  await contract.anchor(2, 'bb'.repeat(32));
  await anvil.saveState();
  expect((await contract.latest())?.size).toBe(2);
});

it('is not called saved by a save that waited while another process took its place', async () => {
  const before = anvil.saveState();
  // Waits behind the first; the chain is gone by then.
  const [first, second] = [before, anvil.saveState()];
  kill();
  const results = await Promise.allSettled([first, second]);
  expect(results.at(-1)!.status).toBe('rejected');
  await until(() => problems.length > 0 && runs());
});

it('is stopped in order also while it is down', async () => {
  await anvil.saveState();
  kill();
  await until(() => problems.length > 0);
  await expect(anvil.stop()).resolves.toBeUndefined();
  expect(anvils()).toEqual([]);
});

it('is stopped in order also when it is killed at the same moment', async () => {
  await anvil.saveState();
  kill();
  await expect(anvil.stop()).resolves.toBeUndefined();
  expect(problems).toEqual([]);
});

it('that nobody supervises says at its stop that it was not saved', async () => {
  const alone = await startAnvil({ stateFile: path.join(directory, 'alone.json') });
  await anvil.stop();
  kill();
  await expect(alone.stop()).rejects.toThrow('what it accepted since it was saved last is lost');
});
