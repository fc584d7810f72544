import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { StoredRow } from '@flexledger/domain';

/** Rows that are read before the threads that work on earlier ones are given more to do. */
const ROWS_A_TURN = 256;

/** Rows up to and with a position, with a turn of the event loop now and then. */
export async function* upTo(
  head: number,
  rows: Iterable<StoredRow> | AsyncIterable<StoredRow>,
): AsyncGenerator<StoredRow, void> {
  let read = 0;
  for await (const row of rows) {
    if (row.position > head) return;
    yield row;
    read += 1;
    if (read % ROWS_A_TURN === 0) await turnOfEventLoop();
  }
}
