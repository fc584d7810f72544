/** Rows of every clearing round from the log, each with the DSO's word on it; no round is held whole. */
import {
  type MarketSessionEvent,
  type OutcomeRow,
  type RowValidation,
  isLastPart,
  sessionStream,
} from '@flexledger/domain';
import type { EventFilter } from '@flexledger/event-store';
import type { ExportSource } from './dataset';

export interface ClearedRow {
  readonly sessionId: string;
  readonly round: number;
  /** Of the row within its round. */
  readonly index: number;
  readonly row: OutcomeRow;
  /** Absent until the whole answer stands; `exception` where not all of the row is permitted. */
  readonly answer?: {
    readonly validatedBy: 'DSO' | 'no-answer';
    readonly exception?: RowValidation;
  };
}

type Cleared = Extract<MarketSessionEvent, { type: 'MarketCleared' }>['data'];
type Validated = Extract<MarketSessionEvent, { type: 'OutcomeValidated' }>['data'];

/** What a first reading learns of a round. */
interface RoundRead {
  /** Position of the part with which its rows begin; one that was cut off begins anew. */
  from: number;
  isWhole: boolean;
  exceptions: Map<number, RowValidation>;
  validatedBy: Validated['validatedBy'] | null;
}

/** Rows in the order of the log; rounds whose last part is missing are left out. */
export async function* clearedRows(source: ExportSource): AsyncGenerator<ClearedRow> {
  const rounds = await readRounds(source);
  let index = 0;
  for await (const event of source.store.readAll({ filter: filterOf(source, ['MarketCleared']) })) {
    const { sessionId, round, part, rows } = event.data as Cleared;
    const known = rounds.get(`${sessionId}/${round}`)!;
    if (!known.isWhole || event.position < known.from) continue;
    if (part.index === 0) index = 0;
    for (const row of rows) {
      yield { sessionId, round, index, row, ...answerOf(known, index) };
      index += 1;
    }
  }
}

async function readRounds(source: ExportSource): Promise<Map<string, RoundRead>> {
  const rounds = new Map<string, RoundRead>();
  const filter = filterOf(source, ['MarketCleared', 'OutcomeValidated']);
  for await (const { type, data, position } of source.store.readAll({ filter })) {
    const { sessionId, round, part } = data as Cleared | Validated;
    const key = `${sessionId}/${round}`;
    const known = rounds.get(key) ?? {
      from: position,
      isWhole: false,
      exceptions: new Map(),
      validatedBy: null,
    };
    rounds.set(key, known);
    if (type === 'MarketCleared') {
      if (part.index === 0) known.from = position;
      known.isWhole = isLastPart(part);
      continue;
    }
    const { exceptions, validatedBy } = data as Validated;
    if (part.index === 0) known.exceptions.clear();
    for (const exception of exceptions) known.exceptions.set(exception.index, exception);
    if (isLastPart(part)) known.validatedBy = validatedBy;
  }
  return rounds;
}

function answerOf(
  { validatedBy, exceptions }: RoundRead,
  index: number,
): Pick<ClearedRow, 'answer'> {
  if (validatedBy === null) return {};
  const exception = exceptions.get(index);
  return { answer: { validatedBy, ...(exception ? { exception } : {}) } };
}

function filterOf({ narrowed }: ExportSource, types: readonly string[]): EventFilter {
  if (!narrowed) return { types };
  return { types, streamPrefixes: narrowed.sessionIds.map(sessionStream) };
}
