/**
 * Two organisations' logs held together: what one recorded as shown is what the other recorded as said.
 * Whatever is not is a finding with both sides' words, and with the side it speaks against where that is
 * proved: by a content that does not have its hash, or by the other's own signature.
 */
import { type RecordedEvent, isOfMirror } from '@flexledger/domain';
import { type EventStore, logFile } from '@flexledger/event-store';
import {
  type Principal,
  canonicalJson,
  documentDigest,
  eventHash,
  partyOf,
} from '@flexledger/identity';
import type { PartyLog } from '@flexledger/service-kit';
import { openStoredLog } from '../stored-log';
import { type Findings, type LogFinding, createFindings } from './findings';
import { heldCheckpoints } from './held-checkpoints';
import { type HeardEvent, type MirrorRecord, readMirrorRecord } from './mirror-record';
import { type TrustedKeys, keysOfLog } from './signed-words';

/** Two logs as far as one has followed the other. */
export interface LogComparison {
  readonly mirror: string;
  /** Who the one is to the other. */
  readonly party: string;
  /** Events that were shown, and checkpoints that are held. */
  readonly events: number;
  readonly checkpoints: number;
  /** The longest that an event took from the other's log into the one's, ms; null without events. */
  readonly longestDelayMs: number | null;
  readonly findings: readonly LogFinding[];
  /** How many there are; `findings` holds the first ones. */
  readonly found: number;
}

/** Which logs are compared. */
export interface CompareOptions {
  /** Folder of the log that followed. */
  readonly dataDir: string;
  /** Name of the mirror by which it did. */
  readonly mirror: string;
  /** Folder of the log that was followed. */
  readonly sourceDir: string;
  /** How a log is shown to its parties; given by the caller, for no other audit needs what serves them. */
  readonly shownOf: (log: EventStore) => PartyLog;
  /** Types that were followed, as by a topic; all of them when absent. */
  readonly types?: readonly string[];
  /** What the auditor holds of the followed log from before. */
  readonly trust?: TrustedKeys;
}

/**
 * Compares a log with one that it mirrors.
 *
 * @throws UsageError when there is no such mirror; LogDamaged, LogAbsent for a folder without a log
 */
export async function compareLogs(options: CompareOptions): Promise<LogComparison> {
  const { dataDir, mirror, sourceDir, shownOf, trust, types } = options;
  const own = openStoredLog(logFile(dataDir));
  try {
    const { store: source, close } = openStoredLog(logFile(sourceDir));
    try {
      const record = await readMirrorRecord(own.store, mirror);
      const keys = await keysOfLog(source, trust);
      const findings = createFindings(mirror, record, keys);
      const isFollowed = (type: string): boolean => types?.includes(type) ?? true;
      return await compare(mirror, shownOf(source), record, findings, isFollowed);
    } finally {
      await close();
    }
  } finally {
    await own.close();
  }
}

async function compare(
  mirror: string,
  shown: PartyLog,
  record: MirrorRecord,
  findings: Findings,
  isFollowed: (type: string) => boolean,
): Promise<LogComparison> {
  const { party } = record.source;
  const reader: Principal = {
    clientId: 'audit',
    actor: party,
    scopes: ['events:read'],
    ...partyOf(party),
  };
  const tree = heldCheckpoints(record.checkpoints, findings, mirror);
  const last = await lastHeard(record);
  // Both may grow meanwhile: what was heard up to here was said before the other log is read.
  const heard = record.heard(last);
  let next = await heard.next();
  let events = 0;
  let longestDelayMs: number | null = null;
  const take = async (): Promise<HeardEvent> => {
    const taken = next.value as HeardEvent;
    next = await heard.next();
    events += 1;
    return taken;
  };
  for await (const event of shown.store.readAll({ readAhead: true })) {
    tree.see(event);
    while (!next.done && next.value.position < event.position) findings.neverSaid(await take());
    if (!next.done && next.value.position === event.position) {
      const taken = await take();
      const delayMs = Date.parse(taken.heardAt) - Date.parse(event.recordedAt);
      longestDelayMs = Math.max(longestDelayMs ?? 0, delayMs);
      await compareEvent(taken, event, { shown, reader, findings, record });
    } else if (event.position <= last && !isOfMirror(event) && isFollowed(event.type)) {
      if (await shown.shown(reader, event)) findings.neverHeard(event);
    }
  }
  while (!next.done) findings.neverSaid(await take());
  tree.end();
  return {
    mirror,
    party,
    events,
    checkpoints: record.checkpoints.length,
    longestDelayMs,
    ...findings.sum(),
  };
}

async function lastHeard(record: MirrorRecord): Promise<number> {
  let last = -1;
  for await (const { position } of record.heard(Infinity)) last = position;
  return last;
}

interface Comparing {
  readonly shown: PartyLog;
  readonly reader: Principal;
  readonly findings: Findings;
  readonly record: MirrorRecord;
}

async function compareEvent(
  heard: HeardEvent,
  event: RecordedEvent,
  { shown, reader, findings, record }: Comparing,
): Promise<void> {
  const { position: _, recordedAt, hash, data, ...envelope } = event;
  if (eventHash({ ...envelope, dataJson: canonicalJson(data) }) !== hash) {
    return findings.contentAltered(event, heard);
  }
  if (heard.eventId !== event.id || heard.hash !== hash)
    return findings.saidOtherwise(event, heard);
  if (heard.recordedAt !== recordedAt) return findings.otherTime(event, heard);
  const now = await shown.shown(reader, event);
  const digest = documentDigest(now?.event.data ?? data);
  if (heard.shownDigest !== undefined && heard.shownDigest !== digest) {
    return findings.otherRows(now?.event ?? event, heard);
  }
  if (heard.became !== 'taken') return;
  const copy = record.copies.get(heard.eventId);
  if (!copy) return findings.copyLost(event, heard);
  const isAsHeard =
    copy.type === event.type && copy.streamId === event.streamId && copy.digest === digest;
  if (!isAsHeard) findings.copyAltered(event, heard, copy);
}
