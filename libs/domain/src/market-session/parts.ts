import type { PartOf } from '../settlement/events';

/**
 * Target size of one part in characters of JSON, with room below the 1 MiB an append may have for
 * the envelope and for the last part's totals.
 */
const PART_CHARACTERS = 600_000;

/** A slice of rows with its place among the parts. */
export interface Part<Row> {
  readonly part: PartOf;
  readonly rows: readonly Row[];
}

/** Splits rows so that each part stays below the size of one append; no rows give one empty part. */
export function inParts<Row>(rows: readonly Row[]): Part<Row>[] {
  const slices: Row[][] = [[]];
  let characters = 0;
  for (const row of rows) {
    const length = JSON.stringify(row).length + 1;
    if (characters + length > PART_CHARACTERS && slices.at(-1)!.length > 0) {
      slices.push([]);
      characters = 0;
    }
    slices.at(-1)!.push(row);
    characters += length;
  }
  return slices.map((slice, index) => ({ part: { index, of: slices.length }, rows: slice }));
}

/** True for the part with which all of its kind begin to count. */
export function isLastPart(part: PartOf): boolean {
  return part.index === part.of - 1;
}

/**
 * The parts still to be written when so many rows of them stand already: a command that was cut off
 * between two appends goes on where it stopped.
 */
export function remainingParts<Row>(rows: readonly Row[], standing: number): Part<Row>[] {
  let before = 0;
  return inParts(rows).filter((part) => {
    const wanted = before >= standing;
    before += part.rows.length;
    return wanted;
  });
}
