/**
 * A thread that reads pages ahead of the caller over a connection of its own, so that SQLite works on
 * one core while the caller parses and folds on another. It writes nothing.
 */
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { pageQuery, type PageQuerySpec, type PageTexts, type QueryScope } from './page-query';

export interface ReadAheadJob {
  /** The log's file. */
  readonly path: string;
  readonly query: PageQuerySpec;
  readonly scope: QueryScope;
  readonly after: number;
  readonly last: number;
}

export interface ReadAhead {
  /** The next page in order; `undefined` when the thread has ended, also by an error. */
  next(): Promise<PageTexts | undefined>;
  /** Ends the thread and closes its connection. A second call is harmless. */
  end(): Promise<void>;
}

/** Pages under way at most: enough to bridge the caller's longest step, its commit. */
const PAGES_AHEAD = 8;

/**
 * The thread's program. As text, so that it runs alike from compiled and from TypeScript sources: a
 * worker cannot load the latter.
 */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.driver);
  const { uri, query, scope, after, last } = workerData;
  const db = new Database(uri);
  const readPage = (${pageQuery.toString()})(db, query);
  let reached = after;
  parentPort.on('message', (message) => {
    if (message === 'end') {
      db.close();
      parentPort.close();
    } else if (reached < last) {
      const page = readPage(scope, reached, last);
      reached = page.reached;
      parentPort.postMessage(page, page.texts.map(({ buffer }) => buffer));
    }
  });
`;

/** Starts the thread; it keeps the process alive until `end`. */
export function startReadAhead({ path, ...job }: ReadAheadJob): ReadAhead {
  const uri = `${pathToFileURL(path).href}?mode=ro`;
  const workerData = { ...job, uri, driver: require.resolve('libsql') };
  const worker = new Worker(THREAD, { eval: true, workerData });
  const pages: PageTexts[] = [];
  let ended = false;
  let wake = (): void => {};
  worker.on('message', (page: PageTexts) => {
    pages.push(page);
    wake();
  });
  // The caller reads on by itself and meets the reason there.
  worker.on('error', () => undefined);
  const exited = new Promise<void>((resolve) =>
    worker.once('exit', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  for (let page = 0; page < PAGES_AHEAD; page += 1) worker.postMessage('page');
  return {
    async next() {
      while (pages.length === 0 && !ended) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      worker.postMessage('page');
      return pages.shift();
    },
    end() {
      worker.postMessage('end');
      return exited;
    },
  };
}
