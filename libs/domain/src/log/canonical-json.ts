import canonicalize from 'canonicalize';

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, ECMAScript numbers.
 *
 * @throws TypeError when the value has no JSON form (`undefined`, a function, a `bigint`, NaN).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) {
    throw new TypeError('canonicalJson: the value has no JSON form; pass an object or a scalar');
  }
  return text;
}
