/** Rows of a log changed by somebody who recomputes each row's own hash and checksum. */
import { type StoredRow, CERTIFICATION_STREAM } from '@flexledger/domain';
import { type LoggedEvent, rehashed } from '@flexledger/audit';
import { canonicalJson, sha256, uuidFrom } from '@flexledger/identity';
import { type DataOf, dataOf } from '../testing/simulated-day';

type Rows = readonly StoredRow[];
type TypeName = LoggedEvent['type'];

/** The first row of a type that `wanted` likes. @throws Error when there is none */
export function rowOf<Type extends TypeName>(
  rows: Rows,
  type: Type,
  wanted: (data: DataOf<Type>, row: StoredRow) => boolean = () => true,
): StoredRow {
  const found = rows.find((row) => row.type === type && wanted(dataOf(row), row));
  if (!found) throw new Error(`The day has no such ${type}`);
  return found;
}

/** The last row of a type. @throws Error when there is none */
export function lastRowOf(rows: Rows, type: TypeName): StoredRow {
  return rowOf(rows.toReversed(), type);
}

/** The last measurement of a PoD that sold nothing, so that no money rests on it. @throws Error when all sold */
export function lastUnsold(rows: Rows): StoredRow {
  const sold = new Set(
    rows
      .filter(({ type }) => type === 'SettlementComputed')
      .flatMap((row) => dataOf<'SettlementComputed'>(row).rows.map(({ podId }) => podId)),
  );
  return rowOf(rows.toReversed(), 'MeasurementRecorded', ({ podId }) => !sold.has(podId));
}

/** The rows with one of them changed, its hash computed anew. */
export function edited<Type extends TypeName>(
  rows: Rows,
  row: StoredRow,
  change: (data: DataOf<Type>) => void,
  envelope: Partial<StoredRow> = {},
): StoredRow[] {
  const data = dataOf<Type>(row);
  change(data);
  const changed = rehashed(sha256, { ...row, ...envelope, data: canonicalJson(data) });
  return rows.map((other) => (other === row ? changed : other));
}

/** The rows with the first of a type changed. */
export function editedFirst<Type extends TypeName>(
  rows: Rows,
  type: Type,
  change: (data: DataOf<Type>) => void,
  wanted?: (data: DataOf<Type>, row: StoredRow) => boolean,
): StoredRow[] {
  return edited<Type>(rows, rowOf(rows, type, wanted), change);
}

/** The rows without some, positions and revisions closed up. */
export function without(rows: Rows, isLeftOut: (row: StoredRow) => boolean): StoredRow[] {
  return renumbered(rows.filter((row) => !isLeftOut(row)));
}

/** What somebody writes into the log as a new event. */
export interface WrittenEvent {
  readonly streamId: string;
  readonly type: string;
  readonly data: object;
  readonly occurredAt: string;
  readonly recordedAt?: string;
  readonly schemaVersion?: number;
  readonly actor?: string;
}

/** The rows with an event more, at an index of them. */
export function withInserted(rows: Rows, index: number, event: WrittenEvent): StoredRow[] {
  const { recordedAt = event.occurredAt, schemaVersion = 1, actor = 'operator' } = event;
  const id = uuidFrom(`tamper/${index}/${event.type}/${canonicalJson(event.data)}`);
  const row: StoredRow = {
    ...event,
    id,
    recordedAt,
    schemaVersion,
    actor,
    correlationId: id,
    causationId: id,
    position: 0,
    revision: 0,
    data: canonicalJson(event.data),
    hash: '',
    checksum: '',
  };
  return renumbered([...rows.slice(0, index), row, ...rows.slice(index)]);
}

/** The rows with an event more, right before another one. */
export function withBefore(rows: Rows, row: StoredRow, event: WrittenEvent): StoredRow[] {
  return withInserted(rows, rows.indexOf(row), event);
}

/** The rows with an event more, right after another one. */
export function withAfter(rows: Rows, row: StoredRow, event: WrittenEvent): StoredRow[] {
  return withInserted(rows, rows.indexOf(row) + 1, event);
}

/** The rows with one of them elsewhere in the order of the log. */
export function movedBefore(rows: Rows, row: StoredRow, other: StoredRow): StoredRow[] {
  const rest = rows.filter((one) => one !== row);
  const at = rest.indexOf(other);
  return renumbered([...rest.slice(0, at), row, ...rest.slice(at)]);
}

/** Positions in the order of the rows, revisions in that of their streams, hashes of what results. */
export function renumbered(rows: Rows): StoredRow[] {
  const [first] = rows;
  const revisions = new Map<string, number>();
  return rows.map((row, index) => {
    const revision = (revisions.get(row.streamId) ?? -1) + 1;
    revisions.set(row.streamId, revision);
    const position = first!.position + index;
    const isSame = row.hash !== '' && row.position === position && row.revision === revision;
    return isSame ? row : rehashed(sha256, { ...row, position, revision });
  });
}

/** The rows with the log's word, at an index of them, that the last anchors before are lost, so many. */
export function withLost(rows: Rows, index: number, count: number): StoredRow[] {
  const anchored = rows.slice(0, index).filter(({ type }) => type === 'CheckpointAnchored');
  const [standing, ...lost] = anchored.slice(-count - 1).map(dataOf<'CheckpointAnchored'>);
  const { occurredAt } = rows[index - 1]!;
  return lost.reduceRight<StoredRow[]>(
    (changed, { size, root }) =>
      withInserted(changed, index, {
        streamId: CERTIFICATION_STREAM,
        type: 'AnchorLost',
        data: { size, root, standingSize: standing!.size },
        occurredAt,
        actor: 'platform:certifier',
      }),
    [...rows],
  );
}

/** The rows up to and with the anchor of the nth checkpoint, from 1. */
export function upToAnchor(rows: Rows, nth: number): StoredRow[] {
  const anchors = rows.filter(({ type }) => type === 'CheckpointAnchored');
  return rows.slice(0, rows.indexOf(anchors[nth - 1]!) + 1);
}

/** Whether the certifier wrote a row. */
export function isCertifiers({ streamId }: Pick<StoredRow, 'streamId'>): boolean {
  return streamId === CERTIFICATION_STREAM;
}

/** An instant so many milliseconds after another. */
export function shifted(instant: string, byMs: number): string {
  return new Date(Date.parse(instant) + byMs).toISOString();
}
