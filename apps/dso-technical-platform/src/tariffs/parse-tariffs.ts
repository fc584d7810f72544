/**
 * Network tariffs from a file of the tool that works them out: CSV, or the first sheet of a workbook (xlsx), with the columns
 * `tariffId`, `zone` (empty for the whole grid), `from`, `until` and `priceMicroEurPerKwh`. A file is taken as a whole or not
 * at all.
 */
import { DomainError, type NetworkTariff, type Violation } from '@flexledger/domain';
import { instantMs, isoFromMs } from '@flexledger/runtime';
import { CsvFault, csvRecords } from '@flexledger/service-kit';
import { readWorkbook } from './read-workbook';

/** What a file may be written in. */
export const TARIFF_FORMATS = ['csv', 'xlsx'] as const;
export type TariffFormat = (typeof TARIFF_FORMATS)[number];
/** First line of a file. */
export const TARIFF_COLUMNS = ['tariffId', 'zone', 'from', 'until', 'priceMicroEurPerKwh'] as const;
/** Rows of a file: they stand in one event. A month of quarter-hours has 2,976. */
export const TARIFFS_MAX = 3_000;
const NAME = /^\S.{0,99}$/;
/** Rows and columns of a sheet that are looked at, empty ones too. */
const SHEET_ROWS_MAX = 2 * TARIFFS_MAX;
const SHEET_COLUMNS_MAX = 50;
/** A thousand euro a kilowatt-hour. */
const PRICE_MAX = 1_000_000_000;

/** A row of a file, as texts, and where it stands, as `line 2`. */
interface TariffRow {
  readonly place: string;
  readonly fields: readonly string[];
}

/**
 * @param text of a workbook its bytes in base64
 * @param zones ids of the grid's buses, lines and transformers
 * @throws DomainError `tariffs-malformed` naming every line or row at fault
 */
export async function parseTariffs(
  text: string,
  format: TariffFormat,
  zones: ReadonlySet<string>,
): Promise<NetworkTariff[]> {
  const [header, ...rows] = format === 'csv' ? linesOf(text) : await sheetRowsOf(text);
  if (header?.fields.join() !== TARIFF_COLUMNS.join()) {
    const field = header?.place ?? 'line 1';
    throw malformed([{ field, reason: `must be ${TARIFF_COLUMNS.join(',')}` }]);
  }
  if (rows.length === 0) throw malformed([{ field: 'the file', reason: 'names no tariff' }]);
  if (rows.length > TARIFFS_MAX) {
    const reason = `names ${rows.length} tariffs; give at most ${TARIFFS_MAX}, longer periods or fewer zones`;
    throw malformed([{ field: 'the file', reason }]);
  }
  const faults: Violation[] = [];
  const tariffs = rows.map(({ place, fields }) => {
    const reasons: string[] = [];
    const tariff = tariffOf(fields, zones, reasons);
    faults.push(...reasons.map((reason) => ({ field: place, reason })));
    return tariff;
  });
  if (faults.length > 0) throw malformed(faults);
  return tariffs;
}

/** @param reasons gains what is wrong; then what is returned is of no use */
function tariffOf(
  fields: readonly string[],
  zones: ReadonlySet<string>,
  reasons: string[],
): NetworkTariff {
  const [tariffId = '', zone = '', from = '', until = '', price = ''] = fields;
  if (fields.length !== TARIFF_COLUMNS.length) {
    reasons.push(`has ${fields.length} fields where line 1 names ${TARIFF_COLUMNS.length}`);
  }
  if (!NAME.test(tariffId)) reasons.push('tariffId must have 1 to 100 characters');
  if (zone !== '' && !zones.has(zone)) {
    reasons.push(`zone "${zone.slice(0, 100)}" is no bus, line or transformer of the grid`);
  }
  const instantOf = (name: string, said: string): string => {
    const ms = instantMs(said);
    if (ms !== undefined) return isoFromMs(ms);
    reasons.push(`${name} must be an instant like 2026-03-17T10:00:00Z`);
    return '';
  };
  const priceMicroEurPerKwh = /^-?\d+$/.test(price) ? Number(price) : NaN;
  if (!(Math.abs(priceMicroEurPerKwh) <= PRICE_MAX)) {
    reasons.push(`priceMicroEurPerKwh must be a whole number within ${PRICE_MAX}`);
  }
  return {
    tariffId,
    zone: zone === '' ? null : zone,
    from: instantOf('from', from),
    until: instantOf('until', until),
    priceMicroEurPerKwh,
  };
}

function linesOf(text: string): TariffRow[] {
  try {
    return csvRecords(text).map(({ line, fields }) => ({ place: `line ${line}`, fields }));
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw malformed([{ field: `line ${error.line}`, reason: error.reason }]);
  }
}

/** Rows with something in them; what a sheet has beyond the columns that are named counts where it is not empty. */
async function sheetRowsOf(base64: string): Promise<TariffRow[]> {
  const bytes = Buffer.from(base64, 'base64');
  const read = await readWorkbook({
    bytes,
    rowsMax: SHEET_ROWS_MAX,
    columnsMax: SHEET_COLUMNS_MAX,
  });
  if ('wrong' in read) throw malformed([{ field: 'the file', reason: read.wrong }]);
  return read.rows
    .map((cells, index) => {
      const beyond = cells.slice(TARIFF_COLUMNS.length).some((cell) => cell !== '');
      const fields = beyond ? cells : TARIFF_COLUMNS.map((_, column) => cells[column] ?? '');
      return { place: `row ${index + 1}`, fields };
    })
    .filter(({ fields }) => fields.some((field) => field !== ''));
}

function malformed(faults: readonly Violation[]): DomainError {
  const [first] = faults as readonly [Violation];
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  const message = `The tariffs cannot be taken: ${first.field} ${first.reason}${more}. Nothing was published.`;
  return new DomainError('tariffs-malformed', message, faults);
}
