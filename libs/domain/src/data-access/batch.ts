/** What the chain holds of grants: one root a batch, out of which nobody reads who reads whom. */
import { canonicalJson } from '../log/canonical-json';
import { type Decider, DomainError } from '../log/decider';
import type { DataAccessGrant, DataAccessRevocation } from './events';

/** A grant or a revocation, the changes that batches are made of. */
export type DataAccessChange =
  | { readonly type: 'DataAccessGranted'; readonly data: DataAccessGrant }
  | { readonly type: 'DataAccessRevoked'; readonly data: DataAccessRevocation };

/** Types of the changes. */
export const DATA_ACCESS_CHANGES = [
  'DataAccessGranted',
  'DataAccessRevoked',
] as const satisfies readonly DataAccessChange['type'][];

/** Most changes in one batch; whatever their number, the chain holds one root of them. */
export const DATA_ACCESS_BATCH_MOST = 10_000;

const utf8 = new TextEncoder();

/**
 * What is hashed into a change's leaf in the RFC 9162 tree of its batch: the RFC 8785 form of what changed and of
 * `data` with its salt, in UTF-8. Owner and reader hold both, and so can show to anybody that it stands in the batch.
 */
export function dataAccessEntry({ type, data }: DataAccessChange): Uint8Array {
  const change = type === 'DataAccessGranted' ? 'granted' : 'revoked';
  return utf8.encode(canonicalJson({ ...data, change }));
}

/** A contract `DataAccess` that the log's batches stand in. */
export interface DataAccessContract {
  /** Its address, 0x-prefixed. */
  readonly contract: string;
  /** Of its deployment. */
  readonly txHash: string;
  readonly blockNumber: number;
}

/** A batch as the log records it once the chain has its root. */
export interface DataAccessBatch {
  /** Counted from 0, without gaps. */
  readonly batch: number;
  /** Changes in it: those next in the log behind the changes of the batch before. */
  readonly count: number;
  /** RFC 9162 root over the changes' leaves, 64 hex characters. */
  readonly root: string;
  /** Of the contract that holds it, 0x-prefixed. */
  readonly contract: string;
  readonly txHash: string;
  readonly blockNumber: number;
}

/** Stream `data-access-batches`, written by the certifier of the log. */
export type DataAccessBatchEvent =
  | {
      /** Deployed when the first grants were to be recorded; all batches stand in it. */
      readonly type: 'DataAccessContractNamed';
      readonly data: DataAccessContract;
    }
  | { readonly type: 'DataAccessBatchRecorded'; readonly data: DataAccessBatch };

export const DATA_ACCESS_BATCHES_STREAM = 'data-access-batches';

export type DataAccessBatchCommand =
  | ({ readonly kind: 'nameContract' } & DataAccessContract)
  | ({ readonly kind: 'recordBatch' } & DataAccessBatch);

export interface DataAccessBatchState {
  /** Address of the contract; absent before the first batch. */
  readonly contract?: string;
  /** Batches recorded. */
  readonly batches: number;
  /** Changes in all of them. */
  readonly changes: number;
}

/** One contract a log, and its batches one after another, each once. */
export const dataAccessBatchDecider: Decider<
  DataAccessBatchState,
  DataAccessBatchCommand,
  DataAccessBatchEvent
> = {
  initialState: { batches: 0, changes: 0 },
  decide(command, state) {
    const { contract } = command;
    if (state.contract !== undefined && state.contract !== contract) {
      throw new DomainError(
        'another-contract',
        `The log's grants are recorded in ${state.contract}, not in ${contract}; go on with that one.`,
      );
    }
    if (command.kind === 'nameContract') {
      const { kind: _, ...data } = command;
      return state.contract === undefined ? [{ type: 'DataAccessContractNamed', data }] : [];
    }
    const { kind: _, ...data } = command;
    if (state.contract === undefined || data.batch > state.batches || data.count < 1) {
      throw new DomainError(
        'batch-out-of-order',
        `Batch ${data.batch} of ${data.count} changes cannot follow ${state.batches} batches in ` +
          `${state.contract ?? 'no contract'}; record the next one, of one change at least.`,
      );
    }
    return data.batch < state.batches ? [] : [{ type: 'DataAccessBatchRecorded', data }];
  },
  evolve(state, event) {
    switch (event.type) {
      case 'DataAccessContractNamed':
        return { ...state, contract: event.data.contract };
      case 'DataAccessBatchRecorded': {
        const { batches, changes } = state;
        return { ...state, batches: batches + 1, changes: changes + event.data.count };
      }
      default:
        return state;
    }
  },
};
