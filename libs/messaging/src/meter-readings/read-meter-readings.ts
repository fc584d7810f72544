/**
 * MeterReadings of IEC 61968-9 in XML, as the device message that they say. XML is another writing of the
 * same message: what a node signs is the RFC 8785 form of `inputData`, whichever way it travels, so that a packet is
 * judged, kept and proved without the XML. The signature travels beside the MeterReadings, in the Header of a message of
 * IEC 61968-100, whose properties are `sequence`, `hash`, `signedHash` and `publicKey`.
 */
import { MTU_MS } from '@flexledger/domain';
import { instantMs, isoFromMs, messageOf } from '@flexledger/runtime';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { CHAIN2_FULL_MEMBERS, POWER_MEMBERS, readingTypeOf, wholeFrom } from './reading-types';

/** The text cannot be read; its message says why. */
export class MeterReadingsFault extends Error {
  override readonly name = 'MeterReadingsFault';
}

/** Elements inside each other; a MeterReadings in a message needs eight. */
const DEPTH_MAX = 16;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  // No entity but the five of XML, and those unread: nothing that is read here has any.
  processEntities: false,
  maxNestedTags: DEPTH_MAX,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** An element: its children by name, each a list; its attributes by `@name`, its text as `#text`. */
type Element = Readonly<Record<string, unknown>>;

/** Messages of IEC 61968-100 in which readings are sent. */
const MESSAGES: readonly string[] = ['EventMessage', 'RequestMessage'];
const SIGNATURE = ['sequence', 'hash', 'signedHash', 'publicKey'] as const;

/**
 * The message that a text says: a packet where it holds a quarter-hour, power where it holds that. Its shape is
 * judged by who knows what it must be.
 *
 * @throws MeterReadingsFault
 */
export function meterReadingsIn(text: string): object {
  const { message, readings } = partsOf(parsed(text));
  const one = only(readings, 'MeterReading');
  const podId = podOf(one);
  const { endMs, values } = valuesIn(one);
  const powers = POWER_MEMBERS.filter((member) => values.has(member));
  if (powers.length > 0 && powers.length < values.size) {
    throw new MeterReadingsFault('it mixes power with the energies of a quarter-hour');
  }
  if (powers.length > 0) return { podId, at: isoFromMs(endMs), ...Object.fromEntries(values) };
  if (!message) {
    throw new MeterReadingsFault(
      'MeterReadings of a quarter-hour are signed: send them as the Payload of an EventMessage whose ' +
        `Header has the properties ${SIGNATURE.join(', ')}`,
    );
  }
  const { sequence, ...signature } = signatureIn(message);
  const chain2Full = Object.fromEntries(
    [...values].filter(([member]) => CHAIN2_FULL_MEMBERS.includes(member)),
  );
  const inputData = {
    podId,
    sequence,
    mtuStart: isoFromMs(endMs - MTU_MS),
    ...Object.fromEntries([...values].filter(([member]) => !CHAIN2_FULL_MEMBERS.includes(member))),
    ...(Object.keys(chain2Full).length > 0 && { chain2Full }),
  };
  return { podId, sequence, inputData, ...signature };
}

/** The sequence that a text names, where no more can be read of it. */
export function sequenceNamedIn(text: string): number | undefined {
  const name = String.raw`<(?:\w+:)?Name>\s*sequence\s*</(?:\w+:)?Name>\s*<(?:\w+:)?Value>\s*(\d{1,15})\s*<`;
  const digits = new RegExp(name).exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function parsed(text: string): Element {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new MeterReadingsFault('it declares a document type; entities are not read here');
  }
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    throw new MeterReadingsFault(`it is not XML: ${valid.err.msg} (line ${valid.err.line})`);
  }
  try {
    return parser.parse(text) as Element;
  } catch (error) {
    throw new MeterReadingsFault(`it is XML that is not read here: ${messageOf(error)}`);
  }
}

