import canonicalize from 'canonicalize';

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, ECMAScript numbers.
 *
 * @throws TypeError when the value has no JSON form (`undefined`, a function, a `bigint`, NaN), or a text in
 *   it is half a surrogate pair, which has no UTF-8 (RFC 8785, section 3.2.2.2).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) {
    throw new TypeError('canonicalJson: the value has no JSON form; pass an object or a scalar');
  }
  if (text.includes('\\ud') && HALF_PAIR.test(text)) {
    throw new TypeError('canonicalJson: a text holds half a surrogate pair; give whole characters');
  }
  return text;
}

/** Half a pair is written as an escape, a whole pair as itself; before it stands no odd backslash. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
