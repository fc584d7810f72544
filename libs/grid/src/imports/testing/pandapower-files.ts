import { gridJson } from './grids';

/** Rows of a table, by column. */
export type Rows = Record<string, unknown>[];

/** A network, or that of a name, with one table changed. */
export function edited(of: unknown, table: string, edit: (rows: Rows) => unknown): unknown {
  const network = typeof of === 'string' ? gridJson(of) : structuredClone(of);
  const json = network as { _object: Record<string, { _class: string; _object: string }> };
  const stored = json._object[table]?._object ?? '{"columns":[],"index":[],"data":[]}';
  const { columns, index, data } = JSON.parse(stored) as {
    columns: string[];
    index: number[];
    data: unknown[][];
  };
  const rows = data.map((row) => Object.fromEntries(columns.map((column, k) => [column, row[k]])));
  edit(rows);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const frame = {
    columns: names,
    index: rows.map((_, at) => index[at] ?? at),
    data: rows.map((row) => names.map((column) => row[column] ?? null)),
  };
  json._object[table] = { _class: 'DataFrame', _object: JSON.stringify(frame) };
  return json;
}

/** A network of tables, as `to_json` writes it. */
export function networkOf(version: string, tables: Readonly<Record<string, Rows>>): unknown {
  const frames = Object.entries(tables).map(([name, rows]) => {
    const columns = Object.keys(rows[0]!);
    const data = rows.map((row) => columns.map((column) => row[column] ?? null));
    const frame = { columns, index: rows.map((_, at) => at), data };
    return [name, { _class: 'DataFrame', _object: JSON.stringify(frame) }] as const;
  });
  return { _class: 'pandapowerNet', _object: { version, f_hz: 50, ...Object.fromEntries(frames) } };
}
