/** Several processes of one operator share the embedded chain: who may call, what, and what survives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import { CHAIN_USER, type ChainGate, openChainGate } from './chain-gate';
import { deployEventLogAnchor, eventLogAnchorAt } from './event-log-anchor';
import { deployFlexToken } from './flex-token';
import { jsonRpc } from './json-rpc';

const privateKey = `0x${'42'.repeat(32)}`;
const token = 'a token';
let folder: string;
let anvil: Anvil;
let gate: ChainGate;

const stateFile = (): string => path.join(folder, 'chain.json');
const start = (): Promise<Anvil> =>
  startAnvil({ stateFile: stateFile(), fundedAddresses: [new Wallet(privateKey).address] });
const url = (password = token): string =>
  `http://${CHAIN_USER}:${encodeURIComponent(password)}@127.0.0.1:${gate.port}`;
const connect = (rpcUrl = url()): Promise<Chain> =>
  connectChain({ rpcUrl, privateKey, timeoutMs: 10_000, ownDevelopmentChain: true });

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'chain-gate-'));
  anvil = await start();
  gate = await openChainGate({ anvil, port: 0, token });
});
afterEach(async () => {
  await gate.close();
  await anvil.stop();
  rmSync(folder, { recursive: true });
});

it('is closed to who has no token or another one', async () => {
  await expect(connect(url('another'))).rejects.toThrow('HTTP 401');
  await expect(connect(`http://127.0.0.1:${gate.port}`)).rejects.toThrow('HTTP 401');
});

it.each(['anvil_setStorageAt', 'anvil_dumpState', 'debug_traceCall'])(
  'does not pass %s on, even for who has the token',
  async (method) => {
    const rpc = jsonRpc(url());
    await expect(rpc.call(method, [], AbortSignal.timeout(5_000))).rejects.toThrow(
      `${method} is not served here`,
    );
  },
);

it('what it answered as mined is there after the chain is killed', async () => {
  const { address } = await deployEventLogAnchor(await connect());
  const anchor = await eventLogAnchorAt(await connect(), address);
  await anchor.anchor(7, 'ab'.repeat(32));
  // A second chain from the file as it lies there now: what a kill would leave.
  const afterKill = await start();
  const left = await eventLogAnchorAt(await connect(afterKill.rpcUrl), address);
  expect(await left.latest()).toMatchObject({ size: 7 });
  await afterKill.stop();
});

it('two processes that send at once from one account both get through', async () => {
  const [one, other] = await Promise.all([connect(), connect()]);
  const sent = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      index % 2 === 0 ? deployFlexToken(one) : deployEventLogAnchor(other),
    ),
  );
  expect(new Set(sent.map(({ address }) => address)).size).toBe(6);
});
