import { jsonBytes } from '../log/json-bytes';
import type { PartOf } from '../settlement/events';

/** Target size of one part in bytes of JSON, with room for the envelope below the 1 MiB of an append. */
const PART_BYTES = 600_000;

/** A slice of rows with its place among the parts. */
export interface Part<Row> {
  readonly part: PartOf;
  readonly rows: readonly Row[];
}

/** Splits rows so that each part stays below the size of one append; no rows give one empty part. */
export function inParts<Row>(rows: readonly Row[]): Part<Row>[] {
  const slices: Row[][] = [[]];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = jsonBytes(row) + 1;
    if (bytes + rowBytes > PART_BYTES && slices.at(-1)!.length > 0) {
      slices.push([]);
      bytes = 0;
    }
    slices.at(-1)!.push(row);
    bytes += rowBytes;
  }
  return slices.map((slice, index) => ({ part: { index, of: slices.length }, rows: slice }));
}

/** True for the part with which all of its kind begin to count. */
export function isLastPart(part: PartOf): boolean {
  return part.index === part.of - 1;
}

/**
 * The parts still to be written when some rows of them stand already: a command that was cut off
 * between two appends goes on where it stopped. Where the rows that stand are not those of whole
 * first parts, because the repeated command came to other rows, all parts are written again; part 0
 * then begins anew (`gatherPart`).
 */
export function remainingParts<Row>(rows: readonly Row[], standing: readonly Row[]): Part<Row>[] {
  const parts = inParts(rows);
  if (standing.length === 0 || !beginWith(rows, standing)) return parts;
  let before = 0;
  const next = parts.findIndex((part) => {
    if (before === standing.length) return true;
    before += part.rows.length;
    return false;
  });
  return next < 0 ? parts : parts.slice(next);
}

/** Rows by part: however many there are, none is copied when the next part comes. */
export type Gathered<Row> = readonly (readonly Row[])[];

/** What stands once a part is folded in: part 0 begins anew, any other goes on. */
export function gatherPart<Row>(
  standing: Gathered<Row>,
  part: PartOf,
  rows: readonly Row[],
): Gathered<Row> {
  return part.index === 0 ? [rows] : [...standing, rows];
}

/** True when the first rows are those of `beginning`, compared as JSON. */
export function beginWith(rows: readonly unknown[], beginning: readonly unknown[]): boolean {
  return (
    beginning.length <= rows.length && beginning.every((row, index) => sameJson(row, rows[index]))
  );
}

/** Equal as JSON, whatever the order of the members. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other);
  }
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => sameJson(one[key as keyof object], other[key as keyof object]))
  );
}
