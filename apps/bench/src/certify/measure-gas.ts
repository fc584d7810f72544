import {
  CHALLENGE_DELAY_S,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';
import { sha256Hex } from '@flexledger/identity';
import { distributionOf } from '@flexledger/merkle-log';
import { Wallet } from 'ethers';

/** What the contracts cost, in gas; each the second of its kind, which meets warm storage. */
export interface GasUsed {
  readonly anchor: number;
  /** A session's award, however many wallets it pays. */
  readonly award: number;
  /** One wallet's claim, of `CLAIM_WALLETS` wallets. */
  readonly claim: number;
  readonly claimWallets: number;
  /** One agreement of `AGREEMENTS` in one transaction. */
  readonly agreement: number;
  /** An anchor's share of each event under it: 1,500 PoDs, and all of Rome's, sealed every minute. */
  readonly eventOf1500Pods: number;
  readonly eventOf1600000Pods: number;
}

const TIMEOUT_MS = 20_000;
const CLAIM_WALLETS = 1_500;
const AGREEMENTS = 100;
const FIRST_AWARD_MS = Date.parse('2100-01-01T00:00:00Z');
const AWARD_EVERY_MS = 4 * 3_600_000;
/** Quarter-hours come once in this many seals of a minute. */
const SEALS_A_QUARTER_HOUR = 15;
const PRIVATE_KEY = `0x${sha256Hex('bench/certify')}`;

/** Deploys the three contracts on an embedded chain of its own and sends what a market sends. */
export async function measureGas(): Promise<GasUsed> {
  const { address } = new Wallet(PRIVATE_KEY);
  const anvil = await startAnvil({ fundedAddresses: [address] });
  try {
    const chain = await connectChain({
      rpcUrl: anvil.rpcUrl,
      privateKey: PRIVATE_KEY,
      timeoutMs: TIMEOUT_MS,
      ownDevelopmentChain: true,
    });
    const digestOf = (name: string): string => sha256Hex(`bench/certify/${name}`);

    const log = await deployEventLogAnchor(chain);
    await log.anchor(1_000, digestOf('root 1'));
    const anchor = Number((await log.anchor(2_000, digestOf('root 2'))).gasUsed);

    const token = await deployFlexToken(chain);
    let award = 0;
    let claim = 0;
    for (const nth of [1, 2]) {
      const wallets = Array.from({ length: CLAIM_WALLETS }, (_, wallet) => {
        const account = `0x${(wallet + 1).toString(16).padStart(40, '0')}`;
        return [account, nth * 1_000_000] as const;
      });
      const distribution = distributionOf(new Map(wallets));
      const settled = {
        sessionDigestHex: digestOf(`session ${nth}`),
        settlementLeafHex: digestOf(`settlement ${nth}`),
        root: distribution.root,
        amountMicroEur: BigInt(CLAIM_WALLETS) * 1_000_000n,
      };
      const blockTimeMs = FIRST_AWARD_MS + nth * AWARD_EVERY_MS;
      award = Number((await token.award(settled, { blockTimeMs })).gasUsed);
      // A block after the time in which the distribution can be challenged.
      const claimableMs = blockTimeMs + (CHALLENGE_DELAY_S + 1) * 1_000;
      await log.anchor(2_000 + nth, digestOf(`root of ${nth}`), { blockTimeMs: claimableMs });
      claim = Number((await token.claim(distribution.proofFor(wallets[0]![0]))).gasUsed);
    }

    const agreements = await deployFlexibilityAgreement(chain);
    const digests = (nth: number): string[] =>
      Array.from({ length: AGREEMENTS }, (_, index) => digestOf(`terms ${nth}/${index}`));
    await agreements.certify(digests(1));
    const { gasUsed } = await agreements.certify(digests(2));
    return {
      anchor,
      award,
      claim,
      claimWallets: CLAIM_WALLETS,
      agreement: Number(gasUsed) / AGREEMENTS,
      eventOf1500Pods: (anchor * SEALS_A_QUARTER_HOUR) / 1_500,
      eventOf1600000Pods: (anchor * SEALS_A_QUARTER_HOUR) / 1_600_000,
    };
  } finally {
    await anvil.stop();
  }
}
