/**
 * What no text may hold that is hashed or signed: half a surrogate pair has no canonical JSON (RFC 8785, 3.2.2.2),
 * and NUL ends a text in many a reader.
 */
const ILLEGIBLE = /[\0\p{Surrogate}]/u;

/** False where a text cannot be hashed, or is not read whole by everyone. */
export function isLegible(text: string): boolean {
  return !ILLEGIBLE.test(text);
}

/** The text with U+FFFD in the place of each half of a surrogate pair, sent as such or left by a cut. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
