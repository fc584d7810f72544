/**
 * JSON text taken apart into what many documents have in common and the values in which they differ, exactly: put
 * together again, it is the same text, whatever it was.
 */

/** What is common: the text around the values. Value `n` stands between `pieces[n]` and `pieces[n + 1]`. */
export interface JsonShape {
  readonly pieces: readonly string[];
  /** Of each value: a text in quotes, or anything else, as it is written. */
  readonly isText: readonly boolean[];
}

/** Where an object begins and ends in a shape: piece, and place of the brace in it. */
export interface ObjectSpan {
  readonly from: readonly [piece: number, at: number];
  readonly to: readonly [piece: number, at: number];
}

/** A name with its colon, a text, or another scalar. */
const TOKENS = /"(?:[^"\\]|\\.)*":|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*|true|false|null)/g;

/** @returns the shape, and the values: texts without quotes and escapes, all others as they are written */
export function takeApart(json: string): { readonly shape: JsonShape; readonly values: string[] } {
  const pieces: string[] = [];
  const isText: boolean[] = [];
  const values: string[] = [];
  let end = 0;
  for (const match of json.matchAll(TOKENS)) {
    const [, text, scalar] = match;
    const written = text ?? scalar;
    if (written === undefined) continue;
    const parsed = text === undefined ? undefined : parsedText(text);
    pieces.push(json.slice(end, match.index));
    isText.push(parsed !== undefined);
    values.push(parsed ?? written);
    end = match.index + written.length;
  }
  pieces.push(json.slice(end));
  return { shape: { pieces, isText }, values };
}

/** A text as it reads, where it is written again just so. */
function parsedText(written: string): string | undefined {
  try {
    const parsed = JSON.parse(written) as string;
    return JSON.stringify(parsed) === written ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The text that was taken apart, or the part of it that is one object. */
export function putTogether(
  { pieces, isText }: JsonShape,
  valueOf: (index: number) => string,
  span?: ObjectSpan,
): string {
  const [first, start] = span?.from ?? [0, 0];
  const [last, stop] = span?.to ?? [pieces.length - 1, Infinity];
  let text = '';
  for (let piece = first; piece <= last; piece += 1) {
    text += pieces[piece]!.slice(
      piece === first ? start : 0,
      piece === last ? stop + 1 : undefined,
    );
    if (piece === last) break;
    const value = valueOf(piece);
    text += isText[piece] ? JSON.stringify(value) : value;
  }
  return text;
}

/** The objects within the outermost one that hold values. */
export function objectsWithin({ pieces }: JsonShape): ObjectSpan[] {
  const open: [number, number][] = [];
  const found: ObjectSpan[] = [];
  pieces.forEach((piece, index) => {
    // Braces in the names of members would be in quotes; such a shape has no objects to be told apart.
    for (const { 0: brace, index: at } of piece.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
      if (brace === '{') open.push([index, at]);
      else if (brace === '}') {
        const from = open.pop();
        if (from && open.length > 0 && from[0] < index) found.push({ from, to: [index, at] });
      }
    }
  });
  return found;
}
