/**
 * Costs and plant limits from a file of another system (D3.3 A.2.2): CSV, JSON or XML, with the same
 * names for the same members. What a file does not name of a unit is 0, and a unit without any limit
 * follows everything. A file is taken as a whole or not at all.
 */
import { type UnitCosts, VARIABLE_COSTS } from '@flexledger/domain';
import { CsvFault, csvRecords } from '@flexledger/service-kit';
import { messageOf } from '@flexledger/runtime';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export const COST_FORMATS = ['csv', 'json', 'xml'] as const;
export type CostFormat = (typeof COST_FORMATS)[number];

/** The file cannot be imported; nothing of it has been declared. */
export class CostFileError extends Error {
  override readonly name = 'CostFileError';
}

const NUMBERS = [...VARIABLE_COSTS, 'fixedMicroEurPerMtu', 'feedInW'] as const;
const LIMITS = ['responseMinutes', 'startUpMinutes', 'rampWPerMinute', 'energyWh'] as const;
const MEMBERS: readonly string[] = ['podId', ...NUMBERS, ...LIMITS];

/** Parses a file; what the values may be says who declares them. @throws CostFileError */
export function parseCosts(text: string, format: CostFormat): UnitCosts[] {
  const rows = { csv: csvRows, json: jsonRows, xml: xmlRows }[format](text);
  if (rows.length === 0) throw new CostFileError('The file names no unit.');
  return rows.map(unitFrom);
}

/** The format that a name or address ends with. @throws CostFileError */
export function costFormatOf(name: string): CostFormat {
  const ending = /\.(\w+)(?:[?#].*)?$/.exec(name)?.[1]?.toLowerCase();
  const format = COST_FORMATS.find((one) => one === ending);
  if (format) return format;
  throw new CostFileError(`${name} does not end with .csv, .json or .xml; say which it is.`);
}

/** A unit as a file says it, by member; where in the file it stands. */
interface Row {
  readonly at: string;
  readonly members: Readonly<Record<string, unknown>>;
}

function csvRows(text: string): Row[] {
  try {
    const [header, ...lines] = csvRecords(text);
    const names = header?.fields ?? [];
    return lines.map(({ line, fields }) => ({
      at: `line ${line}`,
      members: Object.fromEntries(
        names.flatMap((name, index) => (fields[index] ? [[name, fields[index]]] : [])),
      ),
    }));
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw new CostFileError(error.message);
  }
}

function jsonRows(text: string): Row[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new CostFileError(`The file is not JSON: ${messageOf(error)}.`);
  }
  return rowsOf((parsed as { units?: unknown } | null)?.units ?? parsed);
}

/** `<units><unit podId="...">` with members as attributes or elements. */
function xmlRows(text: string): Row[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { line, msg } = valid.err;
    throw new CostFileError(`The file is not XML: line ${line}, ${msg}`);
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    ignoreDeclaration: true,
    parseTagValue: false,
    parseAttributeValue: false,
    // No entity but the five of XML: a small file cannot grow in here.
    processEntities: false,
    isArray: (name) => name === 'unit',
  });
  const { units } = parser.parse(text) as { readonly units?: { readonly unit?: unknown } };
  if (units === undefined) throw new CostFileError('The file has no root element units.');
  return rowsOf(units.unit ?? []);
}

function rowsOf(units: unknown): Row[] {
  if (!Array.isArray(units)) throw new CostFileError('The file holds no list of units.');
  return units.map((unit: unknown, index): Row => {
    const at = `unit ${index + 1}`;
    if (typeof unit !== 'object' || unit === null) throw new CostFileError(`${at} is no object.`);
    const { limits, ...members } = unit as Record<string, unknown>;
    // JSON may keep the limits in an object of their own, as REST has them.
    return { at, members: { ...members, ...(typeof limits === 'object' ? limits : {}) } };
  });
}

function unitFrom({ at, members }: Row): UnitCosts {
  const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) {
    throw new CostFileError(`${at}: "${unknown}" is none of ${MEMBERS.join(', ')}.`);
  }
  const { podId } = members;
  if (typeof podId !== 'string') throw new CostFileError(`${at} names no podId.`);
  const numberOf = (name: string): number | null => {
    const value = members[name];
    if (value === undefined || value === null || value === '') return null;
    const number = typeof value === 'string' ? Number(value) : value;
    if (Number.isSafeInteger(number)) return number as number;
    throw new CostFileError(`${at}: ${name} of ${podId} is no whole number: "${String(value)}".`);
  };
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, numberOf(name) ?? 0]));
  const isLimited = LIMITS.some((name) => numberOf(name) !== null);
  const limits = {
    responseMinutes: numberOf('responseMinutes') ?? 0,
    startUpMinutes: numberOf('startUpMinutes') ?? 0,
    rampWPerMinute: numberOf('rampWPerMinute'),
    energyWh: numberOf('energyWh'),
  };
  return { podId, ...numbers, limits: isLimited ? limits : null } as UnitCosts;
}
