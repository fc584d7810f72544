/** The operator goes on with other contracts, and not by the rules: each way is one that an audit does not follow. */
import type { ChainSnapshot } from '@flexledger/audit';
import { LOG_ORIGIN } from '@flexledger/composer';
import type { StoredRow } from '@flexledger/domain';
import { type Ed25519Key, sha256, signEd25519 } from '@flexledger/identity';
import {
  type ContractsChange,
  MerkleTree,
  signCheckpoint,
  signContractsChange,
} from '@flexledger/merkle-log';
import { dataOf } from '../testing/simulated-day';
import { lastRowOf, rowOf, withInserted } from './edit-rows';
import { otherKey } from './forged-statements';
import type { HonestDay, Shown } from './honest-day';
import { type Tampering, caught, tampering } from './tampering';

const mighty = tampering.bind(undefined, 'operator, chain');

/** What is not as it has to be. */
interface Wrong {
  readonly signer?: Ed25519Key;
  /** Which of the anchors the statement names, from the end; 1 is the last. */
  readonly nthLast?: number;
  readonly isUnstated?: true;
  readonly isUnsealed?: true;
  /** The contract before is anchored on. */
  readonly isForked?: true;
  /** In the contract before tokens are awarded on. */
  readonly isAwardedOn?: true;
  /** Nothing follows the statement. */
  readonly isAlone?: true;
  /** On the chain, of the new anchor contract. */
  readonly state?: Partial<NonNullable<ReturnType<ChainSnapshot['contracts']['get']>>>;
}

/** Ways that an audit names, all of a log and a chain that agree with each other else. */
export const CHANGED_CONTRACTS: readonly Tampering[] = [
  mighty('other contracts, without a statement', ['none', caught('trust')], (day) =>
    goneOn(day, { isUnstated: true }),
  ),
  mighty('other contracts, stated by another key', ['none', caught('trust')], (day) =>
    goneOn(day, { signer: otherKey }),
  ),
  mighty('other contracts, stated by another key', ['seen', caught('trust')], (day) =>
    goneOn(day, { signer: otherKey }),
  ),
  mighty('other contracts, from an anchor before the last', ['none', caught('trust')], (day) =>
    goneOn(day, { nthLast: 2 }),
  ),
  mighty(
    'other contracts, and those before anchored further',
    ['seen', caught('anchors', 'trust')],
    (day) => goneOn(day, { isForked: true }),
  ),
  mighty('other contracts, and in those before awarded on', ['none', caught('tokens')], (day) =>
    goneOn(day, { isAwardedOn: true }),
  ),
  mighty(
    'other contracts, stated by another key and not gone on to',
    ['none', caught('trust')],
    (day) => goneOn(day, { signer: otherKey, isAlone: true }),
  ),
  mighty('other contracts, by a statement that is not sealed', ['none', caught('trust')], (day) =>
    goneOn(day, { isUnsealed: true }),
  ),
  mighty('other contracts, of other code than stated', ['none', caught('trust')], (day) =>
    goneOn(day, { state: { codeHash: `0x${'0'.repeat(64)}` } }),
  ),
  mighty('other contracts, under another admin than stated', ['seen', caught('trust')], (day) =>
    goneOn(day, { state: { owner: `0x${'e'.repeat(40)}` } }),
  ),
];

const addressOf = (digit: string): string => `0x${digit.repeat(40)}`;
const contractOf = (digit: string) => ({
  address: addressOf(digit),
  codeHash: `0x${digit.repeat(64)}`,
});
const NEXT = {
  anchorContract: contractOf('1'),
  tokenContract: contractOf('2'),
  agreementContract: contractOf('3'),
  admin: addressOf('4'),
};
const FALSE_ROOT = 'f'.repeat(64);

