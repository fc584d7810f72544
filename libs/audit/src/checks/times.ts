/**
 * `recordedAt` is the log's own word and stands outside the event hash. The certifier's seals bound it: a
 * checkpoint takes in all that was recorded when it was sealed, and the time of sealing is inside the hash
 * of its event. So each event was recorded between the seals around its leaf, and no seal is later than
 * the block that anchors it. `occurredAt` is read from the same clock right before an event is recorded, so
 * one that lies far back is backdated: an offer from before its gate, a baseline from before what it is for.
 */
import type { ChainSnapshot } from '../chain-snapshot';
import { isoFromMs } from '../instant';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings, Subject } from '../report';

type Sealed = LoggedOf<'CheckpointSealed'>;

/** Is shown every row as well, each as the next leaf. */
export interface TimeCheck extends EventCheck {
  /** @param isMirrored it occurred elsewhere and came as late as the mirror was away */
  recorded(row: TimedRow, isMirrored: boolean): void;
}

/** A row with its times, NaN where one is no instant. */
export interface TimedRow extends Subject {
  readonly occurredMs: number;
  readonly recordedMs: number;
  /** As it is stored; absent where that is the instant in the form of the log. */
  readonly occurredAt?: string;
}

/** From deciding to recording, retries and a long queue at the disk included. */
const RECORDED_WITHIN_MS = 60_000;

interface Waiting {
  readonly leaf: number;
  readonly row: Subject;
  readonly recordedMs: number;
}

/**
 * @param chain why it could not be read, where that is so
 * @param skewS how far an event may seem to be recorded outside its seals: what a clock is set, what a seal takes
 */
export function createTimeCheck(
  chain: ChainSnapshot | string,
  skewS: number,
  findings: Findings,
): TimeCheck {
  const skewMs = skewS * 1_000;
  /** Rows that no seal covers yet. */
  let waiting: Waiting[] = [];
  let leafCount = 0;
  let sealedMs = -Infinity;
  const seals = new Map<number, Sealed>();
  /** By leaves anchored. */
  const blockTimes = new Map<number, number>();

  function sealed({ data, occurredAt }: Sealed): void {
    const atMs = Date.parse(occurredAt);
    // A simulated day that goes on at the machine's clock may go back at the seam, nobody knows how far.
    const isSeam = atMs < sealedMs;
    const earliestMs = isSeam ? -Infinity : sealedMs - skewMs;
    const latestMs = (isSeam ? sealedMs : atMs) + skewMs;
    const covered = waiting.filter(({ leaf }) => leaf < data.size);
    waiting = waiting.filter(({ leaf }) => leaf >= data.size);
    for (const { row, recordedMs } of covered) {
      findings.checked();
      if (recordedMs >= earliestMs && recordedMs <= latestMs) continue;
      const recordedAt = isoFromMs(recordedMs);
      findings.fail(
        row,
        recordedMs > latestMs
          ? `it was recorded at ${recordedAt}, and sealed by ${occurredAt} already`
          : `it was recorded at ${recordedAt}, and not sealed by ${isoFromMs(sealedMs)} yet`,
      );
    }
    sealedMs = atMs;
  }

  function anchored({ data }: LoggedOf<'CheckpointAnchored'>): void {
    const blockMs = blockTimes.get(data.size);
    const seal = seals.get(data.size);
    if (blockMs === undefined || !seal) return;
    findings.checked();
    if (Date.parse(seal.occurredAt) <= blockMs + skewMs) return;
    const anchoredAt = isoFromMs(blockMs);
    findings.fail(
      seal,
      `it was sealed at ${seal.occurredAt}, and anchored at ${anchoredAt} already`,
    );
  }

  function started({ data }: LoggedOf<'CertifierStarted'>): void {
    const anchors = typeof chain === 'string' ? undefined : chain.anchors.get(data.anchorContract);
    if (typeof anchors !== 'object') return;
    for (const { size, timestampS, isRejected } of anchors) {
      if (!isRejected) blockTimes.set(size, timestampS * 1_000);
    }
  }

  return {
    findings,
    types: ['CertifierStarted', 'CheckpointSealed', 'CheckpointAnchored'],
    recorded(row, isMirrored) {
      const { position, id, streamId, type, occurredMs, recordedMs } = row;
      if (!Number.isNaN(recordedMs)) {
        const named = { position, id, streamId, type };
        waiting.push({ leaf: leafCount, row: named, recordedMs });
        const agoMs = recordedMs - occurredMs;
        if (!isMirrored && agoMs > Math.max(skewMs, RECORDED_WITHIN_MS)) {
          const { occurredAt = isoFromMs(occurredMs) } = row;
          const ago = `${Math.round(agoMs / 1_000)} s before it was recorded`;
          findings.fail(named, `it says to have occurred at ${occurredAt}, ${ago}`);
        }
      }
      leafCount += 1;
    },
    see(event) {
      if (event.type === 'CertifierStarted') started(event);
      else if (event.type === 'CheckpointSealed') {
        sealed(event);
        seals.set(event.data.size, event);
      } else anchored(event as LoggedOf<'CheckpointAnchored'>);
    },
  };
}
