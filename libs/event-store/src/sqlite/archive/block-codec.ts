/**
 * A block of an archive: some hundred rows of the log, stream by stream, as columns. Rows of one shape (the same
 * members in their data) share their columns. What follows from the rest is left out: an id that follows from its
 * command, the digest of an object that stands beside it, the row's checksum.
 *
 * What is written is believed only once it was read back and compared (`archive-months.ts`), so that a rule which
 * does not hold for some row costs room or a refusal, never a wrong row.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { sha256Hex } from '@flexledger/identity';
import { instantMs } from '@flexledger/runtime';
import { eventIdOf, recurringEventId } from '../../event-id';
import { rowChecksum, type StoredRow } from '../log-format';
import { ByteReader, ByteWriter } from './bytes';
import {
  type JsonShape,
  type ObjectSpan,
  objectsWithin,
  putTogether,
  takeApart,
} from './json-shape';
import { type Expectation, expectationsOf, readNumbers, writeNumbers } from './number-columns';
import {
  type TextForm,
  formOf,
  hasNumbers,
  numbersOf,
  readBytes,
  textAt,
  writeBytes,
} from './text-columns';

/** Columns of the envelope, before those of the data. */
const ENVELOPE = [
  'streamId',
  'revision',
  'type',
  'schemaVersion',
  'occurredAt',
  'recordedAt',
  'correlationId',
  'causationId',
  'actor',
  'hash',
  'id',
] as const satisfies readonly (keyof StoredRow)[];

const [REVISION, TYPE, OCCURRED_AT, CAUSATION_ID, ID] = (
  ['revision', 'type', 'occurredAt', 'causationId', 'id'] as const
).map((name) => ENVELOPE.indexOf(name)) as [number, number, number, number, number];

/** As a column is written, or what it follows from. */
type ColumnForm =
  | TextForm
  /** Ids of commands that may recur and led to one event: by the causation, the revision and the instant. */
  | { readonly as: 'recurringId' }
  /** The same as they were once given, without the instant. */
  | { readonly as: 'commandId' }
  /** SHA-256 of an object of the data, as it is written. */
  | { readonly as: 'digest'; readonly of: ObjectSpan };

/** The rows of one shape. */
interface ShapeHead {
  readonly shape: JsonShape;
  readonly rows: number;
  readonly forms: readonly ColumnForm[];
  /** Of the columns of numbers, in their order. */
  readonly expectations: readonly Expectation[];
}

/** A row without what its place in the archive says. */
export type ArchivedRow = Omit<StoredRow, 'position' | 'checksum'>;

/** The rows of a block; each is made when it is asked for. */
export interface ArchivedBlock {
  readonly rows: number;
  typeAt(row: number): string;
  /** @param position of the row */
  rowAt(row: number, position: number): StoredRow;
}

/** Rows of one shape as texts, column by column. */
interface ShapeColumns {
  readonly shape: JsonShape;
  readonly columns: string[][];
}

/** The bytes of rows in the order given. */
export function writeBlock(rows: readonly ArchivedRow[]): Buffer {
  const shapes = new Map<string, { readonly place: number } & ShapeColumns>();
  const shapeOfRow = rows.map((row) => {
    const { shape, values } = takeApart(row.data);
    const key = JSON.stringify(shape);
    const known = shapes.get(key) ?? { place: shapes.size, shape, columns: [] };
    shapes.set(key, known);
    const texts = [...ENVELOPE.map((name) => String(row[name])), ...values];
    texts.forEach((text, column) => (known.columns[column] ??= []).push(text));
    return known.place;
  });
  const head = new ByteWriter();
  const raw = new ByteWriter();
  head.number(rows.length);
  head.number(shapes.size);
  for (const { shape, columns } of shapes.values()) writeShape(head, raw, shape, columns);
  if (shapes.size > 1) for (const place of shapeOfRow) head.number(place);
  const compressed = brotliCompressSync(head.taken(), {
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY },
  });
  const block = new ByteWriter();
  block.number(compressed.length);
  block.raw(compressed);
  block.raw(raw.taken());
  return Buffer.from(block.taken());
}

/** Of 11; above it a month takes much longer and hardly less room. */
const QUALITY = 9;

function writeShape(
  head: ByteWriter,
  raw: ByteWriter,
  shape: JsonShape,
  columns: readonly (readonly string[])[],
): void {
  const forms = columns.map((texts, index) => columnForm(shape, columns, index, texts));
  const numbers = forms.flatMap((form, index) =>
    isWritten(form) ? [numbersOf(form, columns[index]!) ?? []].filter((it) => it.length > 0) : [],
  );
  const expectations = expectationsOf(numbers);
  const rows = columns[0]!.length;
  head.text(JSON.stringify({ shape, rows, forms, expectations } satisfies ShapeHead));
  writeNumbers(head, numbers, expectations);
  forms.forEach((form, index) => isWritten(form) && writeBytes(raw, form, columns[index]!));
}

function isWritten(form: ColumnForm): form is TextForm {
  return form.as !== 'recurringId' && form.as !== 'commandId' && form.as !== 'digest';
}

