/**
 * Pages by key: a cursor says after which document to go on (its order value and id), so a page costs
 * the same wherever it lies. Shared by the engines; a cursor is opaque to everybody else.
 */
import {
  DEFAULT_PAGE_LIMIT,
  InvalidQuery,
  type IndexRange,
  PAGE_LIMIT,
  type PageRequest,
} from './document-store';
import type { AnyView, IndexValue } from './view';

/** The last document of a page, in the page's order. */
export interface LastOfPage {
  readonly value: IndexValue;
  readonly id: string;
}

/** A query as the engines take it: every part checked, defaults filled in. */
export interface CheckedQuery {
  readonly where: readonly (readonly [field: string, condition: IndexValue | IndexRange])[];
  /** `undefined`: by id. */
  readonly orderBy: string | undefined;
  readonly descending: boolean;
  readonly limit: number;
  readonly after: LastOfPage | undefined;
}

/** A query of any view. */
export type AnyQuery = PageRequest & {
  readonly where?: object;
  readonly orderBy?: string;
  readonly descending?: boolean;
};

/** @throws InvalidQuery */
export function checkQuery(view: AnyView, query: AnyQuery): CheckedQuery {
  const { orderBy, descending = false, limit = DEFAULT_PAGE_LIMIT, cursor } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT) {
    throw new InvalidQuery('limit', `limit is ${limit}; ask for 1 to ${PAGE_LIMIT} documents.`);
  }
  if (orderBy !== undefined) requireField(view, orderBy);
  const order = orderOf(orderBy, descending);
  const after = cursor === undefined ? undefined : decodeCursor(view, cursor, order);
  return { where: checkWhere(view, query.where ?? {}), orderBy, descending, limit, after };
}

/** @throws InvalidQuery */
export function checkWhere(view: AnyView, where: object): CheckedQuery['where'] {
  const conditions = Object.entries(where).filter(([, condition]) => condition !== undefined);
  for (const [field] of conditions) requireField(view, field);
  return conditions;
}

/** True for a condition that is a range, not a value. */
export function isRange(condition: IndexValue | IndexRange): condition is IndexRange {
  return typeof condition === 'object' && condition !== null;
}

/** The cursor that goes on after `last`. */
export function encodeCursor(view: AnyView, query: CheckedQuery, last: LastOfPage): string {
  const order = orderOf(query.orderBy, query.descending);
  return Buffer.from(JSON.stringify([view.name, order, last.value, last.id])).toString('base64url');
}

/** @throws TypeError when an indexed field of a document holds what cannot be stored */
export function checkIndexed(view: AnyView, doc: object): void {
  for (const field of view.indexes) indexValue(view, doc, field);
}

/** A document's value of an indexed field. @throws TypeError when it is none */
export function indexValue(view: AnyView, doc: object, field: string): IndexValue {
  const value: unknown = (doc as Readonly<Record<string, unknown>>)[field];
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  throw new TypeError(
    `View ${view.name} indexes ${field}, which holds ${typeof value} in a document; ` +
      'indexed fields hold text, a number or null.',
  );
}

function decodeCursor(view: AnyView, cursor: string, order: string): LastOfPage {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  const [name, cursorOrder, value, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const valueFits = value === null || typeof value === 'string' || typeof value === 'number';
  if (name !== view.name || cursorOrder !== order || !valueFits || typeof id !== 'string') {
    throw new InvalidQuery(
      'cursor',
      `The cursor "${cursor.slice(0, 100)}" does not belong to this query; begin without one.`,
    );
  }
  return { value, id };
}

function orderOf(orderBy: string | undefined, descending: boolean): string {
  return `${descending ? '-' : '+'}${orderBy ?? ''}`;
}

function requireField(view: AnyView, field: string): void {
  if ((view.indexes as readonly string[]).includes(field)) return;
  throw new InvalidQuery(
    field,
    `View ${view.name} has no field "${field}" to search by; it has ${view.indexes.join(', ')}.`,
  );
}
