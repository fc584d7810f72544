/**
 * A thread that copies what was committed out of the write-ahead log into the file while appends go on. A write-ahead
 * log begins anew only once all of it is in the file, which a writer that never pauses has to see to itself, in a
 * commit that all appends wait for: 64 MiB to be copied and synced. Here the thread copies nearly all of it, over a
 * connection of its own, and leaves to the writer what came meanwhile.
 */
import { Worker } from 'node:worker_threads';

/** Pages of the write-ahead log between two passes: 48 MiB, so that a page that many commits touch is copied once. */
const PAGES_BETWEEN = 12_288;
/** Pages that a byte of data takes before it is known: three for a packet. */
const PAGES_PER_BYTE = 3 / 500;

/** The thread's program, as text: a worker cannot load TypeScript sources. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.driver);
  const db = new Database(workerData.path);
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').raw();
  parentPort.on('message', (message) => {
    if (message === 'end') {
      db.close();
      parentPort.close();
      return;
    }
    try {
      // Waits for nobody. Busy or not, pages in the write-ahead log, and how many of them are in the file.
      parentPort.postMessage(checkpoint.all()[0]);
    } catch {
      // The file is held, or the disk is full, of which the next commit tells.
      parentPort.postMessage([1, 0, 0]);
    }
  });
`;

export interface CheckpointAhead {
  /** Tells that so many bytes of data were committed. */
  committed(bytes: number): void;
  /** Ends the thread and closes its connection. */
  end(): Promise<void>;
}

/**
 * For a log's file; the thread starts with the first pass that is due, and keeps no process alive.
 *
 * @param finish copies the rest over the writer's own connection, between two commits
 */
export function checkpointAhead(path: string, finish: () => void): CheckpointAhead {
  let thread: Thread | undefined;
  let bytesSince = 0;
  let bytesAtPass = 0;
  let pagesPerByte = PAGES_PER_BYTE;
  const passed = (pages: number): void => {
    if (pages > 0) pagesPerByte = pages / bytesAtPass;
    finish();
    bytesSince = 0;
  };
  return {
    committed(bytes) {
      bytesSince += bytes;
      if (bytesSince * pagesPerByte < PAGES_BETWEEN) return;
      thread ??= startThread(path, passed);
      if (thread.pass()) bytesAtPass = bytesSince;
    },
    end: async () => thread?.end(),
  };
}

interface Thread {
  /** @returns whether one was begun; not while one is under way */
  pass(): boolean;
  end(): Promise<void>;
}

function startThread(path: string, passed: (pages: number) => void): Thread {
  const worker = new Worker(THREAD, {
    eval: true,
    workerData: { path, driver: require.resolve('libsql') },
  });
  worker.unref();
  let isPassing = false;
  let isEnding = false;
  worker.on('message', ([isBusy, pages]: [number, number, number]) => {
    isPassing = false;
    if (!isEnding && isBusy === 0) passed(pages);
  });
  // Commits go on without it, and make their checkpoints themselves.
  worker.on('error', () => undefined);
  const exited = new Promise<void>((resolve) =>
    worker.once('exit', () => {
      isEnding = true;
      resolve();
    }),
  );
  return {
    pass() {
      if (isPassing || isEnding) return false;
      isPassing = true;
      worker.postMessage('pass');
      return true;
    },
    end() {
      isEnding = true;
      worker.ref();
      worker.postMessage('end');
      return exited;
    },
  };
}
