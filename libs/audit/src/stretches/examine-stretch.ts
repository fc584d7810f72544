/**
 * All that rows show by themselves: hashes, canonical form, times, what a packet says and its signature. It is most
 * of what an audit computes, and rests on nothing but the row and the keys of nodes; so it can be done of several
 * stretches of a log at once, each in a thread of its own, and what is left in the order of the log is little.
 */
import { type StoredRow, decodeEvent, fromHex } from '@flexledger/domain';
import { type ExaminedRow, examineRow } from '../checks/hashes';
import { timeFault } from '../checks/order';
import { readPacket } from '../checks/packets';
import { isSignedStatement, statementFault } from '../checks/statements';
import type { TimedRow } from '../checks/times';
import { msFromIso } from '../instant';
import type { LoggedEvent, LoggedOf } from '../logged-event';
import type { AuditTools } from '../tools';
import type { NodeKeys } from './node-keys';
import { type SoundColumns, type SoundPacket, type SoundRow, soundColumns } from './sound-rows';

/** Rows that follow one another in a log, after each of them was looked at by itself. */
export interface ExaminedStretch {
  /** Of each row, in the order of the log, whether it is among the sound ones. */
  readonly isSound: Uint8Array;
  readonly sound: SoundColumns;
  /** The others: those with a fault, and those that mean something to the market. */
  readonly others: readonly OtherRow[];
}

/** A row that is to be seen as it is stored. */
export interface OtherRow {
  readonly row: StoredRow;
  readonly examined: Omit<ExaminedRow, 'data'>;
}

/** How rows are looked at. */
export interface Examination {
  readonly keys: NodeKeys;
  /** Packets are shown as they are stored where one session rests on them; of no others signatures are verified. */
  readonly session: { readonly fromMs: number; readonly untilMs: number } | undefined;
}

type Tools = Pick<AuditTools, 'sha256' | 'verifyP256'>;
type Packet = LoggedOf<'MeasurementRecorded'>;
type Statement = LoggedOf<'SetpointReceiptSigned'> | LoggedOf<'ActivationSigned'>;

/** A row that is sound if it is signed. */
interface Candidate {
  readonly row: SoundRow;
  /** Asked once all rows of the stretch are read: a processor verifies quicker what it verifies in a row. */
  readonly isSigned: () => boolean | Promise<boolean>;
}

const SIGNATURE = /^[0-9a-f]{128}$/;

/** @param isSuspect whether something is wrong with a row beyond what its values show: it is no sound one */
export async function examineStretch(
  rows: Iterable<StoredRow>,
  examination: Examination,
  tools: Tools,
  isSuspect: (row: StoredRow) => boolean,
): Promise<ExaminedStretch> {
  const seen: { readonly other: OtherRow; readonly candidate: Candidate | undefined }[] = [];
  for (const row of rows) {
    const { data, ...examined } = examineRow(tools.sha256, row);
    const isWhole = data && examined.fault === undefined && !isSuspect(row);
    const candidate = isWhole ? candidateOf(row, data, examination, tools) : undefined;
    seen.push({ other: { row, examined }, candidate });
  }
  const found = await Promise.all(
    seen.map(({ other, candidate }) => (candidate ? soundIfSigned(candidate, other) : other)),
  );
  const sound = found.filter((one): one is SoundRow => !('row' in one));
  return {
    isSound: Uint8Array.from(found, (one) => ('row' in one ? 0 : 1)),
    sound: soundColumns(sound, examination.keys.placeOf),
    others: found.filter((one): one is OtherRow => 'row' in one),
  };
}

/** One that cannot be verified here is told of where it is seen as it is stored. */
function soundIfSigned(
  { row, isSigned }: Candidate,
  other: OtherRow,
): SoundRow | OtherRow | Promise<SoundRow | OtherRow> {
  try {
    const asked = isSigned();
    if (typeof asked === 'boolean') return asked ? row : other;
    return asked.then(
      (isIts) => (isIts ? row : other),
      () => other,
    );
  } catch {
    return other;
  }
}

/** Whatever keeps a row from being sound, or from being read, is told of it where it is seen as it is stored. */
function candidateOf(
  row: StoredRow,
  data: object,
  examination: Examination,
  tools: Tools,
): Candidate | undefined {
  switch (row.type) {
    case 'MeasurementRecorded':
    case 'SetpointReceiptSigned':
    case 'ActivationSigned':
      break;
    default:
      return undefined;
  }
  if (timeFault(row) !== undefined) return undefined;
  try {
    const event = decodeEvent({ ...row, data }) as unknown as LoggedEvent;
    return event.type === 'MeasurementRecorded'
      ? soundPacket(event, row, examination, tools)
      : soundStatement(event as Statement, row, examination, tools);
  } catch {
    return undefined;
  }
}

function soundPacket(
  event: Packet,
  row: StoredRow,
  { keys, session }: Examination,
  tools: Tools,
): Candidate | undefined {
  const { podId, sequence, inputData, signedHash } = event.data;
  const read = readPacket(tools.sha256, event);
  if (read.startMs === undefined || read.fault !== undefined) return undefined;
  const { startMs, signed } = read;
  if (!Number.isSafeInteger(sequence)) return undefined;
  const energyWh = inputData.withdrawnWh - inputData.injectedWh;
  const packet = { startMs, sequence, energyWh, reactiveVarh: inputData.reactiveVarh };
  if (session) {
    const isOfSession = startMs >= session.fromMs && startMs < session.untilMs;
    return isOfSession
      ? undefined
      : { row: soundRow(row, podId, undefined, packet), isSigned: () => true };
  }
  const publicKey = keys.at(podId, row.position);
  if (publicKey === undefined || !SIGNATURE.test(signedHash)) return undefined;
  const isSigned = (): boolean | Promise<boolean> =>
    tools.verifyP256(keys.pointOf(publicKey), signed, fromHex(signedHash));
  return { row: soundRow(row, podId, publicKey, packet), isSigned };
}

function soundStatement(
  event: Statement,
  row: StoredRow,
  { keys, session }: Examination,
  tools: Tools,
): Candidate | undefined {
  const { podId, publicKey } = event.data;
  // What stands in a session's stream the market folds, whatever it is.
  if (typeof podId !== 'string' || row.streamId.startsWith('session-')) return undefined;
  if (session) return { row: soundRow(row, podId, undefined, undefined), isSigned: () => true };
  if (statementFault(event) !== undefined || !keys.placeOf.has(publicKey)) return undefined;
  return {
    row: soundRow(row, podId, publicKey, undefined),
    isSigned: () => isSignedStatement(tools, event.data, keys.pointOf),
  };
}

/** Written out: it is made of nearly every row of a log. */
function soundRow(
  row: StoredRow,
  podId: string,
  publicKey: string | undefined,
  packet: SoundPacket | undefined,
): SoundRow {
  return {
    position: row.position,
    id: row.id,
    streamId: row.streamId,
    revision: row.revision,
    type: row.type,
    occurredMs: msFromIso(row.occurredAt),
    recordedMs: msFromIso(row.recordedAt),
    hash: fromHex(row.hash),
    podId,
    publicKey,
    packet,
  };
}

/** A row as it is stored, with its times. */
export function timed(row: StoredRow): StoredRow & TimedRow {
  const { occurredAt, recordedAt } = row;
  return { ...row, occurredMs: msFromIso(occurredAt), recordedMs: msFromIso(recordedAt) };
}
