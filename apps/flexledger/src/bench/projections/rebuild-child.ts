/** Entry of a process of its own: writes a log of measurements and rebuilds every read model from it. */
import path from 'node:path';
import { type MeterEvent, meterStream } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { openViews } from '@flexledger/projections';
import { isoFromMs, wallClock } from '@flexledger/runtime';
import { podIdOf } from '../../simulate/scenario';
import { answerApart } from '../run-apart';

const PODS = 1_500;
const START_MS = Date.parse('2026-03-17T00:00:00Z');
const MTU_MS = 900_000;

async function main(folder: string, events: number): Promise<void> {
  const store = await openSqliteEventStore({
    path: path.join(folder, 'log.sqlite'),
    clock: wallClock,
  });
  for (let at = 0; at < events; at += PODS) {
    const sequence = at / PODS;
    await Promise.all(
      Array.from({ length: Math.min(PODS, events - at) }, (_, pod) => {
        const { event, streamId } = measurement(podIdOf(pod), sequence);
        const id = uuidFrom(`bench/${pod}/${sequence}`);
        return store.append(streamId, 'any', [
          {
            ...event,
            id,
            schemaVersion: 1,
            occurredAt: isoFromMs(START_MS + sequence * MTU_MS),
            correlationId: id,
            causationId: id,
            actor: 'platform:bench',
          },
        ]);
      }),
    );
  }
  const views = openViews({ path: path.join(folder, 'views.sqlite'), store });
  const startedMs = performance.now();
  const read = await views.runner.catchUp();
  const seconds = (performance.now() - startedMs) / 1e3;
  await views.close();
  await store.close();
  answerApart({ seconds, events: read });
}

function measurement(podId: string, sequence: number): { event: MeterEvent; streamId: string } {
  const mtuStart = isoFromMs(START_MS + sequence * MTU_MS);
  const inputData = {
    podId,
    sequence,
    mtuStart,
    withdrawnWh: 100 + (sequence % 50),
    injectedWh: 0,
    reactiveVarh: 10,
    withdrawnTotalWh: sequence * 120,
    injectedTotalWh: 0,
  };
  const data = {
    podId,
    sequence,
    inputData,
    hash: ''.padEnd(64, 'a'),
    signedHash: ''.padEnd(128, 'b'),
  };
  return { event: { type: 'MeasurementRecorded', data }, streamId: meterStream(podId, mtuStart) };
}

void main(process.argv[2]!, Number(process.argv[3]));
