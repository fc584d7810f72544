/**
 * What the operator can make of changed rows with the key of the log: every hash, the whole tree and every
 * checkpoint's note anew; with a chain of its own also every anchor, certificate and award. Where the
 * awards are made to follow, the tokens go wherever the changed log sends them.
 */
import {
  type AgreementTerms,
  type AwardBookEvent,
  type CertificationEvent,
  type StoredRow,
  AWARD_BOOK_TYPES,
  agreementDigest,
  awardDigest,
  createAwardBook,
} from '@flexledger/domain';
import { eventIn, rehashed } from '@flexledger/audit';
import { type Ed25519Key, canonicalJson, sha256, signEd25519 } from '@flexledger/identity';
import { MerkleTree, distributionOf, leafHash, signCheckpoint } from '@flexledger/merkle-log';
import type { AdversaryContracts } from './adversary-chain';
import { renumbered } from './edit-rows';

/** With what a log is made anew. */
export interface RemakePower {
  readonly key: Ed25519Key;
  readonly origin: string;
  /** Absent: what the log says of the chain stays as it was. */
  readonly contracts?: AdversaryContracts;
  /** Awards are computed anew from what the changed log says; else they stay, sums and roots. */
  readonly awards?: 'follow' | 'stay';
  /** Certificates are of the terms as changed; else they stay. */
  readonly certificates?: 'follow' | 'stay';
  /** Awards name the leaves that settlements have in the changed log; else they stay. */
  readonly leaves?: 'follow' | 'stay';
  /** Told of each anchor, from 1. */
  readonly onAnchored?: (count: number) => Promise<void>;
}

type SealedData = Extract<CertificationEvent, { type: 'CheckpointSealed' }>['data'];

/** The rows as somebody with that power leaves them; they agree with each other and with the chain. */
export async function remade(
  changed: readonly StoredRow[],
  power: RemakePower,
): Promise<StoredRow[]> {
  const tree = new MerkleTree(sha256);
  const book = createAwardBook();
  const certificates = createCertificates();
  const { contracts, key, origin, awards = 'stay' } = power;
  const rows: StoredRow[] = [];
  /** By the hash of a certifying transaction, that of the one in its place. */
  const transactions = new Map<string, string>();
  /** By digest of the settlement, the leaf with which it is complete. */
  const leaves = new Map<string, string>();
  let sealed: SealedData | undefined;
  let anchors = 0;

  function sealedAnew(): SealedData {
    const { size } = tree;
    const root = tree.root();
    const name = { name: origin, publicKey: Buffer.from(key.publicKey, 'hex') };
    const sign = (message: Uint8Array) => signEd25519(key.privateKey, message);
    const note = signCheckpoint(sha256, { origin, size, root }, name, sign);
    const lastPosition = rows.at(-1)!.position;
    return { size, root: Buffer.from(root).toString('hex'), note, lastPosition };
  }

  async function anchored(data: object, blockTimeMs: number): Promise<object> {
    const { size, root } = sealed!;
    const mined = await contracts?.anchor.anchor(size, root, { blockTimeMs });
    anchors += 1;
    await power.onAnchored?.(anchors);
    return { ...data, size, root, ...place(mined) };
  }

  async function awarded(data: AwardData, blockTimeMs: number): Promise<object> {
    const due = awards === 'follow' ? book.due() : undefined;
    const sessionDigestHex = awardDigest(sha256, data.sessionId, data.correction);
    const leaf = power.leaves === 'stay' ? undefined : leaves.get(sessionDigestHex);
    const named = leaf === undefined ? {} : { settlementLeaf: leaf };
    const award = due ? { ...data, ...sumsOf(due), ...named } : { ...data, ...named };
    const mined = await contracts?.token.award(
      {
        sessionDigestHex,
        settlementLeafHex: award.settlementLeaf,
        root: award.distributionRoot,
        amountMicroEur: BigInt(award.amountMicroEur),
      },
      { blockTimeMs },
    );
    return { ...award, ...place(mined) };
  }

  const certificateOf = (data: CertifiedData): CertifiedData => {
    const follows = power.certificates !== 'stay' && certificates.of(data.podId);
    return follows ? { ...data, ...follows } : data;
  };

  /** What was certified in one transaction is so again: on the same chain the same transaction comes of it. */
  async function certified(data: CertifiedData, blockTimeMs: number): Promise<object> {
    if (contracts && !transactions.has(data.txHash)) {
      const digests = changed
        .filter(({ type }) => type === 'AgreementCertified')
        .map((row) => JSON.parse(row.data) as CertifiedData)
        .filter(({ txHash }) => txHash === data.txHash)
        .map((one) => certificateOf(one).termsDigest);
      const { txHash } = await contracts.agreement.certify(digests, { blockTimeMs });
      transactions.set(data.txHash, txHash);
    }
    const txHash = transactions.get(data.txHash) ?? data.txHash;
    return { ...certificateOf(data), txHash };
  }

  async function dataFor(row: StoredRow): Promise<object> {
    const data = JSON.parse(row.data) as object;
    const blockTimeMs = Date.parse(row.occurredAt);
    switch (row.type) {
      case 'CertifierStarted':
        return { ...data, origin, publicKey: key.publicKey, ...(contracts && namesOf(contracts)) };
      case 'CheckpointSealed':
        sealed = sealedAnew();
        return sealed;
      case 'CheckpointAnchored':
        return anchored(data, blockTimeMs);
      case 'TokensAwarded':
        return awarded(data as AwardData, blockTimeMs);
      case 'AgreementCertified':
        return certified(data as CertifiedData, blockTimeMs);
      default:
        return data;
    }
  }

  for (const row of renumbered(changed)) {
    const made = rehashed(sha256, { ...row, data: canonicalJson(await dataFor(row)) });
    rows.push(made);
    tree.append(Buffer.from(made.hash, 'hex'));
    certificates.take(made);
    if (made.type === 'SettlementComputed') leaves.set(...settlementLeaf(made));
    if (awards === 'follow') takeInto(book, made);
  }
  return rows;
}

