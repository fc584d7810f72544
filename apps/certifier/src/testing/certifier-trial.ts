/** A log to be certified, certifiers over it and a chain that can be made to fail. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CertificationEvent, RecordedEvent } from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { ed25519KeyFrom, sha256Hex, uuidFrom } from '@flexledger/identity';
import type { NoteSigner } from '@flexledger/merkle-log';
import { type Views, openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { partyLog } from '@flexledger/service-kit';
import type { Anchors } from '../anchoring/anchors';
import { seedSigner } from '../keys/seed-signer';
import { type OpenedCertifier, openCertifier } from '../open';
import type { CertifierPolicy } from '../policy';
import { spacedLog } from './spaced-log';

export const ORIGIN = 'flexledger/trial';
export const PUBLIC_KEY = Buffer.from(ed25519KeyFrom(sha256Hex('certifier')).publicKey, 'hex');
const NOW_MS = Date.parse('2026-03-17T10:00:00.000Z');
export const SEAL_EVERY_SECONDS = 60;

/** A contract that takes anchors as `EventLogAnchor` does, and can be down. */
export interface TrialChain extends Anchors {
  isDown: boolean;
  /** Nobody may anchor. */
  isClosed: boolean;
  /** What stands; the guardian's rejection takes off its end. */
  readonly anchored: { readonly size: number; readonly rootHex: string }[];
}

/** Names from which the keys of a certifier are made. */
export interface TrialKeys {
  readonly own: string;
  readonly before?: string;
  /** Verifier key. */
  readonly recoveryKey?: string;
}

export function trialSigner(name: string): NoteSigner {
  return seedSigner(ORIGIN, sha256Hex(name));
}

export interface CertifierTrial {
  readonly clock: VirtualClock;
  readonly log: EventStore;
  readonly views: Views;
  readonly chain: TrialChain;
  readonly problems: string[];
  /** Folder in which leaves are kept. */
  readonly folder: string;
  /** A certifier as one process has it; started when `resume` is called. */
  openOne(log?: EventStore, keys?: TrialKeys): Promise<OpenedCertifier>;
  /** Appends events that are to be certified. */
  happen(count: number): Promise<void>;
  events(): Promise<RecordedEvent[]>;
  sealed(): Promise<Extract<CertificationEvent, { type: 'CheckpointSealed' }>['data'][]>;
  types(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * @param kind whether the log's positions have gaps
 * @param anchors a real contract; that of the trial's own chain when absent
 */
export async function openCertifierTrial(
  kind: 'dense' | 'spaced',
  witnesses: CertifierPolicy['witnesses'] = [],
  anchors?: Anchors,
): Promise<CertifierTrial> {
  const folder = mkdtempSync(path.join(tmpdir(), 'certifier-'));
  const clock = new VirtualClock(NOW_MS);
  const stored = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const log = kind === 'spaced' ? spacedLog(stored) : stored;
  const views = openViews({ path: ':memory:', store: log });
  const chain = trialChain();
  const problems: string[] = [];
  const opened: OpenedCertifier[] = [];
  let happened = 0;

  const events = async (): Promise<RecordedEvent[]> => {
    const found: RecordedEvent[] = [];
    for await (const event of log.readAll()) found.push(event);
    return found;
  };
  const certified = async () =>
    (await events()).filter(({ streamId }) => streamId === 'certification');

  return {
    clock,
    log,
    views,
    chain,
    problems,
    folder: path.join(folder, 'certifier'),
    async openOne(ownLog = log, { own, before, recoveryKey }: TrialKeys = { own: 'certifier' }) {
      const one = await openCertifier({
        log: ownLog,
        shown: partyLog(ownLog),
        views,
        clock,
        timers: clock,
        anchors: anchors ?? chain,
        origin: ORIGIN,
        signer: trialSigner(own),
        before: before === undefined ? [] : [trialSigner(before)],
        recoveryKey,
        chain: {
          chainId: 31_337,
          anchorContract: '0x1',
          tokenContract: '0x2',
          agreementContract: '0x3',
        },
        folder: path.join(folder, 'certifier'),
        policy: { sealEverySeconds: SEAL_EVERY_SECONDS, witnesses },
        onProblem: (problem) => problems.push(problem),
      });
      opened.push(one);
      return one;
    },
    async happen(count) {
      for (let left = count; left > 0; left -= 1) {
        happened += 1;
        const id = uuidFrom(`thing ${happened}`);
        const now = new Date(clock.nowMs()).toISOString();
        await log.append(`thing-${happened % 7}`, 'any', [
          {
            id,
            type: 'ThingHappened',
            schemaVersion: 1,
            occurredAt: now,
            correlationId: id,
            causationId: id,
            actor: 'test',
            data: { happened },
          },
        ]);
      }
    },
    events,
    async sealed() {
      const found = await certified();
      return found.flatMap((event) => {
        const { type, data } = event as unknown as CertificationEvent;
        return type === 'CheckpointSealed' ? [data] : [];
      });
    },
    types: async () => (await certified()).map(({ type }) => type),
    async close() {
      for (const one of opened) await one.close();
      await views.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A contract without any anchor. */
export function trialChain(): TrialChain {
  const chain: TrialChain = {
    isDown: false,
    isClosed: false,
    anchored: [],
    async standingSize() {
      if (chain.isDown) throw new Error('the chain does not answer');
      return chain.anchored.at(-1)?.size ?? 0;
    },
    async anchor(size, rootHex) {
      if (chain.isDown) throw new Error('the chain does not answer');
      if (chain.isClosed) throw new Error('AccessControlUnauthorizedAccount');
      const last = chain.anchored.at(-1);
      if (last && size < last.size) throw new Error('SizeShrinks');
      if (last?.size !== size) chain.anchored.push({ size, rootHex });
      return { txHash: `0x${sha256Hex(`${size}`)}`, blockNumber: chain.anchored.length };
    },
  };
  return chain;
}
