import type { DataAccess, RecordedBatch, TransactionReceipt } from '@flexledger/contracts';
import type { DataAccessContract } from '@flexledger/domain';
import type { Clock } from '@flexledger/runtime';

/** The contract of grants, as the certifier records in it. */
export interface AccessLedger {
  /** Deploys it, for a log that names none. */
  deploy(): Promise<DataAccessContract>;
  /** A batch that the chain has already: sent before a crash that kept it from the log. */
  standing(contract: string, batch: number): Promise<RecordedBatch | undefined>;
  /**
   * Records a batch.
   *
   * @param contract address of the contract that the log names
   * @returns the transaction that recorded it
   */
  record(
    contract: string,
    batch: Pick<RecordedBatch, 'batch' | 'count' | 'rootHex'>,
  ): Promise<Pick<RecordedBatch, 'txHash' | 'blockNumber'>>;
}

export interface AccessLedgerOptions {
  deploy(): Promise<{ readonly contract: DataAccess; readonly receipt: TransactionReceipt }>;
  contractAt(address: string): Promise<DataAccess>;
  /** Gives a development chain the time of its blocks. */
  readonly clock: Clock;
  /** Called after each transaction, before the log records it. */
  readonly afterTransaction: () => Promise<void>;
}

/** Grants in the contract `DataAccess`. Rejects as the contract does. */
export function accessLedger(options: AccessLedgerOptions): AccessLedger {
  const { deploy, contractAt, clock, afterTransaction } = options;
  return {
    async deploy() {
      const { contract, receipt } = await deploy();
      await afterTransaction();
      const { txHash, blockNumber } = receipt;
      return { contract: contract.address, txHash, blockNumber };
    },
    async standing(address, batch) {
      const contract = await contractAt(address);
      if ((await contract.batchCount()) <= batch) return undefined;
      const standing = (await contract.readBatches()).find((one) => one.batch === batch);
      // It may have been the saving that failed.
      await afterTransaction();
      return standing;
    },
    async record(address, batch) {
      const contract = await contractAt(address);
      const sent = await contract.record(batch, { blockTimeMs: clock.nowMs() });
      await afterTransaction();
      return sent;
    },
  };
}
