/**
 * Costs and plant limits from a file of another system (D3.3 A.2.2): CSV, JSON or XML, with the same
 * names for the same members. What a file does not name of a unit is 0, and a unit without any limit
 * follows everything. A file is taken as a whole or not at all.
 */
import { type UnitCosts, VARIABLE_COSTS } from '@flexledger/domain';
import { CsvFault, csvRecords } from '@flexledger/service-kit';
import { messageOf } from '@flexledger/runtime';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { COST_UNITS_MAX } from './plant-costs';

export const COST_FORMATS = ['csv', 'json', 'xml'] as const;
export type CostFormat = (typeof COST_FORMATS)[number];

/** Something wrong with a file. */
export interface CostFault {
  /** `line 3`, in JSON `unit 2`; `the file` for all of it. */
  readonly at: string;
  readonly reason: string;
}

/** Faults named in a message; all of them are in `faults`. */
const SHOWN = 5;

/** The file cannot be imported; nothing of it has been declared. */
export class CostFileError extends Error {
  override readonly name = 'CostFileError';
  constructor(readonly faults: readonly CostFault[]) {
    const shown = faults.slice(0, SHOWN).map(({ at, reason }) => `${at}: ${reason}`);
    const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : '';
    super(`The costs cannot be imported: ${shown.join('; ')}${more}. Nothing has been declared.`);
  }
}

/** One unit of a file, and where it stands there. */
export interface CostRow {
  readonly at: string;
  readonly unit: UnitCosts;
}

const NUMBERS = [...VARIABLE_COSTS, 'fixedMicroEurPerMtu', 'feedInW'] as const;
const LIMITS = ['responseMinutes', 'startUpMinutes', 'rampWPerMinute', 'energyWh'] as const;
/** Says by being there that reactive power is offered: 0 is not the same as absent. */
const REACTIVE = 'reactiveMicroEurPerKvarh';
const MEMBERS: readonly string[] = ['podId', ...NUMBERS, ...LIMITS, REACTIVE];

/**
 * Parses a file; what the values may be says who declares them.
 *
 * @throws CostFileError naming every unit at fault
 */
export function parseCosts(text: string, format: CostFormat): CostRow[] {
  const rows = { csv: csvRows, json: jsonRows, xml: xmlRows }[format](text);
  if (rows.length === 0) throw unreadable('it names no unit');
  if (rows.length > COST_UNITS_MAX) {
    throw unreadable(`it names ${rows.length} units; give at most ${COST_UNITS_MAX} at once`);
  }
  const faults: CostFault[] = [];
  const units = rows.map(({ at, faults: ofForm, members }): CostRow => {
    const reasons = [...ofForm];
    const unit = unitFrom(members, reasons);
    // Where the form is wrong, what it seems to say is not worth a word more.
    faults.push(...(ofForm.length > 0 ? ofForm : reasons).map((reason) => ({ at, reason })));
    return { at, unit };
  });
  if (faults.length > 0) throw new CostFileError(faults);
  return units;
}

/** The format that a name or address ends with. @throws CostFileError */
export function costFormatOf(name: string): CostFormat {
  const ending = /\.(\w+)(?:[?#].*)?$/.exec(name)?.[1]?.toLowerCase();
  const format = COST_FORMATS.find((one) => one === ending);
  if (format) return format;
  throw unreadable(`${name} does not end with .csv, .json or .xml; say which it is`);
}

function unreadable(reason: string, at = 'the file'): CostFileError {
  return new CostFileError([{ at, reason }]);
}

/** A unit as a file says it, by member; where in the file it stands, and what is wrong with its form. */
interface Row {
  readonly at: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
}

function csvRows(text: string): Row[] {
  try {
    const [header, ...lines] = csvRecords(text);
    const names = header?.fields ?? [];
    const twice = names.find((name, index) => names.indexOf(name) < index);
    const unknown = names.find((name) => !MEMBERS.includes(name));
    if (unknown !== undefined) throw unreadable(noMember(unknown), 'line 1');
    if (twice !== undefined) throw unreadable(`the column "${twice}" comes twice`, 'line 1');
    return lines.map(({ line, fields }) => ({
      at: `line ${line}`,
      members: Object.fromEntries(names.map((name, index) => [name, fields[index]])),
      faults:
        fields.length === names.length
          ? []
          : [`has ${fields.length} fields where line 1 names ${names.length}`],
    }));
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw unreadable(error.reason, `line ${error.line}`);
  }
}

function jsonRows(text: string): Row[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw unreadable(`it is not JSON: ${messageOf(error)}`);
  }
  const isList = Array.isArray(parsed) || typeof parsed !== 'object' || parsed === null;
  const { units, ...others } = isList ? { units: parsed } : (parsed as Record<string, unknown>);
  requireNothingElse(Object.keys(others));
  if (!Array.isArray(units)) throw unreadable('it holds no list of units');
  return units.map((unit: unknown, index) => rowFrom(unit, `unit ${index + 1}`));
}

/** `<units><unit podId="...">` with members as attributes or elements. */
function xmlRows(text: string): Row[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { line, msg } = valid.err;
    throw unreadable(`it is not XML: ${msg}`, `line ${line}`);
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
    captureMetaData: true,
  });
  const { units, ...besides } = elementsOf(text, parser);
  if (units === undefined) throw unreadable('it has no root element units');
  const { unit = [], ...others } = (units === '' ? {} : units) as Record<string, unknown>;
  requireNothingElse([...Object.keys(besides), ...Object.keys(others)]);
  const lines = text.split('\n').map(({ length }) => length + 1);
  return (unit as readonly unknown[]).map((one, index) =>
    rowFrom(one, lineOf(one, lines) ?? `unit ${index + 1}`),
  );
}

