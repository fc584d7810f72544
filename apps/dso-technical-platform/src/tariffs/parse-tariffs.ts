/**
 * Network tariffs from a file of the tool that works them out: CSV with the columns `tariffId`, `zone` (empty for the
 * whole grid), `from`, `until` and `priceMicroEurPerKwh`. A file is taken as a whole or not at all.
 */
import { DomainError, type NetworkTariff, type Violation } from '@flexledger/domain';
import { instantMs, isoFromMs } from '@flexledger/runtime';
import { CsvFault, type CsvRecord, csvRecords } from '@flexledger/service-kit';

/** First line of a file. */
export const TARIFF_COLUMNS = ['tariffId', 'zone', 'from', 'until', 'priceMicroEurPerKwh'] as const;
/** Rows of a file: they stand in one event. A month of quarter-hours has 2,976. */
export const TARIFFS_MAX = 3_000;
const NAME = /^\S.{0,99}$/;
/** A thousand euro a kilowatt-hour. */
const PRICE_MAX = 1_000_000_000;

/**
 * @param zones ids of the grid's buses, lines and transformers
 * @throws DomainError `tariffs-malformed` naming every line at fault
 */
export function parseTariffs(text: string, zones: ReadonlySet<string>): NetworkTariff[] {
  const [header, ...rows] = recordsOf(text);
  if (header?.fields.join() !== TARIFF_COLUMNS.join()) {
    throw malformed([{ field: 'line 1', reason: `must be ${TARIFF_COLUMNS.join(',')}` }]);
  }
  if (rows.length === 0) throw malformed([{ field: 'the file', reason: 'names no tariff' }]);
  if (rows.length > TARIFFS_MAX) {
    const reason = `names ${rows.length} tariffs; give at most ${TARIFFS_MAX}, longer periods or fewer zones`;
    throw malformed([{ field: 'the file', reason }]);
  }
  const faults: Violation[] = [];
  const tariffs = rows.map(({ line, fields }) => {
    const reasons: string[] = [];
    const tariff = tariffOf(fields, zones, reasons);
    faults.push(...reasons.map((reason) => ({ field: `line ${line}`, reason })));
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

function recordsOf(text: string): CsvRecord[] {
  try {
    return csvRecords(text);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw malformed([{ field: `line ${error.line}`, reason: error.reason }]);
  }
}

function malformed(faults: readonly Violation[]): DomainError {
  const [first] = faults as readonly [Violation];
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  const message = `The tariffs cannot be taken: ${first.field} ${first.reason}${more}. Nothing was published.`;
  return new DomainError('tariffs-malformed', message, faults);
}
