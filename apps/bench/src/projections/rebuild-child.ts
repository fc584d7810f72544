/** Entry of a process of its own: writes a log of measurements and rebuilds every read model from it. */
import path from 'node:path';
import { openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { answerApart } from '../run-apart';
import { measureRebuild } from './measure-rebuild';
import { BENCH_PODS, measurementEvent } from './measurement-log';

async function main(folder: string, events: number): Promise<void> {
  const store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  let appendSeconds = 0;
  for (let at = 0; at < events; at += BENCH_PODS) {
    const round = Array.from({ length: Math.min(BENCH_PODS, events - at) }, (_, pod) =>
      measurementEvent(pod, at / BENCH_PODS),
    );
    const startedMs = performance.now();
    await Promise.all(round.map(({ streamId, event }) => store.append(streamId, 'any', [event])));
    appendSeconds += (performance.now() - startedMs) / 1e3;
  }
  const rebuild = await measureRebuild(store, folder, events);
  await store.close();
  answerApart({ ...rebuild, appendSeconds });
}

void main(process.argv[2]!, Number(process.argv[3]));
