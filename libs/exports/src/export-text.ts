/** Rows of a dataset as text, chunk by chunk, whatever their number. */
import { stringify } from 'csv-stringify/sync';
import type { Dataset, Row } from './dataset';

/** How a dataset may be written as text. */
export type TextFormat = 'csv' | 'json';

/** Rows turned into text together. */
const ROWS_AT_ONCE = 500;

/** A dataset's text; `onRows` is told how many rows each chunk holds. */
export async function* exportText(
  { name, columns }: Dataset,
  rows: AsyncIterable<Row>,
  format: TextFormat,
  onRows: (count: number) => void,
): AsyncGenerator<string> {
  const form =
    format === 'csv' ? csv(Object.keys(columns)) : name === 'events' ? jsonLines : jsonArray();
  yield form.head;
  let batch: Row[] = [];
  const flush = (): string => {
    onRows(batch.length);
    const text = form.rows(batch);
    batch = [];
    return text;
  };
  for await (const row of rows) {
    batch.push(row);
    if (batch.length === ROWS_AT_ONCE) yield flush();
  }
  if (batch.length > 0) yield flush();
  yield form.foot;
}

interface Form {
  readonly head: string;
  readonly foot: string;
  rows(batch: readonly Row[]): string;
}

/** RFC 4180 with a header; what a spreadsheet would take for a formula begins with an apostrophe. */
function csv(columns: readonly string[]): Form {
  const options = {
    columns: [...columns],
    escape_formulas: true,
    cast: { boolean: (value: boolean) => String(value) },
  };
  return {
    head: stringify([], { ...options, header: true }),
    foot: '',
    rows: (batch) => stringify([...batch], options),
  };
}

const jsonLines: Form = {
  head: '',
  foot: '',
  rows: (batch) => batch.map((row) => `${JSON.stringify(row)}\n`).join(''),
};

function jsonArray(): Form {
  let isFirst = true;
  return {
    head: '[',
    foot: '\n]\n',
    rows(batch) {
      const text = batch.map((row) => JSON.stringify(row)).join(',\n');
      const before = isFirst ? '\n' : ',\n';
      isFirst = false;
      return before + text;
    },
  };
}
