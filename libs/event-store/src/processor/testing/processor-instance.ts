/**
 * An instance in a process of its own, which `processes.int-spec.ts` stops and kills. Arguments: the
 * log's path, the state's path, the owner. It answers each `Asked` once, and prints `handled <name>`
 * before the checkpoint, and `problem <name of the error>`.
 */
import { writeSync } from 'node:fs';
import { wallClock } from '@flexledger/runtime';
import { openSqliteEventStore } from '../../sqlite/sqlite-event-store';
import { createProcessorRunner } from '../runner';
import { openSqliteProcessorState } from '../sqlite-processor-state';
import { answering, nameOf } from './trial';

const [log = '', statePath = '', owner = ''] = process.argv.slice(2);

async function follow(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const store = await openSqliteEventStore({ path: log, clock: wallClock });
  const state = await openSqliteProcessorState({ path: statePath, clock: wallClock });
  const answers = answering(store, wallClock);
  const processor = {
    ...answers,
    async handle(event: Parameters<typeof answers.handle>[0]) {
      await answers.handle(event);
      print(`handled ${nameOf(event.data)}`);
    },
  };
  const runner = createProcessorRunner({
      store,
      state,
      owner,
      processors: [processor],
      clock: wallClock,
      leaseMs: 1_000,
      decode: (event) => event,
    viewsReady: async () => {},
    onProblem: ({ error }) => print(`problem ${(error as Error).name}`),
  });
  print('open');
  await runner.follow(stop.signal);
  await state.close();
  await store.close();
}

/** Synchronously, so that a line printed before the kill is a line that arrives. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

void follow();
