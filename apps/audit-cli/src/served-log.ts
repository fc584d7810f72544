/**
 * A log that a server keeps, as an auditor reads it: every event through the port, as the row that the embedded log
 * would store. Hashes are computed from what the server shows; that it shows what was certified is what checkpoints
 * and anchors prove. The rows are held in memory.
 */
import { canonicalJson } from '@flexledger/identity';
import type { StoredRow } from '@flexledger/domain';
import { openLogToRead, rowChecksum } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import type { StoredLog } from './stored-log';

/** @throws LogAbsent, LogUnavailable, LogDamaged */
export async function readServedLog(url: string, dataDir: string): Promise<StoredLog> {
  const store = await openLogToRead({ dataDir, url }, wallClock);
  try {
    const rows: StoredRow[] = [];
    for await (const { data, ...event } of store.readAll({ readAhead: true })) {
      rows.push({ ...event, data: canonicalJson(data), checksum: rowChecksum(event) });
    }
    return {
      store,
      faults: [],
      rows: () => rows,
      rowFault: () => undefined,
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