/** @throws CostFileError for what the parser refuses of well-formed XML, as entities of other files */
function elementsOf(text: string, parser: XMLParser): Record<string, unknown> {
  try {
    return parser.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw unreadable(`it is XML that is not read here: ${messageOf(error)}`);
  }
}

/** The line on which an element begins; undefined for one without attributes and content. */
function lineOf(element: unknown, lengths: readonly number[]): string | undefined {
  if (typeof element !== 'object' || element === null) return undefined;
  const meta = (element as Record<symbol, { readonly startIndex?: number }>)[
    XMLParser.getMetaDataSymbol() as unknown as symbol
  ];
  let left = meta?.startIndex;
  if (left === undefined) return undefined;
  let line = 0;
  while (left >= lengths[line]!) left -= lengths[line++]!;
  return `line ${line + 1}`;
}

function requireNothingElse(names: readonly string[]): void {
  if (names.length === 0) return;
  const [first] = names;
  throw unreadable(`it holds ${first === '#text' ? 'a text' : `"${first}"`} beside the units`);
}

/** A unit of JSON or XML. JSON may keep the limits in an object of their own, as REST has them. */
function rowFrom(unit: unknown, at: string): Row {
  if (!isObject(unit)) return { at, members: {}, faults: ['is no object'] };
  const { limits, ...members } = unit;
  if (limits === undefined || limits === null) return { at, members, faults: [] };
  if (!isObject(limits)) return { at, members, faults: ['limits is no object'] };
  const foreign = Object.keys(limits).filter(
    (name) => !(LIMITS as readonly string[]).includes(name),
  );
  const twice = Object.keys(limits).filter((name) => name in members);
  return {
    at,
    members: { ...members, ...limits },
    faults: [
      ...foreign.filter((name) => MEMBERS.includes(name)).map((name) => `"${name}" is no limit`),
      ...twice.map((name) => `${name} comes twice`),
    ],
  };
}

function noMember(name: string): string {
  return `"${name}" is none of ${MEMBERS.join(', ')}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param faults gains what is wrong; then what is returned is of no use */
function unitFrom(members: Row['members'], faults: string[]): UnitCosts {
  for (const name of Object.keys(members)) {
    if (!MEMBERS.includes(name)) faults.push(noMember(name));
  }
  const { podId } = members;
  if (typeof podId !== 'string' || podId === '') faults.push('names no podId');
  const numberOf = (name: string): number | null => {
    const value = members[name];
    if (value === undefined || value === null || value === '') return null;
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number)) return number as number;
    faults.push(`${name} is no whole number: ${JSON.stringify(value)}`);
    return null;
  };
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, numberOf(name) ?? 0]));
  const [responseMinutes, startUpMinutes, rampWPerMinute, energyWh] = LIMITS.map(numberOf);
  const isLimited = [responseMinutes, startUpMinutes, rampWPerMinute, energyWh].some(
    (limit) => limit !== null,
  );
  const limits = {
    responseMinutes: responseMinutes ?? 0,
    startUpMinutes: startUpMinutes ?? 0,
    rampWPerMinute,
    energyWh,
  };
  const reactive = numberOf(REACTIVE);
  return {
    podId,
    ...numbers,
    limits: isLimited ? limits : null,
    ...(reactive === null ? {} : { [REACTIVE]: reactive }),
  } as UnitCosts;
}
