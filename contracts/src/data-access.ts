import type { Result } from 'ethers';
import type { Chain } from './chain';
import {
  contractAt,
  deployContract,
  type DeployOptions,
  type TransactionOptions,
  type TransactionReceipt,
} from './contract';
import { dataAccessArtefact } from './generated/data-access';
import { fromBytes32, toBytes32 } from './hex';

/** A batch of grants as `DataAccess.sol` holds it, with the transaction that recorded it. */
export interface RecordedBatch {
  /** Counted from 0. */
  readonly batch: number;
  /** Changes in it. */
  readonly count: number;
  /** RFC 9162 root over them, 64 hex characters. */
  readonly rootHex: string;
  readonly txHash: string;
  readonly blockNumber: number;
}

/** The contract `DataAccess`. All methods throw `ChainRefused` and `ChainUnavailable`. */
export interface DataAccess {
  readonly address: string;

  /**
   * Records a batch; repeating one that stands changes nothing.
   *
   * @throws ChainRefused `NotNext`, `BatchDiffers`, `EmptyBatch`, `AccessControlUnauthorizedAccount`, `EnforcedPause`
   * @throws RangeError when the root is none
   */
  record(
    batch: Pick<RecordedBatch, 'batch' | 'count' | 'rootHex'>,
    options?: TransactionOptions,
  ): Promise<TransactionReceipt>;

  /** How many batches there are. */
  batchCount(): Promise<number>;

  /** All batches, oldest first. */
  readBatches(): Promise<RecordedBatch[]>;
}

const ARTEFACTS = [dataAccessArtefact] as const;

/** Deploys the contract; the chain's account is its admin and records where nobody else is named. */
export async function deployDataAccess(
  chain: Chain,
  options?: DeployOptions,
): Promise<{ readonly contract: DataAccess; readonly receipt: TransactionReceipt }> {
  const { address, receipt } = await deployContract(chain, dataAccessArtefact, options);
  return { contract: await dataAccessAt(chain, address), receipt };
}

/** The deployed contract at an address. @throws ChainRefused when the code there is another */
export async function dataAccessAt(chain: Chain, address: string): Promise<DataAccess> {
  const contract = await contractAt(chain, ARTEFACTS, address);
  return {
    address,
    record: async ({ batch, count, rootHex }, options) =>
      contract.send('record', [batch, count, toBytes32(rootHex, 'the root of a batch')], options),
    async batchCount() {
      const [count] = await contract.read('batchCount');
      return Number(count);
    },
    async readBatches() {
      const logs = await chain.logs(address, [contract.abi.getEvent('BatchRecorded')!.topicHash]);
      return logs.map(({ topics, data, txHash, blockNumber }) => {
        const { args } = contract.abi.parseLog({ topics, data })! as { readonly args: Result };
        return {
          batch: Number(args['batch']),
          count: Number(args['count']),
          rootHex: fromBytes32(args['root']),
          txHash,
          blockNumber,
        };
      });
    },
  };
}
