/**
 * What the log says the embedded chain holds and the chain lacks, sent again: after a power cut, or when
 * an older state of the chain was put back, it ends before the log does. Transactions are deterministic
 * (contracts, chain.ts): sent in the order they had, they get the hashes and blocks that the log names.
 */
import { ChainRefused, type FlexibilityAgreement } from '@flexledger/contracts';
import type {
  AgreementCertification,
  CertificationEvent,
  DataAccessBatch,
  DataAccessContract,
  SettlementEvent,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { awardDigest } from '@flexledger/identity';
import type { Sending } from '@flexledger/market-platform';
import { messageOf } from '@flexledger/runtime';
import type { LogContracts } from './chain';

export interface RestoreOptions {
  readonly log: EventStore;
  readonly contracts: LogContracts;
  readonly sending: Sending;
  readonly onProblem: (problem: string) => void;
}

/** A transaction as the log recorded it. */
interface Recorded {
  readonly what: string;
  readonly txHash: string;
  /** Block of it; the highest that the log had named before, where its event names none. */
  readonly blockNumber: number;
  isOnChain(): Promise<boolean>;
  send(): Promise<{ readonly txHash: string }>;
}

type Started = Extract<CertificationEvent, { type: 'CertifierStarted' }>['data'];
type Anchored = Extract<CertificationEvent, { type: 'CheckpointAnchored' }>['data'];
type Awarded = Extract<SettlementEvent, { type: 'TokensAwarded' }>['data'];

const TYPES = [
  'CertifierStarted',
  'CheckpointAnchored',
  'TokensAwarded',
  'AgreementCertified',
  'AgreementEndCertified',
  'DataAccessContractNamed',
  'DataAccessBatchRecorded',
];

/**
 * Sends what is missing, and tells of it; nothing where the last of each kind is there, since a chain
 * loses its end or nothing.
 *
 * @throws ChainUnavailable
 */
export async function restoreChain(options: RestoreOptions): Promise<void> {
  const { sending, onProblem } = options;
  const recorded = await recordedTransactions(options);
  const missing = await missingOf(recorded);
  let sent = 0;
  for (const { what, txHash, send } of missing) {
    try {
      const again = await send();
      sent += 1;
      if (again.txHash === txHash) continue;
      onProblem(`${what} stands on the chain as ${again.txHash} now; the log names ${txHash}.`);
    } catch (error) {
      if (!(error instanceof ChainRefused)) throw error;
      onProblem(`${what}, which the chain lacks, cannot be sent again: ${messageOf(error)}`);
    }
  }
  if (sent === 0) return;
  await sending.sent();
  onProblem(
    `The chain lacked ${sent} transactions that the log had recorded; they are sent again.`,
  );
}

/** From the first that is missing on; in the order of their blocks. */
async function missingOf(recorded: readonly Recorded[]): Promise<readonly Recorded[]> {
  const sorted = [...recorded].sort((one, other) => one.blockNumber - other.blockNumber);
  let from = sorted.length;
  // From the end: as a rule the last one is there.
  while (from > 0 && !(await sorted[from - 1]!.isOnChain())) from -= 1;
  return sorted.slice(from);
}

async function recordedTransactions({
  log,
  contracts,
  sending,
}: RestoreOptions): Promise<readonly Recorded[]> {
  const { anchorContract, tokenContract, agreementContract, former, dataAccess } = contracts;
  const byHash = new Map<string, Recorded>();
  /** Agreements of a transaction, which are recorded one event each. */
  const digestsOf = new Map<string, string[]>();
  let highestBlock = 0;

  const anchored = ({ size, root, txHash, blockNumber }: Anchored): Recorded => ({
    what: `The anchor of ${size} leaves`,
    txHash,
    blockNumber,
    isOnChain: async () => ((await anchorContract.latest())?.size ?? 0) >= size,
    send: () => anchorContract.anchor(size, root, sending.transaction()),
  });

  const awarded = (award: Awarded): Recorded => {
    const { sessionId, correction, amountMicroEur, distributionRoot: root, txHash } = award;
    const { blockNumber, settlementLeaf: settlementLeafHex } = award;
    const sessionDigestHex = awardDigest(sessionId, correction);
    const settled = { sessionDigestHex, settlementLeafHex };
    const sum = { ...settled, root, amountMicroEur: BigInt(amountMicroEur) };
    return {
      what: `The award of session ${sessionId}`,
      txHash,
      blockNumber,
      isOnChain: () => tokenContract.isAwarded(sessionDigestHex),
      send: () => tokenContract.award(sum, sending.transaction()),
    };
  };

  const certified = (isEnd: boolean, { termsDigest, txHash }: AgreementCertification): Recorded => {
    const digests = digestsOf.get(txHash) ?? [];
    digests.push(termsDigest);
    digestsOf.set(txHash, digests);
    /** What was certified in a contract before ends there. */
    async function contract(): Promise<FlexibilityAgreement> {
      for (const before of isEnd ? former.agreementContracts : []) {
        if ((await before.certificateOf(digests[0]!)).certifiedAtS > 0) return before;
      }
      return agreementContract;
    }
    return {
      what: `The certificate of agreement ${termsDigest}`,
      txHash,
      blockNumber: highestBlock,
      async isOnChain() {
        const { certifiedAtS, endedAtS } = await (await contract()).certificateOf(digests[0]!);
        return (isEnd ? endedAtS : certifiedAtS) > 0;
      },
      async send() {
        const { end, certify } = await contract();
        return (isEnd ? end : certify)(digests, sending.transaction());
      },
    };
  };

  const deployed = ({ contract, txHash, blockNumber }: DataAccessContract): Recorded => ({
    what: `The contract of grants ${contract}`,
    txHash,
    blockNumber,
    isOnChain: () => dataAccess.isThere(contract),
    send: async () => (await dataAccess.deploy()).receipt,
  });

  const granted = ({ batch, count, root, contract, ...sent }: DataAccessBatch): Recorded => ({
    what: `Batch ${batch} of grants`,
    txHash: sent.txHash,
    blockNumber: sent.blockNumber,
    isOnChain: async () =>
      (await dataAccess.isThere(contract)) &&
      (await (await dataAccess.at(contract)).batchCount()) > batch,
    send: async () =>
      (await dataAccess.at(contract)).record(
        { batch, count, rootHex: root },
        sending.transaction(),
      ),
  });

  let named: string | undefined;
  for await (const { type, data } of log.readAll({ filter: { types: TYPES } })) {
    if (type === 'CertifierStarted') {
      // What was recorded before stands in other contracts, and was saved before these were named.
      if ((data as Started).anchorContract !== named) byHash.clear();
      named = (data as Started).anchorContract;
      continue;
    }
    highestBlock = Math.max(highestBlock, (data as { blockNumber?: number }).blockNumber ?? 0);
    const recorded =
      type === 'CheckpointAnchored'
        ? anchored(data as unknown as Anchored)
        : type === 'TokensAwarded'
          ? awarded(data as unknown as Awarded)
          : type === 'DataAccessContractNamed'
            ? deployed(data as DataAccessContract)
            : type === 'DataAccessBatchRecorded'
              ? granted(data as DataAccessBatch)
              : certified(
                  type === 'AgreementEndCertified',
                  data as unknown as AgreementCertification,
                );
    if (!byHash.has(recorded.txHash)) byHash.set(recorded.txHash, recorded);
  }
  // The log has gone on since these were opened: sent to them, an anchor would stand behind the last that they may hold.
  if (named !== undefined && named !== anchorContract.address) return [];
  return [...byHash.values()];
}
