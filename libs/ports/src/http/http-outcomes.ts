import { type OutcomeRow, jsonBytes } from '@flexledger/domain';
import type { OutcomesPort } from '../outcomes';
import { listIn, requireNamed } from './answer-checks';
import { sessionPath } from './http-orders';
import { type PlatformClient, PlatformUnavailable, keyOf } from './platform-client';

/** Rows asked for at once: an answer of some 40 MB, while a city's outcome is longer than a text can be. */
const ROWS_AT_ONCE = 50_000;

/** Above it an answer goes by the line: below the 2 MiB that a market takes in one JSON text. */
const TEXT_BYTES = 1_500_000;

/** What an answer says besides its lists; a market of an earlier release says nothing, and gives all at once. */
type OutcomeAnswer = { readonly next?: unknown } | undefined;

/** The row that the next answer begins with, null where there is none. @throws PlatformUnavailable */
function nextOf(answer: OutcomeAnswer, from: number, rows: number, path: string): number | null {
  const next = answer?.next ?? null;
  if (next === null) return null;
  if (next === from + rows && rows > 0) return from + rows;
  throw new PlatformUnavailable(path, `its answer of ${rows} rows names another as the next`);
}

function exceedsText(rows: readonly object[]): boolean {
  let bytes = 0;
  return rows.some((row) => (bytes += jsonBytes(row)) > TEXT_BYTES);
}

/** The outcomes of a market platform that runs elsewhere, as its DSO reaches them. */
export function httpOutcomes(call: PlatformClient): OutcomesPort {
  return {
    async outcome(sessionId, round) {
      const rows: OutcomeRow[] = [];
      const sold: OutcomeRow[] = [];
      for (let from: number | null = 0; from !== null;) {
        const asked = `from=${from}&limit=${ROWS_AT_ONCE}`;
        const path = `${sessionPath(sessionId)}/outcomes-to-validate/${round}?${asked}`;
        const answer: OutcomeAnswer = await call({ method: 'GET', path });
        const page = listIn<OutcomeRow>(answer, 'rows', path);
        for (const row of page) rows.push(row);
        for (const row of listIn<OutcomeRow>(answer, 'sold', path)) sold.push(row);
        from = nextOf(answer, from, page.length, path);
      }
      return { rows, sold };
    },
    async soldBefore(sessionId) {
      const path = `${sessionPath(sessionId)}/sold-before`;
      return listIn<OutcomeRow>(await call({ method: 'GET', path }), 'items', path);
    },
    async answer(sessionId, answer, context) {
      const { outcomeId, exceptions } = answer;
      const validation = `${sessionPath(sessionId)}/validation`;
      const isLong = exceedsText(exceptions);
      const path = isLong
        ? `${validation}/rows?outcomeId=${encodeURIComponent(outcomeId)}`
        : validation;
      const said = isLong ? { lines: exceptions } : { body: answer };
      const sent = { method: 'POST', path, ...said, ...keyOf(context) } as const;
      requireNamed(await call(sent), 'outcomeId', outcomeId, path);
    },
  };
}
