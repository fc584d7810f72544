/** Nodes, their packets and a log for the tests of this app. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AnomalyStatement,
  type MeasurementInput,
  type MeasurementPacket,
  type RecordedEvent,
  MTU_MS,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import {
  canonicalJson,
  type NodeKey,
  nodeKeyFrom,
  sha256Hex,
  signMessageDeterministic,
} from '@flexledger/identity';
import type { AnomalyMessage } from '@flexledger/messaging';
import { type Clock, isoFromMs } from '@flexledger/runtime';
import type { NodeToEnrol } from '../enrolment/enrolment';

/** 2026-03-17, midnight UTC: the first quarter-hour of the tests. */
export const FIRST_MTU_MS = Date.parse('2026-03-17T00:00:00.000Z');

export interface FieldNode {
  readonly podId: string;
  readonly key: NodeKey;
}

export function fieldNode(index: number): FieldNode {
  const podId = `IT002E${String(index).padStart(8, '0')}`;
  return { podId, key: nodeKeyFrom(sha256Hex(podId)) };
}

export function toEnrol({ podId, key }: FieldNode): NodeToEnrol {
  return { podId, publicKey: key.publicKey, meterDriver: 'simulated' };
}

export function mtuStart(mtu: number): string {
  return isoFromMs(FIRST_MTU_MS + mtu * MTU_MS);
}

/** A sound packet of quarter-hour `mtu`, or one of another content, soundly signed. */
export function signedPacket(
  { podId, key }: FieldNode,
  sequence: number,
  mtu: number,
  content: Partial<MeasurementInput> = {},
): MeasurementPacket {
  const inputData: MeasurementInput = {
    podId,
    sequence,
    mtuStart: mtuStart(mtu),
    withdrawnWh: 120 + sequence,
    injectedWh: 0,
    reactiveVarh: -15,
    withdrawnTotalWh: 1_000_000 + 120 * sequence,
    injectedTotalWh: 0,
    ...content,
  };
  const text = canonicalJson(inputData);
  return {
    podId,
    sequence,
    inputData,
    hash: sha256Hex(text),
    signedHash: signMessageDeterministic(key.privateKey, text),
    publicKey: key.publicKey,
  };
}

/** What a node says of its meter, soundly signed: that it cannot be read, or can again. */
export function signedAnomaly(
  { podId, key }: FieldNode,
  change: Partial<AnomalyStatement> = {},
): AnomalyMessage {
  const content: AnomalyStatement = {
    anomalyId: 'a1',
    podId,
    kind: 'meter',
    code: 'meter-unreadable',
    detail: 'no answer',
    startedAt: '2026-03-17T00:10:00.000Z',
    ...change,
  };
  const signature = signMessageDeterministic(key.privateKey, canonicalJson(content));
  return { content, signature, publicKey: key.publicKey };
}

export interface TestLog {
  store: EventStore;
  /** Closes the log and opens it again, as after a restart. */
  reopen(): Promise<void>;
  events(...types: string[]): Promise<RecordedEvent[]>;
  remove(): Promise<void>;
}

/** A log in a folder of its own. */
export function openTestLog(clock: Clock): TestLog {
  const folder = mkdtempSync(join(tmpdir(), 'access-layer-'));
  const open = (): EventStore => openSqliteEventStore({ path: join(folder, 'log.db'), clock });
  const log: TestLog = {
    store: open(),
    async reopen() {
      await log.store.close();
      log.store = open();
    },
    async events(...types) {
      const events: RecordedEvent[] = [];
      const filter = types.length > 0 ? { filter: { types } } : {};
      for await (const event of log.store.readAll(filter)) events.push(event);
      return events;
    },
    async remove() {
      await log.store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return log;
}
