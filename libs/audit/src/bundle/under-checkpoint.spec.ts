/** Goal: a proof or a bundle says no more than its checkpoint and its hashes do. */
import { type StoredRow, canonicalJson, toHex } from '@flexledger/domain';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import { MerkleTree, signCheckpoint, verifierKeyText } from '@flexledger/merkle-log';
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
  const audited = (anchors: readonly { size: number; rootHex: string }[]) =>
    auditTlogProof(
      { ...proof, checkpoint },
      {
        trust,
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
