/** Which events a read gives, as a condition in SQL. */
import type { EventFilter } from '../port';

/** Behind the three parameters of a page: the first of its own is `$4`. */
export interface Scope {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The events that a filter lets pass. */
export function scopeOf({ types, streamPrefixes }: EventFilter = {}): Scope {
  return {
    sql: `($4::text[] IS NULL OR "type" = ANY($4)) AND ($5::text[] IS NULL OR EXISTS (
      SELECT 1 FROM unnest($5::text[]) AS prefix WHERE starts_with("streamId", prefix)))`,
    values: [types ?? null, streamPrefixes ?? null],
  };
}