function settlementLeaf({ data, hash }: StoredRow): [digest: string, leaf: string] {
  const { sessionId, correction } = JSON.parse(data) as AwardData;
  const leaf = leafHash(sha256, Buffer.from(hash, 'hex'));
  return [awardDigest(sha256, sessionId, correction), Buffer.from(leaf).toString('hex')];
}

type AwardData = Extract<AwardBookEvent, { type: 'TokensAwarded' }>['data'];
interface CertifiedData {
  readonly podId: string;
  readonly termsDigest: string;
  readonly txHash: string;
}

function place(mined: { readonly txHash: string; readonly blockNumber: number } | undefined) {
  return mined ? { txHash: mined.txHash, blockNumber: mined.blockNumber } : {};
}

function namesOf({ chainId, anchor, token, agreement }: AdversaryContracts) {
  return {
    chainId,
    anchorContract: anchor.address,
    tokenContract: token.address,
    agreementContract: agreement.address,
  };
}

function sumsOf(due: NonNullable<ReturnType<ReturnType<typeof createAwardBook>['due']>>) {
  const { amountMicroEur, carriedMicroEur, cumulative } = due;
  return {
    amountMicroEur,
    ...(carriedMicroEur === 0 ? {} : { carriedMicroEur }),
    accounts: cumulative.size,
    distributionRoot: distributionOf(cumulative).root,
  };
}

function takeInto(book: ReturnType<typeof createAwardBook>, row: StoredRow): void {
  if (!AWARD_BOOK_TYPES.some((type) => type === row.type)) return;
  book.take(eventIn(row) as unknown as AwardBookEvent);
}

/** Of each PoD the acceptance and the digest of the terms as the changed log has them. */
function createCertificates() {
  const terms = new Map<string, AgreementTerms>();
  const accepted = new Map<string, string>();
  return {
    take(row: StoredRow): void {
      if (row.type === 'AgreementProposed') {
        const proposed = JSON.parse(row.data) as AgreementTerms;
        terms.set(proposed.podId, proposed);
      } else if (row.type === 'AgreementAccepted') {
        accepted.set((JSON.parse(row.data) as { podId: string }).podId, row.hash);
      }
    },
    of(podId: string): { acceptance: string; termsDigest: string } | undefined {
      const [proposed, acceptance] = [terms.get(podId), accepted.get(podId)];
      if (!proposed || acceptance === undefined) return undefined;
      return { acceptance, termsDigest: agreementDigest(sha256, proposed, acceptance) };
    },
  };
}
