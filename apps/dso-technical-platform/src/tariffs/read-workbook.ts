/** Workbooks (xlsx) of others, in a thread with so much time and memory: a small one can come to very much. */
import { WorkTooMuch, createWorkThread } from '@flexledger/runtime';
import type { WorkbookJob, WorkbookRead } from './xlsx-thread';

const MOST_SECONDS = 20;
const MOST_HEAP_MB = 400;

const thread = createWorkThread<WorkbookJob, WorkbookRead>({
  name: 'reading of a workbook',
  file: require.resolve('./xlsx-thread'),
  mostSeconds: MOST_SECONDS,
  mostHeapMb: MOST_HEAP_MB,
});

/** The cells of its first sheet as texts, or why it is not read. */
export function readWorkbook(job: WorkbookJob): Promise<WorkbookRead> {
  return thread.run(job).catch((error: unknown) => {
    if (!(error instanceof WorkTooMuch)) throw error;
    return { wrong: `is too much at once (${error.message})` };
  });
}
