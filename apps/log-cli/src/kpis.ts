import { writeFileSync } from 'node:fs';
import { type KpiRow, KPIS, addDays } from '@flexledger/domain';
import { openSqliteEventStore, logFile, requireLog } from '@flexledger/event-store';
import { kpiReport } from '@flexledger/market-platform';
import {
  type DocumentStore,
  allOf,
  findKpiExclusions,
  kpiViews,
  marketKpis,
  openViews,
  podKpis,
} from '@flexledger/projections';
import { messageOf, wallClock } from '@flexledger/runtime';
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Flags of `flexledger kpis`. */
export interface KpisFlags {
  readonly data: string;
  readonly day?: string;
  readonly year?: number;
  /** File to write the report of the year to. */
  readonly report?: string;
  readonly pods: boolean;
  readonly json: boolean;
}

/** Prints the indicators. */
export async function kpis(flags: KpisFlags): Promise<void> {
  if (flags.report !== undefined || flags.year !== undefined) return writeReport(flags);
  const rows = await kpisFrom(flags.data, flags.pods || flags.json, flags.day);
  if (flags.json) return printJson({ definitions: KPIS, rows });
  print(textOf(rows));
  const notes = rows.flatMap((row) => (row.note === null ? [] : [`${columnOf(row)}: ${row.note}`]));
  if (notes.length > 0) print(['Without a value:', ...new Set(notes)].join('\n  '));
}

/**
 * The indicators of a data folder.
 *
 * @param pods of each PoD too
 * @throws LogDamaged, UsageError when there is no log
 */
export function kpisFrom(data: string, pods: boolean, day?: string): Promise<KpiRow[]> {
  return withKpiViews(data, async (documents) => {
    const days = day === undefined ? {} : { from: day, below: addDays(day, 1) };
    const rows: KpiRow[] = [];
    for await (const row of marketKpis(documents, days)) rows.push(row);
    if (!pods) return rows;
    for await (const row of podKpis(documents, {}, days)) rows.push(row);
    return rows;
  });
}

/** @throws UsageError where --year, --report and the others do not go together; where the year has no delivery day */
async function writeReport({ data, year, report, day }: KpisFlags): Promise<void> {
  if (year === undefined || report === undefined || day !== undefined) {
    throw new UsageError('A report is of a year: give --year and --report FILE, and no --day.');
  }
  const page = await withKpiViews(data, async (documents) => {
    const rows: KpiRow[] = [];
    const days = { from: `${year}-01-01`, below: `${year + 1}-01-01` };
    for await (const row of marketKpis(documents, days)) {
      if (row.scope !== 'session') rows.push(row);
    }
    if (!rows.some(({ scope }) => scope === 'day')) {
      throw new UsageError(`${data} holds no delivery day of ${year}; nothing was written.`);
    }
    const excluded = await allOf((asked) => findKpiExclusions(documents, asked));
    return kpiReport({ year, rows, excluded });
  });
  try {
    writeFileSync(report, page);
  } catch (error) {
    throw new UsageError(`${report} cannot be written: ${messageOf(error)}.`);
  }
  tell(`The report of ${year} is in ${report}; any browser prints it, also to PDF.`);
}

async function withKpiViews<Result>(
  data: string,
  use: (documents: DocumentStore) => Promise<Result>,
): Promise<Result> {
  requireLog(data);
  const store = openSqliteEventStore({ path: logFile(data), clock: wallClock, readOnly: true });
  try {
    // Its own read models: those of the folder belong to a platform that may be running.
    const views = openViews({ path: ':memory:', store, views: kpiViews });
    try {
      await views.runner.catchUp();
      return await use(views.documents);
    } finally {
      await views.close();
    }
  } finally {
    await store.close();
  }
}

/** `KPI_IT_01 P up`, `KPI_IT_02 dayAhead` */
function columnOf({ kpi, product, direction, horizon, activity, category }: KpiRow): string {
  const by = activity === 'app' ? activity : null;
  return [kpi, product, direction, horizon, by, category].filter((part) => part !== null).join(' ');
}

/** A table an indicator: one line a session, day, PoD and for the total; one column a service. */
function textOf(rows: readonly KpiRow[]): string {
  const kpis = [...new Set(rows.map(({ kpi }) => kpi))].sort();
  return kpis.map((kpi) => tableOf(rows.filter((row) => row.kpi === kpi))).join('\n');
}

function tableOf(rows: readonly KpiRow[]): string {
  const columns = [...new Set(rows.map(columnOf))].sort();
  const lines = new Map<string, Map<string, KpiRow>>();
  for (const row of rows) {
    const line = row.id === '' ? row.scope : row.id;
    if (!lines.has(line)) lines.set(line, new Map());
    lines.get(line)!.set(columnOf(row), row);
  }
  const cells = [...lines].map(([line, values]) => [
    line,
    ...columns.map((column) => percent(values.get(column)?.valueBasisPoints ?? null)),
  ]);
  return table(cells, ['percent', ...columns]);
}

function percent(basisPoints: number | null): string {
  return basisPoints === null ? '' : (basisPoints / 100).toFixed(2);
}
