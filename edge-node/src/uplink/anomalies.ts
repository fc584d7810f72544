import type { AnomalyKind, AnomalyStatement } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { type AnomalyMessage, MAX_ANOMALY_DETAIL } from '@flexledger/messaging';
import { type Clock, inOrder, isoFromMs, isoNow } from '@flexledger/runtime';
import type { NodeSigner } from '../signing/node-signer';
import { signContent } from '../signing/sign-measurement';

/**
 * What is wrong at this node (D3.3 A.4.3.2), one of a kind at a time. Each is told when it begins and when it
 * has ended, signed, under one id; the platform may hear either again and takes it once.
 */
export interface Anomalies {
  /**
   * @param code what caused it, in one word: `meter-unreadable`
   * @param startedMs since when, where that is not now
   */
  raise(kind: AnomalyKind, code: string, detail: string, startedMs?: number): void;
  /** It is over: of whatever cause, or of this one alone. */
  clear(kind: AnomalyKind, code?: string): void;
  /** Tells again the last of each kind, and what was never taken: some of it may not have arrived. */
  repeat(): void;
  /** What stands now. */
  standing(): AnomalyStatement[];
  /** Resolves when what was told so far is signed and kept. */
  settled(): Promise<void>;
}

/** What a node has told, so that it can tell it again after a restart. */
export interface ToldAnomalies {
  /** The last of each kind, with its end where it has one. */
  readonly last: readonly { readonly begin: AnomalyMessage; readonly end?: AnomalyMessage }[];
  /** What the broker has not taken, oldest first. */
  readonly untaken: readonly AnomalyMessage[];
}

/** Keeps what was told beyond the process. */
export interface AnomalyShelf {
  readonly told: ToldAnomalies;
  /** Rejects where it cannot be kept, as on a full disk. */
  keep(told: ToldAnomalies): Promise<void>;
}

export interface AnomaliesOptions {
  readonly podId: string;
  readonly signer: NodeSigner;
  readonly clock: Clock;
  /** Rejects where the broker has not taken it for certain. */
  readonly publish: (message: AnomalyMessage) => Promise<void>;
  /** Absent: what stands is forgotten with the process. */
  readonly shelf?: AnomalyShelf;
  readonly onProblem: (problem: string) => void;
}

/** What waits for the broker; a node that is cut off for a week with a loose cable has more, and the newest count. */
const UNTAKEN_AT_MOST = 200;

/** Characters that no signature can be over. */
const ILLEGIBLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function createAnomalies(options: AnomaliesOptions): Anomalies {
  const { podId, signer, clock, publish, shelf, onProblem } = options;
  const before = shelf?.told;
  const last = new Map(before?.last.map((told) => [told.begin.content.kind, told]));
  /** The same as statements, ahead of their signatures. */
  const standing = new Map<AnomalyKind, AnomalyStatement>();
  for (const { begin, end } of last.values()) {
    if (!end) standing.set(begin.content.kind, begin.content);
  }
  let untaken = [...(before?.untaken ?? [])];
  let count = 0;
  const one = inOrder();

  async function send(message: AnomalyMessage): Promise<boolean> {
    return publish(message).then(
      () => true,
      () => false,
    );
  }

  async function sendUntaken(): Promise<void> {
    while (untaken.length > 0 && (await send(untaken[0]!))) untaken.shift();
  }

  async function keep(): Promise<void> {
    const told = { last: [...last.values()], untaken };
    await shelf?.keep(told).catch((error: unknown) => {
      onProblem(`${podId}: what is wrong with it could not be kept: ${String(error)}`);
    });
  }

  function tell(statement: AnomalyStatement): void {
    void one(async () => {
      const message = await signContent(statement, signer);
      const { kind, endedAt } = statement;
      const begun = last.get(kind);
      if (endedAt === undefined) last.set(kind, { begin: message });
      else if (begun) last.set(kind, { ...begun, end: message });
      untaken = [...untaken, message].slice(-UNTAKEN_AT_MOST);
      await keep();
      // What is taken now is told once more after a restart, which costs less than to write again.
      await sendUntaken();
    }).catch((error: unknown) => onProblem(`${podId}: an anomaly was not told: ${String(error)}`));
  }

  return {
    raise(kind, code, detail, startedMs) {
      if (standing.has(kind)) return;
      const startedAt = startedMs === undefined ? isoNow(clock) : isoFromMs(startedMs);
      count += 1;
      const anomalyId = uuidFrom(`anomaly/${podId}/${kind}/${isoNow(clock)}/${count}`);
      const text = detail.slice(0, MAX_ANOMALY_DETAIL).replace(ILLEGIBLE, '\ufffd');
      const legible = text === '' ? 'no detail' : text;
      const statement = { anomalyId, podId, kind, code, detail: legible, startedAt };
      standing.set(kind, statement);
      tell(statement);
    },
    clear(kind, code) {
      const raised = standing.get(kind);
      if (!raised || (code !== undefined && raised.code !== code)) return;
      standing.delete(kind);
      tell({ ...raised, endedAt: isoNow(clock) });
    },
    repeat() {
      void one(async () => {
        const waited = untaken.length;
        await sendUntaken();
        if (untaken.length < waited) await keep();
        // A broker may have acknowledged and forgotten.
        for (const { begin, end } of last.values()) {
          if (!(await send(begin)) || (end && !(await send(end)))) return;
        }
      });
    },
    standing: () => [...standing.values()],
    settled: () => one(async () => {}),
  };
}
