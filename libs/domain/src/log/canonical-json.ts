import canonicalize from 'canonicalize';

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, ECMAScript numbers.
 *
 * @throws TypeError when the value has no JSON form (`undefined`, a function, a `bigint`, NaN), or a text in
 *   it is half a surrogate pair, which has no UTF-8 (RFC 8785, section 3.2.2.2).
 */
export function canonicalJson(value: unknown): string {
  const ordered = inOrder(value);
  const text = ordered === UNUSUAL ? canonicalize(value) : JSON.stringify(ordered);
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

/** What is left to the library: it has no JSON form, or members that JavaScript puts into an order of its own. */
const UNUSUAL = Symbol('unusual');

/**
 * The same value with the members of its objects in the order of RFC 8785, which `JSON.stringify` then writes as
 * the RFC wants them. Objects that are in order are not copied. (The library makes a text of each member and
 * leaves eight kilobytes of garbage at a packet, a quarter of all that the packet costs in it.)
 */
function inOrder(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : UNUSUAL;
    case 'object':
      if (value === null) return null;
      return Array.isArray(value) ? elementsInOrder(value) : membersInOrder(value);
    default:
      return UNUSUAL;
  }
}

function elementsInOrder(elements: readonly unknown[]): unknown {
  if ('toJSON' in elements) return UNUSUAL;
  let copy: unknown[] | undefined;
  for (let at = 0; at < elements.length; at += 1) {
    const given = elements[at];
    // Nearly all elements there are: watts and prices by quarter-hour.
    if (typeof given === 'number' && Number.isFinite(given)) continue;
    const element = inOrder(given);
    if (element === UNUSUAL) return UNUSUAL;
    if (element !== given) (copy ??= [...elements])[at] = element;
  }
  return copy ?? elements;
}

function membersInOrder(members: object): unknown {
  const prototype: unknown = Object.getPrototypeOf(members);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in members) return UNUSUAL;
  const of = members as Readonly<Record<string, unknown>>;
  const keys = Object.keys(of);
  let isCopied = sortKeys(keys);
  const values: unknown[] = [];
  for (const key of keys) {
    const given = of[key];
    const value = given === undefined ? undefined : inOrder(given);
    if (value === UNUSUAL || isPlacedByEngine(key)) return UNUSUAL;
    if (value !== given) isCopied = true;
    values.push(value);
  }
  if (!isCopied) return members;
  const copy: Record<string, unknown> = {};
  for (let at = 0; at < keys.length; at += 1) copy[keys[at]!] = values[at];
  return copy;
}

/** Whole numbers stand first in every object, whenever they were put in; `__proto__` cannot be put in. */
function isPlacedByEngine(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39 && /^\d+$/.test(key)) || key === '__proto__';
}

/** Keys that are few are sorted without the room that `sort` takes. */
const FEW = 32;

/** Sorts by UTF-16 code units. @returns whether they were in another order */
function sortKeys(keys: string[]): boolean {
  let isOther = false;
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at]!;
    if (keys[at - 1]! < key) continue;
    isOther = true;
    if (keys.length > FEW) {
      keys.sort();
      break;
    }
    let place = at;
    for (; place > 0 && keys[place - 1]! > key; place -= 1) keys[place] = keys[place - 1]!;
    keys[place] = key;
  }
  return isOther;
}
