/** What a message of a feed says, in JSON or XML, and how its members are read. */
import { instantMs, messageOf } from '@flexledger/runtime';
import { XMLParser } from 'fast-xml-parser';

/** Names, also where they are of digits alone: the meter `0012` is not `12`. */
const NAMES: ReadonlySet<string> = new Set([
  'id',
  'bus',
  'element',
  'device',
  'source',
  'runId',
  'resourceId',
]);
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
  try {
    return text.startsWith('<') ? contentOfRoot(text) : (JSON.parse(text) as unknown);
  } catch (error) {
    throw new Error(`it is neither JSON nor XML (${messageOf(error)})`, { cause: error });
  }
}

function contentOfRoot(text: string): unknown {
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

/** The members of what is said. @throws Error where it is no object */
export function membersOf(said: unknown): Readonly<Record<string, unknown>> {
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) {
    return said as Readonly<Record<string, unknown>>;
  }
  throw new Error('it is no object');
}

/** @throws Error naming the member that is no instant */
export function instantOf(member: string, said: unknown): number {
  const ms = typeof said === 'string' ? instantMs(said) : undefined;
  if (ms === undefined) throw new Error(`${member} must be an instant like 2026-03-17T10:00:00Z`);
  return ms;
}

/** Whether it is CIM in RDF/XML, whatever the prefix of the root. */
export function isCim(payload: Buffer): boolean {
  return /<(\w+:)?RDF[\s>]/.test(payload.subarray(0, 4_096).toString('utf8'));
}
