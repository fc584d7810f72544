/** Entry of a process of its own: measures read models in one engine. */
import path from 'node:path';
import { openSqliteEventStore } from '@flexledger/event-store';
import { openServedViews, openSqliteDocumentStore } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { answerApart } from '../run-apart';
import { appendDay, measureViews } from './measure-views';

/** The folder for its files, and an address where it is a server. */
export interface ViewsOpening {
  readonly folder: string;
  readonly url?: string;
}

async function main({ folder, url }: ViewsOpening, seconds: number): Promise<void> {
  const log = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  await appendDay(log);
  const documents =
    url === undefined
      ? openSqliteDocumentStore({ path: path.join(folder, 'views.sqlite') })
      : await openServedViews(url, `flexledger_bench_${process.pid}`);
  const figures = await measureViews(log, documents, seconds);
  await log.close();
  answerApart(figures);
}

void main(JSON.parse(process.argv[2]!) as ViewsOpening, Number(process.argv[3]));
