/** How much of what waits goes into one transaction, in every engine that groups appends. */
import type { PreparedAppend } from './prepare-append';

/** Most events and bytes of one transaction; what waits beyond goes into the next. */
const EVENTS_PER_BATCH = 4_096;
const BYTES_PER_BATCH = 8 * 1024 * 1024;

/** At least one append, and no more than fit one transaction. */
export function batchLength(waiting: readonly { readonly append: PreparedAppend }[]): number {
  let events = 0;
  let bytes = 0;
  const beyond = waiting.findIndex(({ append }, index) => {
    events += append.events.length;
    bytes += append.bytes;
    return index > 0 && (events > EVENTS_PER_BATCH || bytes > BYTES_PER_BATCH);
  });
  return beyond < 0 ? waiting.length : beyond;
}
