/** What every dataset of `flexledger export` is made of. */
import { MTU_MINUTES, type Product } from '@flexledger/domain';
import type { SqliteEventStore } from '@flexledger/event-store';
import type {
  AnyView,
  DocumentStore,
  Page,
  PageRequest,
  SessionDocument,
} from '@flexledger/projections';

/** One row: a value for each column, null for what is not known; text, but for an event's data. */
export type Row = Readonly<Record<string, string | number | boolean | object | null>>;

export interface Dataset {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly string[];
  /** Read models that the rows come from; they are folded anew for the export. */
  readonly views: readonly AnyView[];
  /** The rows can be narrowed to one session. */
  readonly bySession: boolean;
  rows(source: ExportSource): AsyncIterable<Row>;
}

export interface ExportSource {
  readonly store: SqliteEventStore;
  /** With the dataset's views, caught up. */
  readonly documents: DocumentStore;
  readonly sessionId: string | undefined;
}

export const WH_PER_W_MTU = MTU_MINUTES / 60;
const MTU_MS = MTU_MINUTES * 60_000;
const PAGE = 500;

/** Every document of a query, page by page. */
export async function* allOf<Doc>(
  find: (page: PageRequest) => Promise<Page<Doc>>,
): AsyncGenerator<Doc> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<Doc> = await find({
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.next;
  }
}

/** The condition that narrows a query to the session asked for, if any. */
export function ofSession({ sessionId }: ExportSource): { readonly sessionId?: string } {
  return sessionId === undefined ? {} : { sessionId };
}

/** Start of a MTU of a session, ISO 8601 UTC. */
export function mtuStart(session: Pick<SessionDocument, 'deliveryStart'>, mtu: number): string {
  return new Date(Date.parse(session.deliveryStart) + mtu * MTU_MS).toISOString();
}

/** Values under names with their unit: `acceptedW` for product P, `acceptedVar` for Q, null the other. */
export function inUnits(product: Product, values: Readonly<Record<string, number | null>>): Row {
  const row: Record<string, number | null> = {};
  for (const [name, value] of Object.entries(values)) {
    row[`${name}W`] = product === 'P' ? value : null;
    row[`${name}Var`] = product === 'Q' ? value : null;
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
