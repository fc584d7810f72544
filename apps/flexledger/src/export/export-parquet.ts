/** Rows of a dataset as a Parquet file, row group by row group, whatever their number. */
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import type { Dataset, ExportSource, Row } from './dataset';

type ParquetType = 'INT64' | 'DOUBLE' | 'BOOLEAN' | 'STRING' | 'JSON';

/**
 * Writes a dataset. Whole numbers are INT64, texts STRING, an event's data JSON; every column may be
 * null. The rows are read twice, first for the types of their columns.
 *
 * @returns how many rows were written
 */
export async function exportParquet(
  dataset: Dataset,
  source: ExportSource,
  file: string,
): Promise<number> {
  const types = await columnTypes(dataset, source);
  let count = 0;
  async function* rows(): AsyncGenerator<Record<string, unknown>> {
    for await (const row of dataset.rows(source)) {
      count += 1;
      yield parquetRow(row, types);
    }
  }
  await parquetWriteRows({
    writer: fileWriter(file),
    rows: rows(),
    columns: dataset.columns.map((name) => ({
      name,
      type: types.get(name) ?? 'STRING',
      nullable: true,
    })),
  });
  return count;
}

async function columnTypes(
  dataset: Dataset,
  source: ExportSource,
): Promise<Map<string, ParquetType>> {
  const types = new Map<string, ParquetType>();
  for await (const row of dataset.rows(source)) {
    for (const name of dataset.columns) {
      const value = row[name];
      if (value === null || value === undefined) continue;
      const known = types.get(name);
      if (known === undefined || known === 'INT64') types.set(name, typeOf(value));
    }
  }
  return types;
}

function typeOf(value: NonNullable<Row[string]>): ParquetType {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? 'INT64' : 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'object':
      return 'JSON';
    default:
      return 'STRING';
  }
}

function parquetRow(row: Row, types: ReadonlyMap<string, ParquetType>): Record<string, unknown> {
  const entries = Object.entries(row).map(([name, value]) => {
    const whole = typeof value === 'number' && types.get(name) === 'INT64';
    return [name, whole ? BigInt(value) : value];
  });
  return Object.fromEntries(entries);
}
