/** Goal: a proof or a bundle says no more than its checkpoint and its hashes do. */
import { type StoredRow, canonicalJson, toHex } from '@flexledger/domain';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  MerkleTree,
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { smallLog, tools } from '../testing/node-tools';
import { smallChain } from '../testing/small-log';
import { type TrustPolicy, TRUST_DEFAULTS } from '../trust-policy';
import { auditBundle } from './audit-bundle';
import { auditTlogProof } from './audit-tlog-proof';
import { BUNDLE_FORMAT } from './bundle';

const origin = 'flexledger/test';
const { publicKey, privateKey } = ed25519KeyFrom('01'.repeat(32));
const key = { name: origin, publicKey: Buffer.from(publicKey, 'hex') };
const address = `0x${'a'.repeat(40)}`;
const genesisHash = `0x${'1'.repeat(64)}`;
const contract = { address, codeHash: `0x${'2'.repeat(64)}` };
const trust: TrustPolicy = {
  ...TRUST_DEFAULTS,
  origin,
  logKey: verifierKeyText(sha256, key),
  chain: {
    chainId: 1,
    genesisHash,
    certifier: `0x${'d'.repeat(40)}`,
    anchorContract: contract,
    tokenContract: contract,
    agreementContract: contract,
  },
};

const rows = smallLog(
  ['a', 'b', 'c'].map((name) => ({
    streamId: `settlement-${name}`,
    type: 'SettlementComputed' as const,
    data: { sessionId: name, rows: [{ aggregatorId: 'AGG1' }, { aggregatorId: 'AGG2' }] },
  })),
);
const tree = new MerkleTree(sha256);
for (const { hash } of rows) tree.append(Buffer.from(hash, 'hex'));
const sign = (message: Uint8Array): Uint8Array => signEd25519(privateKey, message);
const size = rows.length;
const checkpoint = signCheckpoint(sha256, { origin, size, root: tree.root() }, key, sign);

describe('a tlog-proof', () => {
  const proof = {
    extra: Buffer.from(rows[0]!.hash, 'hex'),
    index: 0,
    proof: tree.inclusionProof(0),
  };
  const audited = (
    anchors: readonly { size: number; rootHex: string; isRejected?: true }[],
    by: { readonly checkpoint: string; readonly trust: TrustPolicy } = { checkpoint, trust },
    shown = proof,
  ) =>
    auditTlogProof(
      { ...shown, checkpoint: by.checkpoint },
      {
        trust: by.trust,
        chain: smallChain({
          genesisHash,
          contracts: new Map([[address, { codeHash: contract.codeHash, owner: undefined }]]),
          anchors: new Map([[address, anchors.map((one) => ({ ...one, timestampS: 0 }))]]),
        }),
      },
      tools,
    );

  it('holds under a checkpoint that is sealed and not anchored, and says so', async () => {
    const { ok, checks } = await audited([{ size: 2, rootHex: toHex(tree.root(2)) }]);
    expect(ok).toBe(true);
    const note = checks.find(({ name }) => name === 'anchors')!.note;
    expect(note).toMatch(/its checkpoint has no anchor of its own/);
  });

  it('does not hold where the chain has another root under its size', async () => {
    const { checks } = await audited([{ size, rootHex: '00'.repeat(32) }]);
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['anchors']);
    expect((await audited([{ size, rootHex: toHex(tree.root()) }])).ok).toBe(true);
  });

  it('does not hold where the chain was to be asked and does not answer; without its address it says so', async () => {
    const basis = { trust, chain: 'the line is dead' };
    const anchorsBy = async (isChainAsked: boolean) => {
      const report = await auditTlogProof(
        { ...proof, checkpoint },
        { ...basis, isChainAsked },
        tools,
      );
      return report.checks.find(({ name }) => name === 'anchors')!;
    };
    expect(await anchorsBy(true)).toMatchObject({
      ok: false,
      failures: [{ reason: 'not run: the line is dead' }],
    });
    expect(await anchorsBy(false)).toMatchObject({
      ok: true,
      note: 'not checked: the line is dead',
    });
  });

  it('says that the log may have been made anew where a guardian has rejected anchors', async () => {
    const own = { size, rootHex: toHex(tree.root()) };
    const { ok, notExcluded } = await audited([
      { ...own, rootHex: '00'.repeat(32), isRejected: true },
      own,
    ]);
    expect(ok).toBe(true);
    expect(notExcluded).toContainEqual(expect.stringMatching(/made anew behind 1 anchors/));
    expect((await audited([own])).notExcluded.join()).not.toMatch(/made anew/);
  });

  it('says that a key that was given up may have signed it since, unless it is anchored', async () => {
    const later = ed25519KeyFrom('02'.repeat(32));
    const after = {
      key: { name: origin, publicKey: Buffer.from(later.publicKey, 'hex') },
      sign: (message: Uint8Array) => signEd25519(later.privateKey, message),
    };
    const statement = signKeyChange(
      sha256,
      { origin, size, root: tree.root() },
      { key, sign },
      after,
    );
    const by = {
      checkpoint,
      trust: {
        ...trust,
        logKey: verifierKeyText(sha256, after.key),
        formerKeys: [{ key: verifierKeyText(sha256, key), statement }],
      },
    };
    const told = async (anchors: { size: number; rootHex: string }[]) => {
      const { ok, notExcluded } = await audited(anchors, by);
      return [ok, /key that the log gave up/.test(notExcluded.join())];
    };
    expect(await told([])).toEqual([true, true]);
    expect(await told([{ size, rootHex: toHex(tree.root()) }])).toEqual([true, false]);
  });

  it('does not hold by a key that was stated compromised since, unless it is anchored or named by that statement', async () => {
    const [next, recovery] = ['02', '03'].map((seed) => {
      const pair = ed25519KeyFrom(seed.repeat(32));
      return {
        key: { name: origin, publicKey: Buffer.from(pair.publicKey, 'hex') },
        sign: (message: Uint8Array) => signEd25519(pair.privateKey, message),
      };
    });
    const named = { origin, size, root: tree.root() };
    const keys = { ended: key, next: next!.key, recovery: recovery! };
    const since = {
      ...trust,
      logKey: verifierKeyText(sha256, next!.key),
      recoveryKey: verifierKeyText(sha256, recovery!.key),
      formerKeys: [
        { key: verifierKeyText(sha256, key), statement: signCompromise(sha256, named, keys) },
      ],
    };
    const earlier = { origin, size: 2, root: tree.root(2) };
    const proofOf = { ...proof, proof: tree.inclusionProof(0, 2) };
    const failing = async (
      note: string,
      shown: typeof proof,
      anchors: { size: number; rootHex: string }[],
    ) => {
      const { checks } = await audited(anchors, { checkpoint: note, trust: since }, shown);
      return checks.filter(({ ok }) => !ok).map(({ name }) => name);
    };
    const note = signCheckpoint(sha256, earlier, key, sign);
    expect(await failing(note, proofOf, [])).toEqual(['anchors']);
    expect(await failing(note, proofOf, [{ size: 2, rootHex: toHex(tree.root(2)) }])).toEqual([]);
    expect(await failing(checkpoint, proof, [])).toEqual([]);
  });
});

