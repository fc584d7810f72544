/** What every dataset of `flexledger export` is made of. */
import {
  type DeliveryPeriod,
  MTU_MINUTES,
  PRODUCT_NAMES,
  PRODUCTS,
  type Product,
  periodEndMs,
  MTU_MS,
} from '@flexledger/domain';
import type { SqliteEventStore } from '@flexledger/event-store';
import {
  type AnyView,
  type DocumentStore,
  type IndexRange,
  type Page,
  type PageRequest,
  type SessionDocument,
  eachOf,
} from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';

/** One row: a value for each column, null for what is not known; text, but for an event's data. */
export type Row = Readonly<Record<string, string | number | boolean | object | null>>;

/** `timestamp`: ISO 8601 UTC; `date`: ISO date; `integer`: within 2^53; `json`: any document. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'date' | 'json';

export interface Dataset {
  readonly name: string;
  readonly about: string;
  /** By name, in the order in which they are written. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Read models that the rows come from; they are folded anew for the export. */
  readonly views: readonly AnyView[];
  /** The rows can be narrowed to a session or a delivery day. */
  readonly narrows: boolean;
  rows(source: ExportSource): AsyncIterable<Row>;
}

export interface ExportSource {
  readonly store: SqliteEventStore;
  /** With the dataset's views, caught up. */
  readonly documents: DocumentStore;
  /** What was asked for; all of the log when absent. */
  readonly narrowed?: Narrowed;
}

/** One session, or all sessions that deliver on some days. */
export interface Narrowed {
  readonly sessionIds: readonly string[];
  readonly period: DeliveryPeriod;
  /** The delivery days, `below` excluded. */
  readonly days: IndexRange;
  readonly isOneSession: boolean;
}

export const WH_PER_W_MTU = MTU_MINUTES / 60;

/** Every document of a query of what belongs to sessions, session by session where narrowed. */
export async function* ofSessions<Doc>(
  { narrowed }: ExportSource,
  find: (where: { readonly sessionId?: string }, page: PageRequest) => Promise<Page<Doc>>,
): AsyncGenerator<Doc> {
  const selections = narrowed?.sessionIds.map((sessionId) => ({ sessionId })) ?? [{}];
  for (const where of selections) yield* eachOf((page) => find(where, page));
}

/** True where an instant (ISO 8601) lies in what was asked for. */
export function isWanted({ narrowed }: ExportSource, instant: string): boolean {
  if (!narrowed) return true;
  const atMs = msFromIso(instant);
  return atMs >= narrowed.period.startMs && atMs < periodEndMs(narrowed.period);
}

/** Start of a MTU from an instant on, ISO 8601 UTC. */
export function mtuStart(firstStart: string, mtu: number): string {
  return isoFromMs(msFromIso(firstStart) + mtu * MTU_MS);
}

/** Names of values in their unit: `acceptedW` for product P, `acceptedVar` for Q. */
export function unitColumns(...names: readonly string[]): Record<string, ColumnType> {
  return Object.fromEntries(names.flatMap((name) => [`${name}W`, `${name}Var`]).map(asInteger));
}

const asInteger = (name: string): [string, ColumnType] => [name, 'integer'];

/** Values under the names of `unitColumns`; null under those of the other product. */
export function inUnits(product: Product, values: Readonly<Record<string, number | null>>): Row {
  const row: Record<string, number | null> = {};
  for (const [name, value] of Object.entries(values)) {
    for (const each of PRODUCTS) {
      row[`${name}${PRODUCT_NAMES[each].unit}`] = each === product ? value : null;
    }
  }
  return row;
}

/** Looks sessions up, each once. */
export function sessionLookup(
  find: (sessionId: string) => Promise<SessionDocument | undefined>,
): (sessionId: string) => Promise<SessionDocument> {
  const known = new Map<string, SessionDocument>();
  return async (sessionId) => {
    let session = known.get(sessionId);
    if (!session) {
      session = await find(sessionId);
      if (!session)
        throw new Error(`The log holds rows of session ${sessionId}, but not its schedule.`);
      known.set(sessionId, session);
    }
    return session;
  };
}
