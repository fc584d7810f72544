/**
 * Columns of texts, each in the form that takes least: as instants, as bytes of hexadecimal digits or UUIDs, by a list
 * of the different ones, or not at all where another column says the same.
 */
import { isoFromMs } from '@flexledger/runtime';
import type { ByteReader, ByteWriter } from './bytes';
import { LARGEST_NUMBER } from './number-columns';

/** How a column of texts is written. Numbers and bytes stand apart, since these do not compress and those do. */
export type TextForm =
  /** Equal to the column `of`, row by row. */
  | { readonly as: 'column'; readonly of: number }
  /** A column of numbers: whole ones as they are written, or instants in ms with or without their milliseconds. */
  | { readonly as: 'number' | 'instant' | 'shortInstant' }
  /** So many bytes a row, from hexadecimal digits. */
  | { readonly as: 'hex'; readonly bytes: number }
  | { readonly as: 'uuid' }
  /** The different texts, and a column of numbers that says which. */
  | { readonly as: 'list'; readonly texts: readonly string[] };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HEX = /^(?:[0-9a-f]{2}){8,}$/;
const WHOLE = /^(?:0|-?[1-9]\d{0,15})$/;

/** The form that fits all of the column's texts; `before` are the columns that stand before it. */
export function formOf(texts: readonly string[], before: readonly (readonly string[])[]): TextForm {
  const every = (holds: (text: string) => boolean): boolean => texts.every(holds);
  const first = texts[0]!;
  const of = before.findIndex(
    (other) => other[0] === first && texts.every((text, row) => other[row] === text),
  );
  // A list of one takes no more, and asks for no other column.
  if (of >= 0 && !every((text) => text === first)) return { as: 'column', of };
  if (WHOLE.test(first) && every(isWholeNumber)) return { as: 'number' };
  if (UUID.test(first) && every((text) => UUID.test(text))) return { as: 'uuid' };
  if (HEX.test(first) && every((text) => text.length === first.length && HEX.test(text))) {
    return { as: 'hex', bytes: first.length / 2 };
  }
  for (const as of ['instant', 'shortInstant'] as const) {
    if (every((text) => instantText(Date.parse(text), as) === text)) return { as };
  }
  return { as: 'list', texts: [...new Set(texts)] };
}

/** A whole number that is written just so, and small enough for exact differences. */
function isWholeNumber(text: string): boolean {
  return WHOLE.test(text) && Math.abs(Number(text)) <= LARGEST_NUMBER;
}

/** The column's numbers, where its form has any. */
export function numbersOf(form: TextForm, texts: readonly string[]): number[] | undefined {
  switch (form.as) {
    case 'number':
      return texts.map(Number);
    case 'instant':
    case 'shortInstant':
      return texts.map((text) => Date.parse(text));
    case 'list': {
      const places = new Map(form.texts.map((text, place) => [text, place]));
      return texts.map((text) => places.get(text)!);
    }
    default:
      return undefined;
  }
}

/** Whether a form has a column of numbers. */
export function hasNumbers({ as }: TextForm): boolean {
  return as === 'number' || as === 'instant' || as === 'shortInstant' || as === 'list';
}

/** Writes what a form has of bytes. */
export function writeBytes(writer: ByteWriter, form: TextForm, texts: readonly string[]): void {
  if (form.as !== 'hex' && form.as !== 'uuid') return;
  for (const text of texts) writer.raw(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

/** What `writeBytes` wrote of so many rows. @throws RangeError where the bytes end before */
export function readBytes(reader: ByteReader, form: TextForm, rows: number): Buffer | undefined {
  const bytes = bytesPerRow(form);
  return bytes === 0 ? undefined : reader.raw(rows * bytes);
}

function bytesPerRow(form: TextForm): number {
  return form.as === 'hex' ? form.bytes : form.as === 'uuid' ? 16 : 0;
}

/** The text of a row, from its number or its bytes. */
export function textAt(
  form: Exclude<TextForm, { as: 'column' }>,
  row: number,
  numbers: Float64Array | undefined,
  bytes: Buffer | undefined,
): string {
  switch (form.as) {
    case 'number':
      return String(numbers![row]);
    case 'instant':
    case 'shortInstant':
      return instantText(numbers![row]!, form.as)!;
    case 'list':
      return form.texts[numbers![row]!]!;
    case 'hex':
      return bytes!.toString('hex', row * form.bytes, (row + 1) * form.bytes);
    case 'uuid': {
      const hex = bytes!.toString('hex', row * 16, (row + 1) * 16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    }
  }
}

function instantText(epochMs: number, as: 'instant' | 'shortInstant'): string | undefined {
  if (Number.isNaN(epochMs)) return undefined;
  const iso = isoFromMs(epochMs);
  return as === 'instant' ? iso : iso.replace('.000Z', 'Z');
}
