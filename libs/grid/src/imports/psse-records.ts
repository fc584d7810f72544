/**
 * The records of a PSS/E RAW file of version 33: sections of lines, each ended by a line of a 0 alone, fields by
 * commas or blanks, texts in quotes, a comment behind a slash.
 */
import { GridModelError } from '../model/grid-model-error';

/** One line of data, its fields still as they stand. */
export interface RawRecord {
  /** In the file, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** In the order of a file. */
export const RAW_SECTIONS = [
  'bus',
  'load',
  'fixed shunt',
  'generator',
  'branch',
  'transformer',
  'area',
  'two-terminal dc',
  'vsc dc',
  'impedance correction',
  'multi-terminal dc',
  'multi-section line',
  'zone',
  'inter-area transfer',
  'owner',
  'facts device',
  'switched shunt',
  'gne device',
  'induction machine',
] as const;
export type RawSection = (typeof RAW_SECTIONS)[number];

/** A file as its records. */
export interface RawFile {
  readonly baseMva: number;
  readonly frequencyHz: number;
  readonly title: string;
  readonly records: Readonly<Record<RawSection, readonly RawRecord[]>>;
}

const HEADER_LINES = 3;
/** Of version 33 alone the columns are known. */
const VERSION = 33;
const USUAL_HZ = 60;

/** @throws GridModelError naming the line that cannot be read */
export function rawFileOf(text: string): RawFile {
  const lines = text.split(/\r?\n/).map((line, index) => recordOf(line, index + 1));
  const [first] = lines;
  const header = first ?? { line: 1, fields: [] };
  const version = numberAt(header, 2, 'REV');
  if (version !== VERSION) {
    throw at(header, `is of version ${version}`, `Save the case as version ${VERSION}`);
  }
  const baseMva = numberAt(header, 1, 'SBASE');
  if (!(baseMva > 0)) throw at(header, `SBASE is ${baseMva}`, 'Give the system base in MVA');
  const records = Object.fromEntries(
    RAW_SECTIONS.map((section) => [section, [] as RawRecord[]]),
  ) as Record<RawSection, RawRecord[]>;
  let section = 0;
  for (const record of lines.slice(HEADER_LINES)) {
    const [lead = ''] = record.fields;
    if (lead === 'Q') break;
    if (record.fields.length === 1 && lead === '') continue;
    // An impedance line may begin with 0 too.
    if (lead === '0' && record.fields.length === 1) section += 1;
    else if (section < RAW_SECTIONS.length) records[RAW_SECTIONS[section]!].push(record);
    else throw at(record, 'stands behind the last section', 'End the file with a line Q');
  }
  if (section < RAW_SECTIONS.indexOf('area')) {
    const wanted = RAW_SECTIONS[section]!;
    const last = lines.at(-1)!;
    throw at(last, `the file ends within the ${wanted} data`, 'End each section with a line 0');
  }
  const frequencyHz = numberAt(header, 5, 'BASFRQ', USUAL_HZ);
  const title = text.split(/\r?\n/).slice(1, HEADER_LINES).join(' ').trim();
  return { baseMva, frequencyHz, title, records };
}

function recordOf(text: string, line: number): RawRecord {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (const character of text) {
    if (character === "'") quoted = !quoted;
    else if (quoted) field += character;
    else if (character === '/') break;
    else if (character === ',') {
      fields.push(field.trim());
      field = '';
    } else field += character;
  }
  if (quoted) throw at({ line, fields }, 'a quote is not closed', "Close it with '");
  fields.push(field.trim());
  // Without commas the fields are parted by blanks; texts have none then.
  return { line, fields: fields.length === 1 ? fields[0]!.split(/\s+/) : fields };
}

/** A number of a record. @param otherwise where the field is absent. @throws GridModelError naming the line and the field */
export function numberAt(
  record: RawRecord,
  index: number,
  name: string,
  otherwise?: number,
): number {
  const text = record.fields[index] ?? '';
  if (text === '') {
    if (otherwise !== undefined) return otherwise;
    throw at(record, `${name} is missing`, `Give it as field ${index + 1}`);
  }
  const value = Number(text.replace(/[dD]/, 'e'));
  if (Number.isFinite(value)) return value;
  throw at(record, `${name} is "${text}"`, 'Give a number');
}

/** A text of a record, without blanks at its ends. */
export const textAt = ({ fields }: RawRecord, index: number, otherwise = ''): string =>
  fields[index]?.trim() || otherwise;

/** An error that names the line. */
export function at({ line }: RawRecord, reason: string, remedy: string): GridModelError {
  return new GridModelError(`line ${line}`, reason, remedy);
}
