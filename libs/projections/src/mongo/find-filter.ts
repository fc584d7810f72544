/** Queries as MongoDB's filters over one view's collection. Field names were checked against the view before. */
import type { Filter, Sort } from 'mongodb';
import type { IndexRange } from '../document-store';
import { type CheckedQuery, isRange } from '../page';
import { sqlValue } from '../sqlite/sql-text';
import type { IndexValue } from '../view';

/** A document of a view as it is stored. */
export interface StoredDoc {
  /** Its id, as `sqlText` writes it. */
  readonly _id: string;
  /** The document as JSON, byte for byte. */
  readonly json: string;
  /** The values of the view's indexed fields. */
  readonly fields: Readonly<Record<string, IndexValue>>;
  /** Position of the commit that wrote it. */
  readonly position: number;
}

/** Name of an indexed field in the collection. */
export const fieldOf = (name: string): string => `fields.${name}`;

/** What a page or a count is taken of. */
export function filterOf(
  where: CheckedQuery['where'],
  page?: Pick<CheckedQuery, 'orderBy' | 'descending' | 'after'>,
): Filter<StoredDoc> {
  const conditions: Filter<StoredDoc>[] = where.map(([field, condition]) => ({
    [fieldOf(field)]: conditionOf(condition),
  }));
  if (page?.after) conditions.push(afterOf(page.orderBy, page.descending, page.after));
  return conditions.length === 0 ? {} : { $and: conditions };
}

/** By the field, null first, equal ones by id. */
export function sortOf({ orderBy, descending }: CheckedQuery): Sort {
  const direction = descending ? -1 : 1;
  return orderBy === undefined
    ? { _id: direction }
    : { [fieldOf(orderBy)]: direction, _id: direction };
}

function conditionOf(condition: IndexValue | IndexRange): object {
  if (!isRange(condition)) return { $eq: sqlValue(condition) };
  const { from, below } = condition;
  return {
    $ne: null,
    ...(from === undefined ? {} : { $gte: sqlValue(from) }),
    ...(below === undefined ? {} : { $lt: sqlValue(below) }),
  };
}

/** What comes after (value, id). Null is before every value, and compared to none. */
function afterOf(
  orderBy: string | undefined,
  descending: boolean,
  { value, id }: NonNullable<CheckedQuery['after']>,
): Filter<StoredDoc> {
  const further = descending ? { $lt: id } : { $gt: id };
  if (orderBy === undefined) return { _id: further };
  const field = fieldOf(orderBy);
  const equal = { [field]: { $eq: value }, _id: further } as Filter<StoredDoc>;
  if (value === null) {
    return descending ? equal : { $or: [equal, { [field]: { $ne: null } }] };
  }
  const beyond = { [field]: descending ? { $lt: value } : { $gt: value } } as Filter<StoredDoc>;
  const last = descending ? [{ [field]: { $eq: null } } as Filter<StoredDoc>] : [];
  return { $or: [beyond, equal, ...last] };
}
