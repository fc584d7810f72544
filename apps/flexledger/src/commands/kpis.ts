import { type KpiRow, KPIS, addDays } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { kpiRows, openViews } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { Command } from 'commander';
import { logFile } from '../platform/open-platform';
import { print, printJson, table } from './output';
import { isoDate } from './usage-error';

interface KpisFlags {
  readonly data: string;
  readonly day?: string;
  readonly pods: boolean;
  readonly json: boolean;
}

/** `flexledger kpis`: the indicators of the demonstration, beside a running platform or without one. */
export function kpisCommand(): Command {
  return new Command('kpis')
    .description('the seven indicators of D3.3, by session and delivery day and in total')
    .option('--data <dir>', 'folder of the log', 'data')
    .option('--day <date>', 'one delivery day; all without it', isoDate('day'))
    .option('--pods', 'show each PoD too', false)
    .option('--json', 'print one JSON object, PoDs included', false)
    .action(async (flags: KpisFlags) => {
      const rows = await kpisFrom(flags.data, flags.day);
      if (flags.json) printJson({ definitions: KPIS, rows });
      else print(textOf(rows.filter(({ scope }) => flags.pods || scope !== 'pod')));
    });
}

/** The indicators of a data folder. @throws LogDamaged */
export async function kpisFrom(dataDir: string, day?: string): Promise<KpiRow[]> {
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    // Its own read models: those of the folder belong to a platform that may be running.
    const views = openViews({ path: ':memory:', store });
    try {
      await views.runner.catchUp();
      const days = day === undefined ? {} : { from: day, below: addDays(day, 1) };
      const rows: KpiRow[] = [];
      for await (const row of kpiRows(views.documents, days)) rows.push(row);
      return rows;
    } finally {
      await views.close();
    }
  } finally {
    await store.close();
  }
}

/** One line a session, day, PoD and for the total; one column an indicator and service. */
function textOf(rows: readonly KpiRow[]): string {
  const columnOf = ({ kpi, product, direction }: KpiRow): string => {
    const service = [product, direction].filter((part) => part !== null).join(' ');
    return service === '' ? kpi : `${kpi} ${service}`;
  };
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
  return table(cells, ['percent', ...columns.map((column) => column.replaceAll(' ', '\n'))]);
}

function percent(basisPoints: number | null): string {
  return basisPoints === null ? '' : (basisPoints / 100).toFixed(2);
}
