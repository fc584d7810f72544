/** The program of the thread that writes (`writer-thread.ts`): a `BatchWriter` over a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { wallClock } from '@flexledger/runtime';
import { LogDamaged } from '../errors';
import { BEFORE_FIRST } from '../port';
import { BatchWriter } from './append-batch';
import { Archives } from './archive/archives';
import { type BatchMessage, batchOf, writtenMessage } from './batch-message';
import { checkpointNow, openForWriting } from './open-log-file';
import type { FailureMessage, ToWriter, WriterGiven } from './writer-thread';

const port = parentPort!;
const { path, busyTimeoutMs } = (workerData as { readonly given: WriterGiven }).given;
const file = openForWriting(path, busyTimeoutMs);
const archives = new Archives(file.db, file.path);
// What stands in the file already others may have written since the store's last batch.
const lastPosition = BEFORE_FIRST;
const writer = new BatchWriter({ ...file, archives, clock: wallClock, lastPosition });

port.on('message', (message: ToWriter) => {
  if (message === 'end') {
    archives.close();
    file.db.close();
    port.close();
  } else if (message === 'checkpoint') checkpointNow(file.db);
  else port.postMessage(written(message));
});
port.postMessage('open');

function written(message: BatchMessage): unknown {
  try {
    const done = writer.write(batchOf(message));
    return done && writtenMessage(done);
  } catch (error) {
    const { message: text, code } = error as Error & { readonly code?: string };
    const failure: FailureMessage =
      error instanceof LogDamaged ? { damaged: error.reason } : { text, code };
    return { failure };
  }
}
