/**
 * Records grants of data on the chain, a batch at a time: what owners have granted and revoked, as one root that
 * tells nobody who reads whom. The log says what is to be recorded and what has been, so a silent chain delays
 * batches and loses none, and a restart goes on where the log ends.
 */
import {
  type DataAccessBatchEvent,
  type DataAccessChange,
  type DataAccessContract,
  DATA_ACCESS_BATCH_MOST,
  DATA_ACCESS_BATCHES_STREAM,
  DATA_ACCESS_CHANGES,
  dataAccessBatchDecider,
  dataAccessEntry,
  toHex,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type EventStore,
  type Processor,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { merkleRoot } from '@flexledger/merkle-log';
import type { Clock, Timers } from '@flexledger/runtime';
import type { AccessLedger } from './access-ledger';

export interface AccessRecordingOptions {
  readonly log: EventStore;
  readonly ledger: AccessLedger;
  readonly clock: Clock;
  readonly timers: Timers;
  /** How long grants wait for others of their batch, and what failed for another try, s. */
  readonly batchEverySeconds: number;
  /** Told of what failed and will be tried again. */
  readonly onError: (error: unknown) => void;
}

const BATCH_EVENTS = [
  'DataAccessContractNamed',
  'DataAccessBatchRecorded',
] as const satisfies readonly DataAccessBatchEvent['type'][];

/** The processor that records what changes, and takes up again what is open when it begins. */
export function createAccessRecording(options: AccessRecordingOptions): Processor {
  const { log, ledger, clock, timers, batchEverySeconds, onError } = options;
  const handler = createCommandHandler({ store: log, clock, decider: dataAccessBatchDecider });
  /** Changes that stand in no batch yet, in the order of the log. */
  let waiting: DataAccessChange[] = [];
  let contract: string | undefined;
  /** Deployed, and not in the log yet: what failed there is tried again without another. */
  let deployed: DataAccessContract | undefined;
  let batches = 0;
  let taken = BEFORE_FIRST;
  let isArmed = false;

  async function readOn(): Promise<void> {
    const types = [...DATA_ACCESS_CHANGES, ...BATCH_EVENTS];
    for await (const event of log.readAll({ after: taken, filter: { types } })) {
      take(event as unknown as DataAccessChange | DataAccessBatchEvent);
      taken = event.position;
    }
  }

  function take(event: DataAccessChange | DataAccessBatchEvent): void {
    switch (event.type) {
      case 'DataAccessContractNamed':
        contract = event.data.contract;
        return;
      case 'DataAccessBatchRecorded':
        waiting = waiting.slice(event.data.count);
        batches = event.data.batch + 1;
        return;
      default:
        waiting.push(event);
    }
  }

  async function recordAll(): Promise<void> {
    await readOn();
    while (waiting.length > 0) {
      if (contract === undefined) await nameContract();
      else await recordNext(contract);
      await readOn();
    }
  }

  async function nameContract(): Promise<void> {
    deployed ??= await ledger.deploy();
    const command = { kind: 'nameContract', ...deployed } as const;
    await handler.handle(DATA_ACCESS_BATCHES_STREAM, command, contextFor('contract'));
  }

  async function recordNext(address: string): Promise<void> {
    const standing = await ledger.standing(address, batches);
    // More may wait by now than when the chain took it.
    const changes = waiting.slice(0, standing?.count ?? DATA_ACCESS_BATCH_MOST);
    const batch = { batch: batches, count: changes.length, rootHex: rootOf(changes) };
    if (standing && (standing.count !== batch.count || standing.rootHex !== batch.rootHex)) {
      throw new Error(
        `Contract ${address} holds batch ${batches} of grants with root ${standing.rootHex} (transaction ` +
          `${standing.txHash}), the log's has ${batch.rootHex}: somebody else has recorded there; audit the log.`,
      );
    }
    const { txHash, blockNumber } = standing ?? (await ledger.record(address, batch));
    const { rootHex: root, ...counted } = batch;
    const recorded = { ...counted, root, contract: address, txHash, blockNumber };
    const command = { kind: 'recordBatch', ...recorded } as const;
    await handler.handle(DATA_ACCESS_BATCHES_STREAM, command, contextFor(`batch/${batches}`));
  }

  function arm(): void {
    if (isArmed) return;
    isArmed = true;
    const dueMs = clock.nowMs() + batchEverySeconds * 1_000;
    timers.at(dueMs, 'certifier/data-access', async () => {
      isArmed = false;
      try {
        await recordAll();
      } catch (error) {
        onError(error);
        arm();
      }
    });
  }

  return {
    name: 'certifier/data-access',
    types: DATA_ACCESS_CHANGES,
    handle: async () => arm(),
    async begin() {
      await readOn();
      if (waiting.length > 0) arm();
    },
  };
}

/** RFC 9162 root over changes, 64 hex characters. */
function rootOf(changes: readonly DataAccessChange[]): string {
  return toHex(merkleRoot(sha256, changes.map(dataAccessEntry)));
}

const contextFor = (step: string) =>
  contextOf(`data-access/${step}`, DATA_ACCESS_BATCHES_STREAM, 'platform:certifier');