/** The day with other contracts at its end, a checkpoint of that, and its anchor in the new one. */
function goneOn({ rows, chain, logKey }: HonestDay, wrong: Wrong): Shown {
  const started = dataOf<'CertifierStarted'>(rowOf(rows, 'CertifierStarted'));
  const { anchorContract, tokenContract, agreementContract } = started;
  const anchors = rows
    .filter(({ type }) => type === 'CheckpointAnchored')
    .map(dataOf<'CheckpointAnchored'>);
  const change: ContractsChange = {
    chainId: started.chainId,
    former: { anchorContract, tokenContract, agreementContract: agreementContract! },
    lastAnchor: anchors.at(-(wrong.nthLast ?? 1))!,
    next: NEXT,
    reason: 'contracts of another release',
  };
  const signer = signerOf(wrong.signer ?? logKey);
  const statement = signContractsChange(sha256, LOG_ORIGIN, change, signer);
  let made: StoredRow[] = [...rows];
  const write = (type: string, data: object, schemaVersion = 1): void => {
    made = withInserted(made, made.length, {
      streamId: 'certification',
      type,
      data,
      occurredAt: rows.at(-1)!.occurredAt,
      schemaVersion,
      actor: 'platform:certifier',
    });
  };
  if (!wrong.isUnstated) write('ContractsChanged', { ...change, statement });
  if (!wrong.isAlone) {
    write('CertifierStarted', {
      ...started,
      anchorContract: NEXT.anchorContract.address,
      tokenContract: NEXT.tokenContract.address,
      agreementContract: NEXT.agreementContract.address,
    });
  }
  if (wrong.isUnsealed) return { rows: made, chain: chainAfter(chain, rows, [], wrong) };
  const sealed = sealedOf(made, logKey);
  write('CheckpointSealed', sealed, 2);
  if (wrong.isAlone) return { rows: made, chain };
  const { size, root } = sealed;
  write('CheckpointAnchored', { size, root, txHash: `0x${'5'.repeat(64)}`, blockNumber: 9_000 });
  const timestampS = Math.floor(Date.parse(rows.at(-1)!.occurredAt) / 1_000);
  const anchor = { size, rootHex: root, timestampS };
  return { rows: made, chain: chainAfter(chain, rows, [anchor], wrong) };
}

function signerOf({ publicKey, privateKey }: Ed25519Key) {
  return {
    key: { name: LOG_ORIGIN, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message: Uint8Array) => signEd25519(privateKey, message),
  };
}

function sealedOf(rows: readonly StoredRow[], logKey: Ed25519Key) {
  const tree = new MerkleTree(sha256);
  for (const { hash } of rows) tree.append(Buffer.from(hash, 'hex'));
  const { size } = tree;
  const root = tree.root();
  const { key, sign } = signerOf(logKey);
  const note = signCheckpoint(sha256, { origin: LOG_ORIGIN, size, root }, key, sign);
  const lastPosition = rows.at(-1)!.position;
  return { size, root: Buffer.from(root).toString('hex'), note, lastPosition };
}

type Anchors = Exclude<ReturnType<ChainSnapshot['anchors']['get']>, string | undefined>;

/** The honest chain with the new contracts on it, which hold these anchors and nothing else. */
function chainAfter(
  chain: ChainSnapshot,
  rows: readonly StoredRow[],
  inNext: Anchors,
  { isForked, isAwardedOn, state }: Wrong,
): ChainSnapshot {
  const before = dataOf<'CertifierStarted'>(lastRowOf(rows, 'CertifierStarted'));
  const { anchorContract } = before;
  const former = chain.anchors.get(anchorContract) as Anchors;
  const tokens = chain.tokens.get(before.tokenContract) as Exclude<
    ReturnType<ChainSnapshot['tokens']['get']>,
    string | undefined
  >;
  const award = { ...tokens.awards.at(-1)!, sessionDigestHex: FALSE_ROOT };
  const further = { size: 2 ** 31, rootHex: FALSE_ROOT, timestampS: 0 };
  const { anchorContract: anchor, tokenContract, agreementContract, admin } = NEXT;
  const nothing = {
    totalSupplyMicroEur: 0n,
    distributionRoot: `0x${'0'.repeat(64)}`,
    awards: [],
  };
  return {
    ...chain,
    contracts: new Map([
      ...chain.contracts,
      [anchor.address, { codeHash: anchor.codeHash, owner: admin, ...state }],
      ...[tokenContract, agreementContract].map(
        ({ address, codeHash }) => [address, { codeHash, owner: undefined }] as const,
      ),
    ]),
    anchors: new Map([
      ...chain.anchors,
      [anchorContract, isForked ? [...former, further] : former],
      [anchor.address, inNext],
    ]),
    tokens: new Map([
      ...chain.tokens,
      [
        before.tokenContract,
        isAwardedOn ? { ...tokens, awards: [...tokens.awards, award] } : tokens,
      ],
      [tokenContract.address, nothing],
    ]),
    agreements: new Map([...chain.agreements, [agreementContract.address, []]]),
  };
}
