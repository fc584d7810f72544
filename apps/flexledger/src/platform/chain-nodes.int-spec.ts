/** Goal: a platform goes on by another node of its chain, and says which one it does without since when. Method: a real chain. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Anvil, startAnvil } from '@flexledger/contracts';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { joinChain } from './chain';
import { openKeys } from './keys';

/** Nothing listens there. */
const DEAD = 'http://127.0.0.1:9';

let dataDir: string;
let log: SqliteEventStore;
let anvil: Anvil;
beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'chain-nodes-'));
  log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock: wallClock });
  const own = computeAddress(`0x${openKeys(dataDir, 1).chainKey}`);
  anvil = await startAnvil({ fundedAddresses: [own] });
});
afterEach(async () => {
  await anvil.stop();
  await log.close();
  rmSync(dataDir, { recursive: true });
});

const joined = (rpcUrls: readonly [string, ...string[]], problems: string[]) =>
  joinChain(
    { dataDir, keys: openKeys(dataDir, 1), log, clock: wallClock, duties: {} },
    { rpcUrls, gatePort: 0, deploys: true },
    new AbortController().signal,
    (told) => problems.push(told),
  );

it('the one that answers is written to, and the other is told', async () => {
  const problems: string[] = [];
  const chain = await joined([DEAD, anvil.rpcUrl], problems);
  await chain.anchorContract.anchor(5, '33'.repeat(32));
  await expect(chain.check()).resolves.toBeUndefined();
  const [told, ...others] = chain.degraded();
  expect(told).toMatch(/^chain: its node http:\/\/127.0.0.1:9 is not asked since 20.*Z: /);
  expect(others).toEqual([]);
  expect(problems).toEqual([expect.stringContaining(`${DEAD} is not asked any more`)]);
});

it('by one node alone there is nothing to tell, and where it is down the check says so', async () => {
  const chain = await joined([anvil.rpcUrl], []);
  expect(chain.degraded()).toEqual([]);
  await anvil.stop();
  await expect(chain.check()).rejects.toThrow(`The chain at ${anvil.rpcUrl} is unavailable`);
});
