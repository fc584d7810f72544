import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Wallet } from 'ethers';
import { startAnvil } from './anvil';
import { connectChain } from './chain';
import { buildDistribution } from '@flexledger/merkle-log';
import { deployEventLogAnchor, eventLogAnchorAt } from './event-log-anchor';
import { deployFlexToken, flexTokenAt } from './flex-token';
import { jsonRpc } from './json-rpc';

/** Goal: the embedded chain outlives restarts, and never its parent. Method: real processes. */

const privateKey = `0x${'42'.repeat(32)}`;
const account = new Wallet(privateKey).address;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'anvil-spec-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the embedded chain', () => {
  it('goes on after a restart where it stopped: storage, supply, logs, nonces, time', async () => {
    const stateFile = path.join(directory, 'chain', 'state.json');
    const options = { stateFile, genesisTimestampS: 1_700_000_000, fundedAddresses: [account] };
    const link = { privateKey, timeoutMs: 5000, ownDevelopmentChain: true };
    const before = await startAnvil(options);
    const chain = await connectChain({ ...link, rpcUrl: before.rpcUrl });
    const log = await deployEventLogAnchor(chain);
    const token = await deployFlexToken(chain);
    await log.anchor(4, 'aa'.repeat(32), { blockTimeMs: 1_800_000_000_000 });
    const { root, proofFor } = buildDistribution([{ account, cumulativeMicroEur: 9n }]);
    const settled = { sessionDigestHex: 'cc'.repeat(32), settlementLeafHex: 'dd'.repeat(32) };
    await token.award({ ...settled, root, amountMicroEur: 9n });
    const anchors = await log.readAnchors();
    const awards = await token.readAwards();
    await before.stop();
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(stateFile))).toEqual(['state.json']);

    const after = await startAnvil(options);
    try {
      const rechained = await connectChain({ ...link, rpcUrl: after.rpcUrl });
      const sameLog = await eventLogAnchorAt(rechained, log.address);
      const sameToken = await flexTokenAt(rechained, token.address);
      expect(await sameLog.readAnchors()).toEqual(anchors);
      expect(await sameToken.readAwards()).toEqual(awards);
      expect(await sameToken.totalSupplyMicroEur()).toBe(9n);
      await expect(sameLog.anchor(3, 'bb'.repeat(32))).rejects.toMatchObject({
        errorName: 'SizeShrinks',
      });
      const later = await sameLog.anchor(5, 'bb'.repeat(32), { blockTimeMs: 1_800_007_200_000 });
      expect(later.blockNumber).toBe(5);
      expect((await sameLog.latest())!.timestampS).toBe(1_800_007_200);
      await sameToken.claim(proofFor(account));
      expect(await sameToken.balanceOfMicroEur(account)).toBe(9n);
    } finally {
      await after.stop();
    }
  });

  it('keeps what was saved when it is killed later', async () => {
    const stateFile = path.join(directory, 'state.json');
    const link = { privateKey, timeoutMs: 5000 };
    const parent = await parentOfAnvil({ stateFile, fundedAddresses: [account] });
    const log = await deployEventLogAnchor(await connectChain({ ...link, rpcUrl: parent.rpcUrl }));
    await log.anchor(1, 'aa'.repeat(32));
    parent.process.send('save');
    await new Promise((resolve) => parent.process.once('message', resolve));
    await log.anchor(2, 'bb'.repeat(32));
    parent.process.kill('SIGKILL');
    await expectSilence(parent.rpcUrl);

    const anvil = await startAnvil({ stateFile });
    const chain = await connectChain({ ...link, rpcUrl: anvil.rpcUrl });
    const restored = await eventLogAnchorAt(chain, log.address);
    expect((await restored.readAnchors()).map((anchor) => anchor.size)).toEqual([1]);
    await anvil.stop();
  });

  it('saves one after the other over what a kill left, and stops once, whatever is asked at the same time', async () => {
    const stateFile = path.join(directory, 'state.json');
    writeFileSync(`${stateFile}.tmp`, '{"half": ');
    const anvil = await startAnvil({ stateFile });
    await Promise.all([anvil.saveState(), anvil.saveState(), anvil.stop(), anvil.stop()]);
    expect(readdirSync(directory)).toEqual(['state.json']);
    await expectSilence(anvil.rpcUrl);
  });

  it('keeps nothing without a state file', async () => {
    const anvil = await startAnvil({ chainId: 4242 });
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, privateKey, timeoutMs: 5000 });
    expect(chain.chainId).toBe(4242n);
    await anvil.saveState();
    await anvil.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is ended even when its state cannot be saved, and says so', async () => {
    const stateFile = path.join(directory, 'state.json');
    const anvil = await startAnvil({ stateFile });
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the directory was');
    await expect(anvil.stop()).rejects.toThrow(
      /The chain's state cannot be saved in .*state\.json: .*(EEXIST|ENOTDIR)/,
    );
    await expectSilence(anvil.rpcUrl);
  });
});

describe('an embedded chain that cannot start', () => {
  it('because its state file is damaged says which and why', async () => {
    const stateFile = path.join(directory, 'state.json');
    writeFileSync(stateFile, '{"block":');
    await expect(startAnvil({ stateFile })).rejects.toMatchObject({
      name: 'AnvilError',
      message: expect.stringMatching(/failed to parse json file.*\(state file .*state\.json\)/),
    });
  });

  it('because its port is taken says so', async () => {
    const first = await startAnvil();
    const port = Number(new URL(first.rpcUrl).port);
    await expect(startAnvil({ port })).rejects.toThrow(/Address already in use/);
    await first.stop();
  });

  it('in time says so, and leaves nothing running', async () => {
    await expect(startAnvil({ startTimeoutMs: 0 })).rejects.toThrow(
      'it was not listening after 0 ms; raise the start time limit',
    );
  });
});

describe('the embedded chain dies with its parent', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('by %s', async (signal) => {
    const parent = await parentOfAnvil({});
    parent.process.kill(signal);
    await expectSilence(parent.rpcUrl);
  });

  it('at its normal end, which a forgotten stop does not hold up', async () => {
    const parent = await parentOfAnvil({});
    parent.process.disconnect();
    const code = await new Promise((resolve) => parent.process.once('exit', resolve));
    expect(code).toBe(0);
    await expectSilence(parent.rpcUrl);
  });
});

/** A process of its own that starts anvil from the sources, saves when told to, and never stops it. */
async function parentOfAnvil(options: object): Promise<{ process: Parent; rpcUrl: string }> {
  const program = `
    const { transformFileSync } = require('@swc/core');
    require.extensions['.ts'] = (module, file) =>
      module._compile(transformFileSync(file, { sourceMaps: false }).code, file);
    require(${JSON.stringify(path.resolve(__dirname, 'anvil.ts'))})
      .startAnvil(${JSON.stringify(options)})
      .then((anvil) => {
        process.on('message', () => anvil.saveState().then(() => process.send('saved')));
        process.send(anvil.rpcUrl);
      });`;
  const child = spawn(process.execPath, ['-e', program], {
    cwd: path.resolve(__dirname, '../..'),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  }) as Parent;
  const rpcUrl = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', (code) => reject(new Error(`the parent ended with ${code}`)));
  });
  return { process: child, rpcUrl };
}

type Parent = ChildProcess & { send: NonNullable<ChildProcess['send']> };

/** Passes as soon as nothing answers; the test's own time limit ends the waiting. */
async function expectSilence(rpcUrl: string): Promise<void> {
  for (;;) {
    try {
      await jsonRpc(rpcUrl).call('eth_chainId', [], AbortSignal.timeout(1000));
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
