/**
 * Anchors on chains whose nodes are none of ours: geth, which forgets its newest blocks when it is killed, and a network of
 * three validators, of which one is lost. Skipped by name where there is no geth.
 */
import {
  type EventLogAnchor,
  connectChain,
  deployEventLogAnchor,
  eventLogAnchorAt,
  severalNodes,
} from '@flexledger/contracts';
import { sleep, wallClock } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';
import { type Geth, type GethChain, startValidators, whyNoGeth } from '../testing/machine-geth';
import { chainAnchors } from './chain-anchors';

const missing = whyNoGeth();
const describeOnGeth = missing === undefined ? describe : describe.skip;
const PRIVATE_KEY = `0x${'42'.repeat(32)}`;
const ACCOUNT = computeAddress(PRIVATE_KEY);
const LINK = { privateKey: PRIVATE_KEY, timeoutMs: 60_000 };

describeOnGeth(`geth${missing === undefined ? '' : ` (${missing})`}`, () => {
  let chain: GethChain;
  let trial: CertifierTrial;
  afterEach(async () => {
    await trial.close();
    await chain.close();
  });

  async function openTrial(contract: EventLogAnchor): Promise<void> {
    const afterTransaction = async (): Promise<void> => {};
    const anchors = chainAnchors({ contract, clock: wallClock, afterTransaction });
    trial = await openCertifierTrial('dense', [], anchors);
  }

  /** Checkpoints of the log, and anchors of the chain, as size and root. */
  const sealed = async () => (await trial.sealed()).map(({ size, root }) => [size, root]);
  const anchored = async (contract: EventLogAnchor) =>
    (await contract.readAnchors()).map(({ size, rootHex }) => [size, rootHex]);

  it('that is killed has lost its newest blocks: the log says so, and they are anchored again', async () => {
    chain = await startValidators(1, ACCOUNT);
    const [geth] = chain.nodes;
    const contract = await deployEventLogAnchor(
      await connectChain({ ...LINK, rpcUrl: geth!.rpcUrl }),
    );
    await openTrial(contract);
    const { certifier } = await trial.openOne();
    await certifier.start();
    await trial.happen(3);
    await certifier.seal();
    await expect(contract.anchor(1, 'aa'.repeat(32))).rejects.toMatchObject({
      errorName: 'SizeShrinks',
    });
    // Written, so that the contract at least stands.
    await geth!.stop();
    await geth!.start();
    const standing = await anchored(contract);
    expect(standing).toEqual(await sealed());

    await trial.happen(2);
    await certifier.seal();
    expect(await anchored(contract)).toEqual(await sealed());
    await geth!.kill();
    await geth!.start();
    expect(await anchored(contract)).toEqual(standing);

    await trial.happen(1);
    // A node may be behind for a moment: it is believed when it says so twice.
    await certifier.seal();
    await certifier.seal();
    expect((await trial.types()).filter((type) => type === 'AnchorLost')).toHaveLength(1);
    expect((await anchored(contract)).at(-1)).toEqual((await sealed()).at(-1));
    expect(trial.problems).toEqual([
      expect.stringMatching(/the chain holds anchors up to \d+ leaves, the log says \d+;/),
    ]);
  });

  it('of three validators keeps all anchors and takes further ones when one is lost, which then has them too', async () => {
    chain = await startValidators(3, ACCOUNT);
    const [first, ...others] = chain.nodes;
    const told: string[] = [];
    const rpc = severalNodes(
      chain.nodes.map(({ rpcUrl }) => rpcUrl),
      { clock: wallClock, onProblem: (problem) => void told.push(problem) },
    );
    const contract = await deployEventLogAnchor(await connectChain({ ...LINK, rpcUrl: rpc }));
    await openTrial(contract);
    const { certifier } = await trial.openOne();
    await certifier.start();
    await trial.happen(3);
    await certifier.seal();
    expect(await anchored(contract)).toEqual(await sealed());

    await first!.kill();
    await trial.happen(2);
    await certifier.seal();
    await trial.happen(2);
    await certifier.seal();
    expect(told[0]).toContain(`The chain's node ${first!.rpcUrl} is not asked any more`);
    expect(await anchored(contract)).toEqual(await sealed());
    expect(trial.problems).toEqual([]);

    await first!.start();
    const seenBy = async ({ rpcUrl }: Geth) => {
      const seen = await connectChain({ ...LINK, rpcUrl });
      // Blocks that it has missed it is told by the others.
      if ((await seen.codeAt(contract.address)) === '0x') return [];
      return anchored(await eventLogAnchorAt(seen, contract.address));
    };
    const hasLast = async (node: Geth): Promise<boolean> =>
      String((await seenBy(node)).at(-1)) === String((await sealed()).at(-1));
    for (const node of [first!, ...others]) {
      for (let tries = 0; tries < 100 && !(await hasLast(node)); tries += 1) {
        await sleep(200);
        // A branch that validators give up may take an anchor with it.
        await certifier.seal();
      }
      expect(await hasLast(node)).toBe(true);
    }
  });
});
