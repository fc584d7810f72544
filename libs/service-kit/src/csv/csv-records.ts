/** CSV of other systems (RFC 4180), read by `csv-parse`; every record knows its line. */
import { CsvError, parse } from 'csv-parse/sync';

/** One record of a file. */
export interface CsvRecord {
  /** Its line, 1 being the first; the last one where a field breaks the line. */
  readonly line: number;
  /** Without the spaces around them and without their quotes. */
  readonly fields: readonly string[];
}

/** The text is no CSV from a line on: a quote that stands where none may, or is not closed. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';
  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`Line ${line} ${reason}.`);
  }
}

/**
 * The records of a text, the header among them; a byte order mark and empty lines are left out. Fields
 * are parted by semicolons where the first line has one, else by commas.
 *
 * @throws CsvFault
 */
export function csvRecords(text: string): CsvRecord[] {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  try {
    const records = parse(text, {
      bom: true,
      delimiter: header.includes(';') ? ';' : ',',
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as readonly { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvFault(
      Number(error['lines']),
      'has a quote where none may stand, or leaves one open',
    );
  }
}
