/** Bytes that `JSON.stringify` takes for a value, counted without writing it where it is plain data. */
export function jsonBytes(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return numberBytes(value);
    case 'string':
      return PLAIN_TEXT.test(value) ? value.length + 2 : writtenBytes(value);
    case 'boolean':
      return value ? 4 : 5;
    case 'object':
      if (value === null) return 4;
      if ('toJSON' in value) return writtenBytes(value);
      return Array.isArray(value) ? elementsBytes(value) : membersBytes(value);
    default:
      return writtenBytes(value);
  }
}

/** Text that stands in JSON as it is, a byte for each character. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

/** What has no JSON form stands as `null`, as it does among the elements of a list. */
function writtenBytes(value: unknown): number {
  const text = (JSON.stringify(value) as string | undefined) ?? 'null';
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Half a pair is written as an escape, so that each half here is of a whole one, which has four bytes.
    if (unit > 0x7f) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

function elementsBytes(elements: readonly unknown[]): number {
  let bytes = 2 + Math.max(0, elements.length - 1);
  for (const element of elements) {
    // Nearly all elements of what is weighed are watts and prices.
    bytes += typeof element === 'number' ? numberBytes(element) : jsonBytes(element);
  }
  return bytes;
}

function membersBytes(members: object): number {
  let bytes = 2;
  let count = 0;
  for (const [key, value] of Object.entries(members)) {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') continue;
    bytes += jsonBytes(key) + 1 + jsonBytes(value);
    count += 1;
  }
  return bytes + Math.max(0, count - 1);
}

function numberBytes(value: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value < 1e9)) return writtenBytes(value);
  if (value < 1e4) return value < 100 ? (value < 10 ? 1 : 2) : value < 1e3 ? 3 : 4;
  if (value < 1e6) return value < 1e5 ? 5 : 6;
  return value < 1e7 ? 7 : value < 1e8 ? 8 : 9;
}
