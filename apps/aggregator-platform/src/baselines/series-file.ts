/**
 * Time series of another system as blocks (D3.3 A.2.2.4): JSON or XML, a block a PoD and delivery day, by
 * MTU or of a finer step, which is averaged into MTUs. A file is taken as a whole or not at all.
 *
 * JSON: `{"series":[{"podId":"…","deliveryDay":"2026-03-17","stepSeconds":60,"baselineW":[…]}]}`. XML: the same names as
 * attributes of `<series>` elements below one root, with the values in `<baselineW>`, parted by blanks.
 */
import { gunzipSync } from 'node:zlib';
import { POD_ID } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { DeclaredBaseline } from './baseline-declarations';
import {
  BaselineFileError,
  FAULTS_MAX,
  type LineFault,
  mtusOfDay,
  parseBaselines,
} from './parse-baselines';

/** What a file of time series may be written in. */
export const SERIES_FORMATS = ['csv', 'json', 'xml'] as const;
export type SeriesFormat = (typeof SERIES_FORMATS)[number];

/** What a file may come to, compressed or not: a day of 200 PoDs by the second. */
export const SERIES_BYTES_MAX = 100_000_000;

/**
 * What makes a file's parts, and in how many characters a right file has one of them at most: a line of CSV names PoD, day,
 * MTU and watts; a block has 92 values at least. A file of nothing but empty parts would fill the memory, and comes
 * to little when it is compressed.
 */
const PARTS: Readonly<Record<SeriesFormat, { readonly marks: string; readonly every: number }>> = {
  csv: { marks: '\r\n', every: 12 },
  json: { marks: '{[:', every: 20 },
  xml: { marks: '<=', every: 20 },
};
/** So many are looked at in any file, so that a short one is told what is wrong with it. */
const PARTS_LEAST = 1_000;
/** Values of a day by the second, and the characters of one. */
const LIST_CHARACTERS_MAX = 90_000 * 24;

const MTU_SECONDS = 900;
const MEMBERS: readonly string[] = [
  'podId',
  'deliveryDay',
  'stepSeconds',
  'baselineW',
  'baselineVar',
];

/** Parses a file. @throws BaselineFileError naming the lines or blocks at fault, a thousand of them at most */
export function parseSeries(
  text: string,
  format: SeriesFormat,
  timeZone: string,
): DeclaredBaseline[] {
  requireFewParts(text, format);
  if (format === 'csv') return parseBaselines(text, timeZone);
  const blocks = format === 'json' ? jsonBlocks(text) : xmlBlocks(text);
  if (blocks.length === 0) throw whole('names no series');
  const faults: LineFault[] = [];
  const seen = new Set<string>();
  const baselines = blocks.flatMap((block, index) => {
    if (faults.length >= FAULTS_MAX) return [];
    const reasons: string[] = [];
    const baseline = baselineOf(block, timeZone, reasons);
    const key = `${String(block['podId'])}/${String(block['deliveryDay'])}`;
    if (reasons.length === 0 && seen.has(key)) reasons.push('says the same PoD and day again');
    seen.add(key);
    faults.push(...reasons.map((reason) => ({ line: index + 1, reason })));
    return baseline ?? [];
  });
  if (faults.length > 0) throw new BaselineFileError(faults, 'series');
  return baselines;
}

/** A file as it came: a text, or bytes packed with gzip or not. */
export type SeriesBytes = string | Uint8Array;

/** Whether it is packed with gzip. */
export const isPacked = (file: SeriesBytes): boolean =>
  typeof file !== 'string' && file[0] === 0x1f && file[1] === 0x8b;

/**
 * The text of a file, unpacked.
 *
 * @throws BaselineFileError where it cannot be unpacked, or comes to more than is taken
 */
export function textOf(file: SeriesBytes): string {
  if (typeof file === 'string') return file;
  if (!isPacked(file)) return Buffer.from(file).toString('utf8');
  try {
    return gunzipSync(file, { maxOutputLength: SERIES_BYTES_MAX }).toString('utf8');
  } catch (error) {
    throw whole(`is no gzip of at most ${SERIES_BYTES_MAX} bytes: ${messageOf(error)}`);
  }
}

/** The format that a name or address ends with; undefined where it does not say. */
export function seriesFormatOf(name: string): SeriesFormat | undefined {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  return SERIES_FORMATS.find((format) => format === ending);
}

/** What a text is written in, by its first sign, where nobody says it. */
export function writtenIn(text: string): SeriesFormat {
  const [first] = text.slice(0, 1_000).trimStart();
  if (first === '<') return 'xml';
  return first === '{' || first === '[' ? 'json' : 'csv';
}

