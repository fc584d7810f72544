import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Anvil,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';
import { computeAddress } from 'ethers';
import { describeChainContracts } from './chain.spec-suite';
import { createModelChain } from './model-chain';

/** Starting a chain on a busy machine may be slow; the tests say nothing of speed. */

const PRIVATE_KEY = `0x${'7'.repeat(64)}`;
let folder: string;
let anvil: Anvil | undefined;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'soak-chain-'))));
afterAll(async () => {
  await anvil?.stop();
  rmSync(folder, { recursive: true });
});

describeChainContracts('A real chain', async () => {
  anvil = await startAnvil({
    stateFile: path.join(folder, 'chain.json'),
    genesisTimestampS: 1_800_000_000,
    fundedAddresses: [computeAddress(PRIVATE_KEY)],
  });
  const { rpcUrl } = anvil;
  const chain = await connectChain({
    rpcUrl,
    privateKey: PRIVATE_KEY,
    timeoutMs: 10_000,
    ownDevelopmentChain: true,
  });
  const options = { blockTimeMs: 1_800_000_001_000 };
  return {
    anchorContract: await deployEventLogAnchor(chain, options),
    tokenContract: await deployFlexToken(chain, options),
    agreementContract: await deployFlexibilityAgreement(chain, options),
  };
});

describeChainContracts('The model of a chain', async () => createModelChain());

it('forgets the transactions of a branch that is given up', async () => {
  const chain = createModelChain();
  await chain.anchorContract.anchor(1, 'a'.repeat(64));
  await chain.anchorContract.anchor(2, 'b'.repeat(64));
  chain.reorganise(1);
  expect((await chain.anchorContract.readAnchors()).map(({ size }) => size)).toEqual([1]);
  await chain.anchorContract.anchor(2, 'c'.repeat(64));
  expect(await chain.anchorContract.latest()).toMatchObject({ size: 2, rootHex: 'c'.repeat(64) });
});
