import { XMLParser } from 'fast-xml-parser';

/** Entities are not resolved, attributes are members like elements. */
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  parseTagValue: true,
  parseAttributeValue: true,
  trimValues: true,
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
