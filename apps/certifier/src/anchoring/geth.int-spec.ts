/**
 * Anchors on a chain whose node is none of ours, geth: they stand there, and where the node is killed and has lost its
 * newest blocks, the log says so and they are made again. Skipped by name where there is no geth.
 */
import { type EventLogAnchor, connectChain, deployEventLogAnchor } from '@flexledger/contracts';
import { wallClock } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';
import { type Geth, startGeth, whyNoGeth } from '../testing/machine-geth';
import { chainAnchors } from './chain-anchors';

const missing = whyNoGeth();
const describeOnGeth = missing === undefined ? describe : describe.skip;
const PRIVATE_KEY = `0x${'42'.repeat(32)}`;

describeOnGeth(`geth${missing === undefined ? '' : ` (${missing})`}`, () => {
  let geth: Geth;
  let contract: EventLogAnchor;
  let trial: CertifierTrial;

  beforeAll(async () => {
    geth = await startGeth();
    await geth.fund(computeAddress(PRIVATE_KEY));
    const { rpcUrl } = geth;
    const chain = await connectChain({ rpcUrl, privateKey: PRIVATE_KEY, timeoutMs: 60_000 });
    contract = await deployEventLogAnchor(chain);
    const afterTransaction = async (): Promise<void> => {};
    const anchors = chainAnchors({ contract, clock: wallClock, afterTransaction });
    trial = await openCertifierTrial('dense', [], anchors);
  });
  afterAll(async () => {
    await trial.close();
    await geth.close();
  });

  /** Checkpoints of the log, and anchors of the chain, as size and root. */
  const sealed = async () => (await trial.sealed()).map(({ size, root }) => [size, root]);
  const anchored = async () =>
    (await contract.readAnchors()).map(({ size, rootHex }) => [size, rootHex]);

  it('keeps anchors, and anchors again what it lost when it was killed', async () => {
    const { certifier } = await trial.openOne();
    await certifier.start();
    await trial.happen(3);
    await certifier.seal();
    expect(await anchored()).toEqual(await sealed());
    // Written, so that the contract at least stands.
    await geth.stop();
    await geth.start();
    const standing = await anchored();
    expect(standing).toEqual(await sealed());

    await trial.happen(2);
    await certifier.seal();
    expect(await anchored()).toEqual(await sealed());
    await geth.kill();
    await geth.start();
    expect(await anchored()).toEqual(standing);

    await trial.happen(1);
    // A node may be behind for a moment: it is believed when it says so twice.
    await certifier.seal();
    await certifier.seal();
    expect((await trial.types()).filter((type) => type === 'AnchorLost')).toHaveLength(1);
    const [last] = (await sealed()).slice(-1);
    expect((await anchored()).at(-1)).toEqual(last);
    expect(trial.problems).toEqual([
      expect.stringMatching(/the chain holds anchors up to \d+ leaves, the log says \d+;/),
    ]);
  });

  it('refuses what the contract refuses, with its reason', async () => {
    await expect(contract.anchor(1, 'aa'.repeat(32))).rejects.toMatchObject({
      errorName: 'SizeShrinks',
    });
  });
});
