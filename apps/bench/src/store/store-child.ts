/** Entry of a process of its own: measures one store. */
import path from 'node:path';
import {
  BEFORE_FIRST,
  type EventStore,
  openLog,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { answerApart } from '../run-apart';
import { type MeasuredStore, measureStore } from './measure-store';
import { emmettPostgres, emmettSqlite, jetStream } from './peer-stores';

/** What a store is opened with: the folder for its files, an address where it is a server, its package where it is a peer. */
export interface StoreOpening {
  readonly kind: string;
  readonly folder: string;
  readonly url: string;
  readonly peerFolder: string;
}

const STORES: Readonly<Record<string, (opening: StoreOpening) => Promise<MeasuredStore>>> = {
  sqlite: async ({ folder }) =>
    measured(openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock })),
  server: async ({ folder, url }) =>
    measured(
      await openLog(
        { dataDir: folder, url, namespace: `bench-${process.pid}` },
        { clock: wallClock },
      ),
    ),
  'emmett-sqlite': emmettSqlite,
  'emmett-postgresql': emmettPostgres,
  jetstream: jetStream,
};

function measured(store: EventStore): MeasuredStore {
  return {
    append: (stream, events) => store.append(stream, 'any', events),
    readAll: () => store.readAll({ readAhead: true }),
    async follow(count) {
      let seen = 0;
      for await (const _ of store.subscribe({ after: BEFORE_FIRST })) {
        seen += 1;
        if (seen === count) return;
      }
    },
    close: () => store.close(),
  };
}

async function main(opening: StoreOpening, seconds: number): Promise<void> {
  const store = await STORES[opening.kind]!(opening);
  const figures = await measureStore(store, seconds);
  await store.close();
  answerApart(figures);
  // A client of others may keep a timer or a socket.
  process.stdout.write('', () => process.exit(0));
}

void main(JSON.parse(process.argv[2]!) as StoreOpening, Number(process.argv[3]));
