/** What stands on the chain, in the names of the seeds (D2.4, tables 1, 2 and 4). */
import type { AgreementTerms } from '@flexledger/domain';
import type { CheckpointDocument } from '../certification/checkpoints-view';
import { euro } from './platone-units';

/** Who owns what is certified, in the seeds' words: the results are the market's. */
const MARKET_OPERATOR = 'Market Operator';

/** Table 1: a checkpoint of the log, under which market results stand. */
export interface PlatoneCertification {
  /** Root of the log's tree, hex. */
  readonly hashedData: string;
  readonly owner: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly transactionHash: string;
}

/** Table 2. */
export interface PlatoneWallet {
  /** 0x hex. */
  readonly id_wallet: string;
  /** Tokens on the chain, one a euro; six decimals. */
  readonly balance: string;
}

/** Table 4: where an agreement between an aggregator and its customer is certified. */
export interface PlatoneSmartContract {
  /** 0x hex; null in a log from before agreements were certified. */
  readonly address: string | null;
  /** Wallet of the aggregator that owns the agreement. */
  readonly owner: string;
}

/** @throws TypeError when the checkpoint is not anchored */
export function platoneCertification({ root, anchor }: CheckpointDocument): PlatoneCertification {
  if (!anchor) throw new TypeError(`checkpoint ${root} stands on no chain`);
  const { anchoredAt: createdAt, txHash: transactionHash } = anchor;
  return { hashedData: root, owner: MARKET_OPERATOR, createdAt, transactionHash };
}

/** @param balanceMicroEur of the wallet on the chain */
export function platoneWallet(wallet: string, balanceMicroEur: number): PlatoneWallet {
  return { id_wallet: wallet, balance: euro(balanceMicroEur).toFixed(6) };
}

/** @param address of the contract that certifies agreements */
export function platoneSmartContract(
  { aggregatorWallet: owner }: AgreementTerms,
  address: string | null,
): PlatoneSmartContract {
  return { address, owner };
}