describe('a packet', () => {
  const input = (podId: string, sequence: number) => ({
    podId,
    sequence,
    mtuStart: '2026-03-17T00:00:00.000Z',
  });
  const enrolled = (podId: string, publicKey: string) => ({
    streamId: `node-${podId}`,
    type: 'NodeEnrolled' as const,
    data: { podId, publicKey, meterDriver: 'simulated' },
  });
  const measured = (podId: string, sequence: number) => ({
    streamId: `meter-${podId}-2026-03`,
    type: 'MeasurementRecorded' as const,
    data: { podId, sequence, inputData: input(podId, sequence), hash: 'h', signedHash: 's' },
  });
  const [ownKey, otherKey] = ['04' + '1'.repeat(128), '04' + '2'.repeat(128)];
  const events = smallLog([enrolled('P1', ownKey), enrolled('P2', otherKey), measured('P1', 3)]);
  const leaves = new MerkleTree(sha256);
  for (const { hash } of events) leaves.append(Buffer.from(hash, 'hex'));
  const note = signCheckpoint(sha256, { origin, size: 3, root: leaves.root() }, key, sign);
  const proofOf = (leaf: number) => leaves.inclusionProof(leaf).map(toHex);

  async function faults(publicKey: string, sequence = 3): Promise<string[]> {
    const merkleTreeStructure = { leaf: 2, size: 3, root: toHex(leaves.root()), proof: proofOf(2) };
    const packet = {
      ...{ podId: 'P1', hash: 'h', signedHash: 's', publicKey, inputData: input('P1', 3) },
      ...{ uniqueId: events[2]!.id, transactionId: '0x', merkleTreeStructure },
    };
    const bundled = events.map((row, leaf) => ({ leaf, proof: proofOf(leaf), row }));
    const of = { kind: 'measurement', podId: 'P1', sequence } as const;
    const bundle = {
      format: BUNDLE_FORMAT,
      of,
      checkpoint: note,
      anchors: 1,
      events: bundled,
      packet,
    } as const;
    const { checks } = await auditBundle(bundle, { trust, chain: 'not asked' }, tools);
    return checks.find(({ name }) => name === 'hashes')!.failures.map(({ reason }) => reason);
  }

  it('has the key of its own node, whatever other nodes are in the bundle', async () => {
    expect(await faults(ownKey)).toEqual([]);
    expect(await faults(otherKey)).toEqual(['its packet.publicKey is not what its event says']);
  });

  it('is of the measurement that the bundle is of', async () => {
    expect(await faults(ownKey, 4)).toEqual(['its packet is not measurement 4 of PoD P1']);
  });
});

describe('own rows in the bundle of a party', () => {
  const bundled = (row: StoredRow) =>
    auditBundle(
      {
        format: BUNDLE_FORMAT,
        of: { kind: 'party', partyId: 'AGG1' },
        checkpoint,
        anchors: 1,
        events: [{ leaf: 1, proof: tree.inclusionProof(1).map(toHex), row, ownRows: true }],
      },
      { trust, chain: 'not asked' },
      tools,
    );
  const own = canonicalJson({ sessionId: 'b', rows: [{ aggregatorId: 'AGG1' }] });

  it('prove nothing but that the log holds some event of that hash', async () => {
    const { notExcluded } = await bundled({ ...rows[1]!, data: own });
    expect(notExcluded).toContainEqual(
      expect.stringMatching(/of 1 events only that the log holds some event of that hash/),
    );
  });

  it.each([{}, { id: 'event/9', type: 'MarketCleared' }])(
    'do not make it one of the party, whatever they say: %j',
    async (change) => {
      const { checks } = await bundled({ ...rows[1]!, data: own, ...change });
      const failures = checks.flatMap((check) => check.failures.map(({ reason }) => reason));
      expect(failures).toEqual(['it holds nothing of party AGG1']);
    },
  );
});
