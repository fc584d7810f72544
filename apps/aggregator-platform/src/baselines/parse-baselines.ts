/**
 * Baselines from a file of another system: CSV with the columns podId, deliveryDay (ISO date), mtu
 * (0 at local midnight), baselineW (whole watts, withdrawal positive) and, where reactive power is declared
 * too, baselineVar (whole var, inductive positive), one line an MTU, parted by commas or semicolons. A file
 * is taken as a whole or not at all.
 */
import { POD_ID, deliveryDay as civilDayPeriod } from '@flexledger/domain';
import { CsvFault, type CsvRecord, csvRecords } from '@flexledger/service-kit';
import type { DeclaredBaseline } from './baseline-declarations';

/** Something wrong with a file: the line, 1 being the header; 0 for the file as a whole. */
export interface LineFault {
  readonly line: number;
  readonly reason: string;
}

/** Faults named in a message; the others are in `faults`. */
const SHOWN = 5;
/** A file is looked through until it has so many. */
export const FAULTS_MAX = 1_000;

/** The file cannot be imported; nothing of it has been declared. */
export class BaselineFileError extends Error {
  override readonly name = 'BaselineFileError';
  /** @param place what `line` of a fault counts; 0 is always the file as a whole */
  constructor(
    readonly faults: readonly LineFault[],
    readonly place: 'line' | 'series' = 'line',
  ) {
    const shown = faults
      .slice(0, SHOWN)
      .map(({ line, reason }) => `${line === 0 ? 'the file' : `${place} ${line}`} ${reason}`);
    const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : '';
    super(`The baselines cannot be imported: ${shown.join('; ')}${more}.`);
  }
}

const COLUMNS = ['podId', 'deliveryDay', 'mtu', 'baselineW'] as const;
/** Stands in every line of a file, or in none. */
const REACTIVE = 'baselineVar';

/** Parses a file. @throws BaselineFileError naming the lines at fault, a thousand of them at most */
export function parseBaselines(text: string, timeZone: string): DeclaredBaseline[] {
  const [header, ...lines] = recordsOf(text);
  const names = header?.fields ?? [];
  const columns = columnsOf(names);
  const reactiveColumn = names.indexOf(REACTIVE);
  const faults: LineFault[] = [];
  const days = new Map<string, DayInFile>();
  for (const { line, fields } of lines) {
    if (faults.length >= FAULTS_MAX) break;
    const wanted = columns.map((column) => fields[column] ?? '');
    const varText = reactiveColumn < 0 ? undefined : (fields[reactiveColumn] ?? '');
    const fault = takeLine(days, wanted, varText, timeZone);
    if (fault !== undefined) faults.push({ line, reason: fault });
  }
  const lastLine = text.split('\n').length;
  for (const { podId, deliveryDay, baselineW } of days.values()) {
    const missing = baselineW.findIndex((watts) => watts === undefined);
    if (missing < 0 || faults.length >= FAULTS_MAX) continue;
    const reason = `of the file is missing: PoD ${podId} on ${deliveryDay}, MTU ${missing}`;
    faults.push({ line: lastLine, reason });
  }
  if (days.size === 0 && faults.length === 0)
    faults.push({ line: 1, reason: 'is followed by nothing' });
  if (faults.length > 0) throw new BaselineFileError(faults);
  return [...days.values()].map(({ podId, deliveryDay, baselineW, baselineVar }) => ({
    podId,
    deliveryDay,
    baselineW: baselineW as number[],
    ...(reactiveColumn < 0 ? {} : { baselineVar }),
  }));
}

interface DayInFile {
  readonly podId: string;
  readonly deliveryDay: string;
  readonly baselineW: (number | undefined)[];
  /** As far as the lines were taken. */
  readonly baselineVar: number[];
}

/** Where each wanted column stands. @throws BaselineFileError */
function columnsOf(names: readonly string[]): number[] {
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new BaselineFileError([{ line: 1, reason: `has no column ${missing.join(', ')}` }]);
  }
  return COLUMNS.map((column) => names.indexOf(column));
}

function recordsOf(text: string): CsvRecord[] {
  try {
    return csvRecords(text);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw new BaselineFileError([{ line: error.line, reason: error.reason }]);
  }
}

/** Enters one line. @returns what is wrong with it */
function takeLine(
  days: Map<string, DayInFile>,
  fields: readonly string[],
  varText: string | undefined,
  timeZone: string,
): string | undefined {
  const [podId, deliveryDay, mtuText, wattsText] = fields as [string, string, string, string];
  if (!POD_ID.test(podId)) return `names no PoD: "${podId}"`;
  const key = `${podId}/${deliveryDay}`;
  const known = days.get(key);
  const mtuCount = known?.baselineW.length ?? mtusOfDay(deliveryDay, timeZone);
  if (mtuCount === undefined) return `has no ISO date: "${deliveryDay}"`;
  const mtu = /^\d{1,3}$/.test(mtuText) ? Number(mtuText) : mtuCount;
  if (mtu >= mtuCount) return `has no MTU from 0 to ${mtuCount - 1}: "${mtuText}"`;
  if (!/^-?\d{1,9}$/.test(wattsText)) return `has no whole watts: "${wattsText}"`;
  if (varText !== undefined && !/^-?\d{1,9}$/.test(varText))
    return `has no whole var: "${varText}"`;
  const noWatts = new Array<undefined>(known ? 0 : mtuCount).fill(undefined);
  const day = known ?? { podId, deliveryDay, baselineW: noWatts, baselineVar: [] };
  days.set(key, day);
  if (day.baselineW[mtu] !== undefined) return `says MTU ${mtu} of PoD ${podId} again`;
  day.baselineW[mtu] = Number(wattsText);
  if (varText !== undefined) day.baselineVar[mtu] = Number(varText);
  return undefined;
}

/** MTUs of a civil day; undefined where the text is none. */
export function mtusOfDay(day: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  try {
    return civilDayPeriod(day, timeZone).mtuCount;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
