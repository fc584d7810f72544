/** Files of time series, the long ones in a thread: a hundred megabytes take many seconds, and nobody waits for them. */
import { WorkTooMuch, createWorkThread } from '@flexledger/runtime';
import type { DeclaredBaseline } from './baseline-declarations';
import { BaselineFileError } from './parse-baselines';
import { isPacked } from './series-file';
import { type SeriesJob, type SeriesRead, work } from './series-thread';

/** A shorter one is read within milliseconds. What is packed may be longer than it looks. */
const SHORT_BYTES = 100_000;
const MOST_SECONDS = 60;
const MOST_HEAP_MB = 1_500;

const thread = createWorkThread<SeriesJob, SeriesRead>({
  name: 'reading of a file',
  file: require.resolve('./series-thread'),
  mostSeconds: MOST_SECONDS,
  mostHeapMb: MOST_HEAP_MB,
});

/**
 * Reads a file as a whole; long ones one after another.
 *
 * @throws BaselineFileError naming what is wrong with it, also where it takes too much time or memory
 */
export async function readSeries(job: SeriesJob): Promise<DeclaredBaseline[]> {
  const isShort = job.file.length <= SHORT_BYTES && !isPacked(job.file);
  const read = isShort ? work(job) : await inThread(job);
  if ('baselines' in read) return read.baselines;
  throw new BaselineFileError(read.wrong.faults, read.wrong.place);
}

function inThread(job: SeriesJob): Promise<SeriesRead> {
  return thread.run(job).catch((error: unknown) => {
    if (!(error instanceof WorkTooMuch)) throw error;
    const reason = `is too much at once (${error.message.replace(/^The/, 'the')}); part it`;
    throw new BaselineFileError([{ line: 0, reason }], 'series');
  });
}
