/** Rows of a dataset as a Parquet file, row group by row group, whatever their number. */
import { msFromIso } from '@flexledger/runtime';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import type { ColumnType, Dataset, Row } from './dataset';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteRows>[0]['schema']>[number];
type ColumnForm = Pick<SchemaElement, 'type' | 'converted_type'>;

/** How Parquet stores each type of column (parquet-format, LogicalTypes.md). */
const FORMS: Readonly<Record<ColumnType, ColumnForm>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  date: { type: 'INT32', converted_type: 'DATE' },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON' },
};

const DAY_MS = 86_400_000;

/**
 * Writes a dataset with the types of its columns; every column may be null.
 *
 * @returns how many rows were written
 * @throws RangeError when a value is not of its column's type
 */
export async function exportParquet(
  { columns }: Dataset,
  rows: AsyncIterable<Row>,
  file: string,
): Promise<number> {
  const names = Object.keys(columns);
  let count = 0;
  async function* stored(): AsyncGenerator<Record<string, unknown>> {
    for await (const row of rows) {
      count += 1;
      yield Object.fromEntries(
        names.map((name) => [name, storedValue(name, columns[name]!, row[name] ?? null)]),
      );
    }
  }
  await parquetWriteRows({
    writer: fileWriter(file),
    rows: stored(),
    columns: names.map((name) => ({ name })),
    schema: [
      { name: 'root', num_children: names.length },
      ...names.map((name) => ({
        name,
        repetition_type: 'OPTIONAL' as const,
        ...FORMS[columns[name]!],
      })),
    ],
  });
  return count;
}

function storedValue(name: string, type: ColumnType, value: Row[string] | null): unknown {
  if (value === null) return null;
  if (type === 'integer' && Number.isSafeInteger(value)) return BigInt(value as number);
  if (type === 'number' && typeof value === 'number') return value;
  if (type === 'boolean' && typeof value === 'boolean') return value;
  if (type === 'json' && typeof value === 'object') return value;
  if (typeof value === 'string') {
    if (type === 'text') return value;
    if (type === 'timestamp') return BigInt(msFromIso(value));
    if (type === 'date') return msFromIso(`${value}T00:00:00.000Z`) / DAY_MS;
  }
  throw new RangeError(`Column ${name} is ${type}, but holds ${JSON.stringify(value)}`);
}
