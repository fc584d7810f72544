import { XMLParser } from 'fast-xml-parser';

/** Names, also where they are of digits alone: the meter `0012` is not `12`. */
const NAMES: ReadonlySet<string> = new Set(['id', 'bus', 'element', 'device']);
/** As the parser has it: a text that is no name is read as a number where it is one; undefined leaves it as it stands. */
const unlessName = (name: string, text: string): string | undefined =>
  NAMES.has(name) ? undefined : text;

/** Entities are not resolved, attributes are members like elements. */
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  parseTagValue: true,
  parseAttributeValue: true,
  trimValues: true,
  tagValueProcessor: unlessName,
  attributeValueProcessor: unlessName,
});

/**
 * What a message says, of JSON as it is and of XML the content of its root element, numbers as numbers.
 *
 * @throws Error saying why it can be read as neither
 */
export function payloadOf(payload: Buffer): unknown {
  const text = payload.toString('utf8').trim();
  if (!text.startsWith('<')) return JSON.parse(text) as unknown;
  const roots = Object.entries(xml.parse(text, true) as Record<string, unknown>).filter(
    ([name]) => !name.startsWith('?'),
  );
  if (roots.length !== 1) throw new Error('XML has one root element');
  return roots[0]![1];
}

/** What XML says once is a list of one. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  return Array.isArray(value) ? value : [value];
}
