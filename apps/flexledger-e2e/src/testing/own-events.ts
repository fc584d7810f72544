/**
 * What a party shall see of the log, computed from the whole log and from the table that is published in
 * `docs/events-by-role.md`: nothing here is shared with what the platform itself goes by.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type request from 'supertest';
import type { Calls } from './http-client';

export interface ShownEvent {
  readonly position: number;
  /** `flexledger.PodRegistered` */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whose events they are. */
export interface Reader {
  /** `dso`, `aggregator:AGG1` */
  readonly party: string;
  /** Of an aggregator. */
  readonly aggregatorId: string | null;
  /** PoDs that are its own. */
  readonly podIds: readonly string[];
}

const TABLE = path.resolve(__dirname, '../../../../docs/events-by-role.md');
const ROWS = ['rows', 'requests'];

/** Everything that a client is shown, page by page. */
export async function allEvents(calls: Calls): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  let after: number | null = -1;
  while (after !== null) {
    const asked: string = after < 0 ? '' : `&after=${after}`;
    const response = (await calls.get(
      `/api/v1/events?limit=100${asked}`,
    )) as unknown as request.Response;
    const page = response.body as { items: ShownEvent[]; next: number | null };
    events.push(...page.items);
    after = page.next;
  }
  return events;
}

/** What a reader shall be shown of the whole log. */
export function ownEvents(whole: readonly ShownEvent[], reader: Reader): ShownEvent[] {
  const table = tableOf(reader.party.split(':')[0]!);
  return whole.flatMap((event): ShownEvent[] => {
    const cell = table.get(event.type.replace('flexledger.', ''));
    switch (cell) {
      case 'all':
        return [event];
      case 'own':
        return names(event.data, reader) ? [event] : [];
      case 'own rows':
        return ownRowsOf(event, reader);
      case '-':
        return [];
      default:
        throw new Error(`docs/events-by-role.md has no ${event.type}`);
    }
  });
}

function ownRowsOf(event: ShownEvent, reader: Reader): ShownEvent[] {
  const data: Record<string, unknown> = { ...event.data };
  let own = 0;
  for (const name of ROWS) {
    if (!Array.isArray(data[name])) continue;
    const rows = data[name].filter((row: Record<string, unknown>) => names(row, reader));
    own += rows.length;
    data[name] = rows;
  }
  // The last part is shown without a row too: it says that the whole stands.
  const { index, of } = (data['part'] ?? { index: 0, of: 1 }) as { index: number; of: number };
  return own > 0 || index === of - 1 ? [{ ...event, data }] : [];
}

/** Whether a row or an event names the reader, by the members that say whose something is. */
function names(row: Readonly<Record<string, unknown>>, reader: Reader): boolean {
  const { party, aggregatorId, podIds } = reader;
  if (party === 'dso' || party === 'tso') {
    const requester = row['requester'] ?? String(row['requestId']).split('-')[0];
    return requester === party.toUpperCase() || row['party'] === party;
  }
  return (
    row['party'] === party ||
    (aggregatorId !== null && row['aggregatorId'] === aggregatorId) ||
    podIds.includes(row['podId'] as string)
  );
}

/** Type of event -> what a role is shown of it. */
function tableOf(role: string): Map<string, string> {
  const lines = readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const column = lines[0]!.indexOf(role);
  return new Map(lines.slice(2).map((cells) => [cells[1]!.replaceAll('`', ''), cells[column]!]));
}
