/**
 * A log that a server keeps, as an auditor reads it: every event through the port, as the row that the embedded log
 * would store. Hashes are computed from what the server shows; that it shows what was certified is what checkpoints
 * and anchors prove.
 */
import { canonicalJson } from '@flexledger/identity';
import { openLogToRead, rowChecksum } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import type { StoredLog } from './stored-log';

/** @throws LogAbsent, LogUnavailable, LogDamaged */
export async function readServedLog(url: string, dataDir: string): Promise<StoredLog> {
  const store = await openLogToRead({ dataDir, url }, wallClock);
  return {
    store,
    faults: [],
    async *rows() {
      for await (const { data, ...event } of store.readAll({ readAhead: true })) {
        yield { ...event, data: canonicalJson(data), checksum: rowChecksum(event) };
      }
    },
    rowFault: () => undefined,
    close: () => store.close(),
  };
}
