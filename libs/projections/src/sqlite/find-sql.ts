/** Queries as SQL over one view's table. Field names were checked against the view before. */
import type { IndexRange } from '../document-store';
import { type CheckedQuery, isRange } from '../page';
import type { IndexValue } from '../view';
import { sqlValue } from './sql-text';

/** SQL text with the values of its question marks. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Name of a table or column as SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** How an engine stores the value of an indexed field. */
export type StoredValue = (value: string | number) => string | number;

/**
 * Rows `id, doc, value` of one page, one more than the limit to see whether there is a next.
 *
 * @param table as SQL
 */
export function findSql(table: string, query: CheckedQuery, stored: StoredValue = sqlValue): Sql {
  const { orderBy, descending, limit, after } = query;
  const conditions = query.where.map(([field, condition]) =>
    conditionSql(field, condition, stored),
  );
  if (after) conditions.push(afterSql(orderBy, descending, after.value, after.id));
  const direction = descending ? 'DESC' : 'ASC';
  const nulls = descending ? 'NULLS LAST' : 'NULLS FIRST';
  const order = orderBy === undefined ? '' : `${quoted(orderBy)} ${direction} ${nulls}, `;
  const value = orderBy === undefined ? 'NULL' : quoted(orderBy);
  return {
    text:
      `SELECT id, doc, ${value} FROM ${table}${whereSql(conditions)} ` +
      `ORDER BY ${order}id ${direction} LIMIT ?`,
    values: [...conditions.flatMap(({ values }) => values), limit + 1],
  };
}

/** The number of rows that pass. */
export function countSql(
  table: string,
  where: CheckedQuery['where'],
  stored: StoredValue = sqlValue,
): Sql {
  const conditions = where.map(([field, condition]) => conditionSql(field, condition, stored));
  return {
    text: `SELECT count(*) FROM ${table}${whereSql(conditions)}`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function whereSql(conditions: readonly Sql[]): string {
  if (conditions.length === 0) return '';
  return ` WHERE ${conditions.map(({ text }) => `(${text})`).join(' AND ')}`;
}

function conditionSql(field: string, condition: IndexValue | IndexRange, stored: StoredValue): Sql {
  const column = quoted(field);
  if (condition === null) return { text: `${column} IS NULL`, values: [] };
  if (!isRange(condition)) return { text: `${column} = ?`, values: [stored(condition)] };
  const { from, below } = condition;
  const texts = [`${column} IS NOT NULL`];
  const values: (string | number)[] = [];
  if (from !== undefined) {
    texts.push(`${column} >= ?`);
    values.push(stored(from));
  }
  if (below !== undefined) {
    texts.push(`${column} < ?`);
    values.push(stored(below));
  }
  return { text: texts.join(' AND '), values };
}

/** What comes after (value, id), as they are stored. NULL is first, and compared to nothing. */
function afterSql(
  orderBy: string | undefined,
  descending: boolean,
  value: IndexValue,
  id: string,
): Sql {
  const sign = descending ? '<' : '>';
  if (orderBy === undefined) return { text: `id ${sign} ?`, values: [id] };
  const column = quoted(orderBy);
  if (value === null) {
    const text = `${column} IS NULL AND id ${sign} ?`;
    return { text: descending ? text : `(${text}) OR ${column} IS NOT NULL`, values: [id] };
  }
  const text = `(${column}, id) ${sign} (?, ?)`;
  return { text: descending ? `${text} OR ${column} IS NULL` : text, values: [value, id] };
}