function columnForm(
  shape: JsonShape,
  columns: readonly (readonly string[])[],
  index: number,
  texts: readonly string[],
): ColumnForm {
  const rows = texts.map((_, row) => row);
  if (index === ID) {
    const valueOf = (column: number, row: number): string => columns[column]![row]!;
    for (const as of ['recurringId', 'commandId'] as const) {
      if (rows.every((row) => texts[row] === ID_BY[as](valueOf, row))) return { as };
    }
  }
  if (index >= ENVELOPE.length && DIGEST.test(texts[0]!)) {
    const of = objectsWithin(shape).find((span) =>
      rows.every((row) => texts[row] === digestOf(shape, columns, row, span)),
    );
    if (of) return { as: 'digest', of };
  }
  return formOf(texts, columns.slice(0, index));
}

const DIGEST = /^[0-9a-f]{64}$/;

type ValueOf = (column: number, row: number) => string;

/** What an id follows from, by other columns; undefined where these are nothing that an id follows from. */
const ID_BY = {
  recurringId(valueOf: ValueOf, row: number): string | undefined {
    const occurredAt = valueOf(OCCURRED_AT, row);
    if (instantMs(occurredAt) === undefined) return undefined;
    const recurringId = `${valueOf(CAUSATION_ID, row)}/${valueOf(REVISION, row)}`;
    return recurringEventId({ recurringId, index: 0, isLast: true, occurredAt });
  },
  commandId(valueOf: ValueOf, row: number): string | undefined {
    const commandId = `${valueOf(CAUSATION_ID, row)}/${valueOf(REVISION, row)}`;
    return eventIdOf({ commandId }, 0, true);
  },
};

function digestOf(
  shape: JsonShape,
  columns: readonly (readonly string[])[],
  row: number,
  span: ObjectSpan,
): string {
  const valueOf = (value: number): string => columns[ENVELOPE.length + value]![row]!;
  return sha256Hex(putTogether(shape, valueOf, span));
}

/** @throws Error when it is no block; its bytes are to be compared with their digest before */
export function readBlock(bytes: Buffer): ArchivedBlock {
  const block = new ByteReader(bytes);
  const head = new ByteReader(brotliDecompressSync(block.raw(block.number())));
  const rows = head.number();
  const count = head.number();
  const shapes: ShapeReader[] = [];
  for (let shape = 0; shape < count; shape += 1) shapes.push(readShape(head, block));
  const next = shapes.map(() => 0);
  const places = Array.from({ length: rows }, (): [ShapeReader, number] => {
    const shape = count > 1 ? head.number() : 0;
    const row = next[shape]!;
    next[shape] = row + 1;
    return [shapes[shape]!, row];
  });
  return {
    rows,
    typeAt(row) {
      const [shape, at] = places[row]!;
      return shape.textAt(TYPE, at);
    },
    rowAt(row, position) {
      const [shape, at] = places[row]!;
      const envelope = ENVELOPE.map((_, column) => shape.textAt(column, at));
      const [streamId, , type, , occurredAt, recordedAt, correlationId, causationId, actor, hash] =
        envelope as [string, ...string[]];
      const stored = { position, recordedAt: recordedAt!, hash: hash! };
      return {
        position,
        id: envelope[ID]!,
        streamId,
        revision: Number(envelope[REVISION]),
        type: type!,
        schemaVersion: Number(envelope[3]),
        occurredAt: occurredAt!,
        recordedAt: recordedAt!,
        correlationId: correlationId!,
        causationId: causationId!,
        actor: actor!,
        data: shape.dataAt(at),
        hash: hash!,
        checksum: rowChecksum(stored),
      };
    },
  };
}

interface ShapeReader {
  textAt(column: number, row: number): string;
  dataAt(row: number): string;
}

function readShape(head: ByteReader, raw: ByteReader): ShapeReader {
  const { shape, rows, forms, expectations } = JSON.parse(head.text()) as ShapeHead;
  const numbers = readNumbers(head, rows, expectations);
  let nextNumbers = 0;
  const columns = forms.map((form) => {
    if (!isWritten(form)) return { form };
    const ofNumbers = hasNumbers(form) ? numbers[nextNumbers] : undefined;
    if (ofNumbers) nextNumbers += 1;
    return { form, numbers: ofNumbers, bytes: readBytes(raw, form, rows) };
  });
  const textOf = (column: number, row: number): string => {
    const { form, numbers: ofNumbers, bytes } = columns[column]!;
    switch (form.as) {
      case 'column':
        return textOf(form.of, row);
      case 'recurringId':
      case 'commandId':
        return ID_BY[form.as](textOf, row)!;
      case 'digest':
        return sha256Hex(putTogether(shape, (value) => dataText(value, row), form.of));
      default:
        return textAt(form, row, ofNumbers, bytes);
    }
  };
  const dataText = (value: number, row: number): string => textOf(ENVELOPE.length + value, row);
  return {
    textAt: textOf,
    dataAt: (row) => putTogether(shape, (value) => dataText(value, row)),
  };
}
