/** The law of the money once more, for some random markets, with the contract itself on a chain. */
import {
  type Anvil,
  type Chain,
  connectChain,
  CHALLENGE_DELAY_S,
  deployFlexToken,
  startAnvil,
} from '@flexledger/contracts';
import { Wallet } from 'ethers';
import fc from 'fast-check';
import {
  WHOLE_LOG,
  createFindings,
  createReplay,
  createTokenCheck,
  failuresOf,
  storedRowsOf,
} from '@flexledger/audit';
import { sha256 } from '@flexledger/identity';
import { readChain } from './chain-snapshot';
import { WALLETS, live, someMarket } from './testing/random-market';
import { contractLedger } from './testing/token-ledgers';

const OPERATOR = `0x${'0d'.repeat(32)}`;
/** Drawn once: with corrections that lower wallets after they claimed. */
const MARKETS = fc.sample(someMarket, { numRuns: 10, seed: 21 });

let anvil: Anvil;
let chain: Chain;
beforeAll(async () => {
  anvil = await startAnvil({ fundedAddresses: [new Wallet(OPERATOR).address] });
  chain = await connectChain({ rpcUrl: anvil.rpcUrl, privateKey: OPERATOR, timeoutMs: 5_000 });
});
afterAll(() => anvil.stop());

/** Lets the chain's time go on by what a distribution can be challenged. */
async function passDelay(): Promise<void> {
  for (const [method, ...params] of [['evm_increaseTime', CHALLENGE_DELAY_S], ['evm_mine']]) {
    const response = await fetch(anvil.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    expect(await response.json()).not.toHaveProperty('error');
  }
}

it('supply, leaves and claims are the settlements, and the audit reads them from the chain', async () => {
  let carried = 0;
  for (const market of MARKETS) {
    const token = await deployFlexToken(chain);
    const ledger = contractLedger(token, passDelay);
    let minted = 0;
    const log = await live(market, ledger, ({ mintedMicroEur, due }) => {
      minted = mintedMicroEur;
      if (due.carriedMicroEur > 0) carried += 1;
    });
    const addresses = {
      anchorContracts: [],
      tokenContracts: [token.address],
      agreementContracts: [],
      accessContracts: [],
      anchors: 0,
    };
    const snapshot = await readChain({ dataDir: '', rpcUrl: anvil.rpcUrl }, addresses);
    const replay = createReplay();
    const check = createTokenCheck(replay, snapshot, WHOLE_LOG, sha256, createFindings('tokens'));
    expect(await failuresOf(check, storedRowsOf(sha256, log), replay.take)).toEqual([]);
    for (const wallet of WALLETS) await ledger.claim(wallet);
    expect(await token.balanceOfMicroEur(token.address)).toBe(0n);
    const balances = await Promise.all(WALLETS.map((wallet) => token.balanceOfMicroEur(wallet)));
    expect(balances.reduce((a, b) => a + b, 0n)).toBe(BigInt(minted));
    expect(await token.totalSupplyMicroEur()).toBe(BigInt(minted));
  }
  expect(carried).toBeGreaterThan(0);
});
