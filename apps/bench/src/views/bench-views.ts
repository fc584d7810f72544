/** `flexledger bench views`: the same read models in SQLite, in PostgreSQL and over MongoDB's protocol, in one run. */
import { startPostgres, whyNoPostgres } from '@flexledger/event-store';
import { startMongo, whyNoMongo } from '@flexledger/projections';
import { inTemporaryFolder, undoOnSignal } from '../leave-nothing';
import { runApart } from '../run-apart';
import type { ViewsFigures } from './measure-views';
import type { ViewsOpening } from './views-child';
import type { BenchWish } from '../bench';

/** Read models in one engine, or why they were not measured. */
export type ViewsBench =
  | ({ readonly engine: string; readonly peakMb: number } & ViewsFigures)
  | { readonly engine: string; readonly skipped: string };

const SECONDS = 3;
const RUN_TIMEOUT_MS = 600_000;

/** Measures each engine in turn, in a process of its own. */
export async function benchViews(
  onResult: (result: object) => void,
  { seconds = SECONDS }: BenchWish,
): Promise<{ readonly results: readonly ViewsBench[] }> {
  const results: ViewsBench[] = [];
  for (const measured of [inSqlite, inPostgres, inMongo]) {
    const result = await inTemporaryFolder((folder) => measured(folder, seconds));
    onResult(result);
    results.push(result);
  }
  return { results };
}

const inSqlite = (folder: string, seconds: number): Promise<ViewsBench> =>
  apart('SQLite', { folder }, seconds);

async function inPostgres(folder: string, seconds: number): Promise<ViewsBench> {
  const engine = 'PostgreSQL';
  const skipped = whyNoPostgres();
  if (skipped !== undefined) return { engine, skipped };
  const server = await startPostgres();
  const forget = undoOnSignal(() => server.close());
  try {
    return await apart(engine, { folder, url: server.url }, seconds);
  } finally {
    forget();
    server.close();
  }
}

async function inMongo(folder: string, seconds: number): Promise<ViewsBench> {
  const engine = process.env['MONGODB_URL'] ? 'MongoDB' : 'FerretDB, MongoDB’s protocol';
  const skipped = whyNoMongo();
  if (skipped !== undefined) return { engine, skipped };
  const server = await startMongo();
  const close = (): void => void server.close();
  const forget = undoOnSignal(close);
  try {
    return await apart(engine, { folder, url: server.url }, seconds);
  } finally {
    forget();
    await server.close();
  }
}

async function apart(engine: string, opening: ViewsOpening, seconds: number): Promise<ViewsBench> {
  const args = [JSON.stringify(opening), String(seconds)];
  const run = await runApart<ViewsFigures>(`${__dirname}/views-child`, args, RUN_TIMEOUT_MS);
  if (!run) return { engine, skipped: `it took more than ${RUN_TIMEOUT_MS / 1e3} s` };
  return { engine, ...run.answer, peakMb: run.peakMb };
}
