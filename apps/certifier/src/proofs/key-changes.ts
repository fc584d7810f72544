import {
  CERTIFICATION_STREAM,
  type CertificationEvent,
  type RecordedEvent,
  decodeEvent,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { parseCheckpoint } from '@flexledger/merkle-log';
import { type CheckpointDocument, checkpointCovering } from '@flexledger/projections';
import type { ProofServices } from './proof-services';

/** Contracts that a log has or had. */
export interface ContractsNamed {
  readonly anchorContract: string;
  readonly tokenContract: string;
  /** Null in logs from before agreements were certified. */
  readonly agreementContract: string | null;
  /** The last anchor in them, and the statement by which the log went on to the next; null of those in force. */
  readonly until: {
    readonly size: number;
    readonly root: string;
    readonly txHash: string;
    readonly blockNumber: number;
    readonly statement: string;
  } | null;
}

/** How a log's keys and contracts followed one another. */
export interface KeyHistory {
  /** The statements by which the log has gone over from key to key, in order. */
  readonly statements: readonly string[];
  /** Verifier key of its recovery key; null where it names none. */
  readonly recoveryKey: string | null;
  /** The chain that the contracts are on; null before the log named any. */
  readonly chainId: number | null;
  /** The contracts one after another; the last ones are in force. */
  readonly contracts: readonly ContractsNamed[];
  /**
   * Checkpoints that are believed no more, by their sizes: behind `after` leaves, up to `last`. They were sealed by a
   * key that was stated compromised.
   */
  readonly disowned: readonly { readonly after: number; readonly last: number }[];
}

/**
 * Reads it from the certifier's own stream alone, and of that only what came since it was asked last: anyone may ask,
 * and the log may be long.
 */
export async function keyHistoryOf(log: Pick<EventStore, 'readStream'>): Promise<KeyHistory> {
  let fold = folds.get(log);
  if (!fold) folds.set(log, (fold = createKeyFold(log)));
  return fold();
}

const folds = new WeakMap<Pick<EventStore, 'readStream'>, () => Promise<KeyHistory>>();

function createKeyFold(log: Pick<EventStore, 'readStream'>): () => Promise<KeyHistory> {
  const statements: string[] = [];
  const disowned: { after: number; last: number }[] = [];
  const former: ContractsNamed[] = [];
  let inForce: ContractsNamed | undefined;
  let chainId: number | null = null;
  let recoveryKey: string | null = null;
  let sealedSize = 0;
  let next = 0;
  let reading: Promise<unknown> = Promise.resolve();

  function take(event: CertificationEvent): void {
    if (event.type === 'CertifierStarted') {
      recoveryKey ??= event.data.recoveryKey ?? null;
      const { anchorContract, tokenContract, agreementContract = null } = event.data;
      inForce = { anchorContract, tokenContract, agreementContract, until: null };
      ({ chainId } = event.data);
    } else if (event.type === 'ContractsChanged') {
      const { lastAnchor, statement } = event.data;
      former.push({ ...event.data.former, until: { ...lastAnchor, statement } });
    } else if (event.type === 'CheckpointSealed') sealedSize = event.data.size;
    else if (event.type === 'LogKeyReplaced') {
      const { statement } = event.data;
      statements.push(statement);
      // A key that hands over has sealed what its statement names last.
      const { size: after } = parseCheckpoint(statement);
      if (after < sealedSize) disowned.push({ after, last: sealedSize });
    }
  }

  async function readOn(): Promise<KeyHistory> {
    for await (const recorded of log.readStream(CERTIFICATION_STREAM, next)) {
      take(decodeEvent(recorded) as RecordedEvent & CertificationEvent);
      next = recorded.revision + 1;
    }
    return {
      statements: [...statements],
      recoveryKey,
      chainId,
      contracts: [...former, ...(inForce ? [inForce] : [])],
      disowned: [...disowned],
    };
  }

  return () => {
    // One after another; who asks is told all that stood in the log then, also where the reading before failed.
    const read = reading.then(readOn, readOn);
    reading = read;
    return read;
  };
}

/** The first checkpoint that covers a leaf and is believed; undefined where there is none yet. */
export async function believedCovering(
  { log, documents }: Pick<ProofServices, 'log' | 'documents'>,
  leaf: number,
  wanted: { readonly anchored: boolean },
): Promise<CheckpointDocument | undefined> {
  const { disowned } = await keyHistoryOf(log);
  let covering = await checkpointCovering(documents, leaf, wanted);
  for (const { after, last } of disowned) {
    if (!covering || covering.size <= after || covering.size > last) continue;
    covering = await checkpointCovering(documents, last, wanted);
  }
  return covering;
}