/** @throws BaselineFileError */
function requireFewParts(text: string, format: SeriesFormat): void {
  const { marks, every } = PARTS[format];
  const codes = [...marks].map((mark) => mark.charCodeAt(0));
  let left = PARTS_LEAST + text.length / every;
  for (let at = 0; at < text.length; at += 1) {
    if (codes.includes(text.charCodeAt(at)) && (left -= 1) < 0) {
      throw whole('has far more lines or blocks than values; no time series look like that');
    }
  }
}

type Block = Readonly<Record<string, unknown>>;

function whole(reason: string): BaselineFileError {
  return new BaselineFileError([{ line: 0, reason }], 'series');
}

function jsonBlocks(text: string): Block[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw whole(`is not JSON: ${messageOf(error)}`);
  }
  const list = Array.isArray(parsed) ? parsed : (parsed as { series?: unknown } | null)?.series;
  if (!Array.isArray(list)) throw whole('holds no list "series"');
  return list.map((block: unknown) =>
    typeof block === 'object' && block !== null ? (block as Block) : {},
  );
}

function xmlBlocks(text: string): Block[] {
  const fault = XMLValidator.validate(text);
  if (fault !== true) throw whole(`is not XML: line ${fault.err.line}, ${fault.err.msg}`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    isArray: (name) => name === 'series',
  });
  const document = parser.parse(text) as Record<string, { series?: unknown } | string>;
  // What begins with ? is the declaration.
  const [, root] = Object.entries(document).find(([name]) => !name.startsWith('?')) ?? [];
  const list = (root as { series?: unknown } | undefined)?.series;
  if (!Array.isArray(list)) throw whole('holds no element <series> below its root');
  return list.map((element: unknown) => {
    const block = typeof element === 'object' && element !== null ? (element as Block) : {};
    return Object.fromEntries(
      Object.entries(block).map(([name, value]) => {
        if (name === 'baselineW' || name === 'baselineVar') return [name, numbersIn(value)];
        return [name, name === 'stepSeconds' ? Number(value) : value];
      }),
    );
  });
}

function numbersIn(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (text.length > LIST_CHARACTERS_MAX) return undefined;
  return text.trim().split(/\s+/).map(Number);
}

function baselineOf(
  block: Block,
  timeZone: string,
  reasons: string[],
): DeclaredBaseline | undefined {
  const { podId, deliveryDay, stepSeconds = MTU_SECONDS } = block;
  const unknown = Object.keys(block).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) reasons.push(`has an unknown member "${unknown}"`);
  if (typeof podId !== 'string' || !POD_ID.test(podId)) reasons.push('names no PoD in podId');
  const mtuCount = typeof deliveryDay === 'string' ? mtusOfDay(deliveryDay, timeZone) : undefined;
  if (mtuCount === undefined) reasons.push('has no ISO date in deliveryDay');
  const isStep =
    Number.isInteger(stepSeconds) &&
    (stepSeconds as number) > 0 &&
    MTU_SECONDS % (stepSeconds as number) === 0;
  if (!isStep) reasons.push(`has a stepSeconds that does not divide ${MTU_SECONDS}`);
  if (mtuCount === undefined || !isStep) return undefined;
  const perMtu = MTU_SECONDS / (stepSeconds as number);
  const averaged = (name: 'baselineW' | 'baselineVar'): number[] => {
    const values = block[name];
    const wanted = mtuCount * perMtu;
    if (!Array.isArray(values) || values.length !== wanted) {
      const found = Array.isArray(values) ? `${values.length}` : 'no';
      reasons.push(`has ${found} values in ${name}, and the day has ${wanted} steps`);
      return [];
    }
    const wrong = values.findIndex((value) => !Number.isFinite(value) || Math.abs(value) >= 1e9);
    if (wrong >= 0) {
      reasons.push(`has no number in ${name}[${wrong}]`);
      return [];
    }
    return Array.from({ length: mtuCount }, (_, mtu) => {
      const during = (values as number[]).slice(mtu * perMtu, (mtu + 1) * perMtu);
      return Math.round(during.reduce((sum, value) => sum + value, 0) / perMtu) + 0;
    });
  };
  const baselineW = averaged('baselineW');
  const baselineVar = 'baselineVar' in block ? averaged('baselineVar') : undefined;
  if (reasons.length > 0) return undefined;
  return {
    podId: podId as string,
    deliveryDay: deliveryDay as string,
    baselineW,
    ...(baselineVar && { baselineVar }),
  };
}
