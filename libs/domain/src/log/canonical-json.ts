import canonicalize from 'canonicalize';

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, ECMAScript numbers.
 *
 * @throws TypeError when the value has no JSON form (`undefined`, a function, a `bigint`, NaN), or a text in
 *   it is half a surrogate pair, which has no UTF-8 (RFC 8785, section 3.2.2.2).
 */
export function canonicalJson(value: unknown): string {
  const text = textOf(value);
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

/**
 * As the library writes it, which goes through each number and name by a text of its own. A city's bids are lists of
 * numbers for the most part: those the engine writes, in the same form (ECMAScript's), in one go.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || hasOwnForm(value)) return canonicalize(value);
  if (!Array.isArray(value)) return objectText(value as Readonly<Record<string, unknown>>);
  if (value.every(Number.isFinite)) return JSON.stringify(value);
  let text = '';
  for (const item of value as readonly unknown[]) {
    const isLeftOut = item === undefined || typeof item === 'symbol';
    text += `${text === '' ? '' : ','}${isLeftOut ? 'null' : textOf(item)}`;
  }
  return `[${text}]`;
}

function objectText(object: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const name of Object.keys(object).sort()) {
    const member = object[name];
    if (member === undefined || typeof member === 'symbol') continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${textOf(member)}`;
  }
  return `{${text}}`;
}

const hasOwnForm = (value: object): boolean =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';