/** MeterReadings, and the message that holds them. */
function partsOf(document: Element): { message?: Element; readings: Element } {
  const name = MESSAGES.find((one) => one in document);
  if (name === undefined) {
    if ('MeterReadings' in document) return { readings: only(document, 'MeterReadings') };
    throw new MeterReadingsFault(`its root is none of MeterReadings, ${MESSAGES.join(', ')}`);
  }
  const message = only(document, name);
  const noun = textIn(only(message, 'Header'), 'Noun');
  if (noun !== 'MeterReadings') throw new MeterReadingsFault(`its Noun is "${noun.slice(0, 40)}"`);
  return { message, readings: only(only(message, 'Payload'), 'MeterReadings') };
}

function signatureIn(message: Element): Readonly<Record<(typeof SIGNATURE)[number], unknown>> {
  const named = new Map<string, string>();
  for (const property of childrenOf(only(message, 'Header'), 'Property')) {
    const name = textIn(property, 'Name');
    if (named.has(name))
      throw new MeterReadingsFault(`the property ${name.slice(0, 40)} comes twice`);
    named.set(name, textIn(property, 'Value'));
  }
  const missing = SIGNATURE.filter((name) => !named.has(name));
  if (missing.length > 0) {
    throw new MeterReadingsFault(`its Header has no property ${missing.join(', ')}`);
  }
  const [sequence, hash, signedHash, publicKey] = SIGNATURE.map((name) => named.get(name)!);
  return { sequence: numberFrom(sequence!, 0), hash, signedHash, publicKey };
}

/** By `mRID`, or the first of its `Names`. */
function podOf(reading: Element): string {
  const point = only(reading, 'UsagePoint');
  return 'mRID' in point ? textIn(point, 'mRID') : textIn(only(point, 'Names'), 'name');
}

interface Values {
  /** The instant of all of them: the end of the quarter-hour. */
  readonly endMs: number;
  readonly values: ReadonlyMap<string, number>;
}

function valuesIn(reading: Element): Values {
  const values = new Map<string, number>();
  let endMs: number | undefined;
  const take = (code: string, of: Element): void => {
    const type = readingTypeOf(code);
    if (!type)
      throw new MeterReadingsFault(`the reading type ${code.slice(0, 60)} is not read here`);
    if (values.has(type.member)) throw new MeterReadingsFault(`${type.member} comes twice`);
    const atMs = instantIn(of);
    endMs ??= atMs;
    if (atMs !== endMs) throw new MeterReadingsFault('its readings are of several instants');
    values.set(type.member, numberFrom(textIn(of, 'value'), type.powerOfTen));
  };
  for (const one of childrenOf(reading, 'Readings')) take(codeIn(one), one);
  for (const block of childrenOf(reading, 'IntervalBlocks')) {
    const code = codeIn(block);
    for (const one of childrenOf(block, 'IntervalReadings')) take(code, one);
  }
  if (endMs === undefined) throw new MeterReadingsFault('it holds no reading');
  return { endMs, values };
}

function codeIn(element: Element): string {
  const code = only(element, 'ReadingType')['@ref'];
  if (typeof code !== 'string') throw new MeterReadingsFault('a ReadingType has no ref');
  return code;
}

function instantIn(reading: Element): number {
  const text = textIn(reading, 'timeStamp');
  const atMs = instantMs(text);
  if (atMs !== undefined) return atMs;
  throw new MeterReadingsFault(`timeStamp "${text.slice(0, 40)}" is no instant with its offset`);
}

function numberFrom(text: string, powerOfTen: number): number {
  try {
    return wholeFrom(text, powerOfTen);
  } catch (error) {
    throw new MeterReadingsFault(messageOf(error));
  }
}

/** Empty elements have no children, and are texts to the parser. */
function childrenOf(element: Element, name: string): readonly Element[] {
  const children = (element[name] ?? []) as readonly unknown[];
  return children.map((child) =>
    typeof child === 'object' && child !== null ? (child as Element) : { '#text': child },
  );
}

function only(element: Element, name: string): Element {
  const children = childrenOf(element, name);
  if (children.length !== 1) {
    const found = children.length === 0 ? 'no' : `${children.length}, not one`;
    throw new MeterReadingsFault(`it has ${found} ${name}`);
  }
  return children[0]!;
}

function textIn(element: Element, name: string): string {
  return String(only(element, name)['#text'] ?? '').trim();
}
