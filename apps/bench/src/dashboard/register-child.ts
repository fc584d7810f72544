/** Entry of a process of its own: registers PoDs in the log of a folder whose platform is stopped. */
import {
  type PodEvent,
  type ProposedEvent,
  currentVersionOf,
  podIdOf,
  podStream,
} from '@flexledger/domain';
import { logFile, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { answerApart } from '../run-apart';

const AT_ONCE = 2_000;
const AGGREGATORS = 3;
const REGISTERED_AT = '2026-03-17T00:00:00.000Z';

function registration(pod: number): readonly [stream: string, event: ProposedEvent] {
  const podId = podIdOf(pod);
  const id = uuidFrom(`bench/register/${pod}`);
  const registered: PodEvent = {
    type: 'PodRegistered',
    data: {
      podId,
      aggregatorId: `AGG${1 + (pod % AGGREGATORS)}`,
      customerKind: 'household',
      contractedPowerW: 3_000,
      annualEnergyKwh: 2_700,
      pvPeakW: pod % 5 === 0 ? 3_000 : 0,
      wallet: `0x${pod.toString(16).padStart(40, '0')}`,
    },
  };
  return [
    podStream(podId),
    {
      ...registered,
      id,
      schemaVersion: currentVersionOf(registered.type),
      occurredAt: REGISTERED_AT,
      correlationId: id,
      causationId: id,
      actor: 'platform:bench',
    },
  ];
}

async function main(dataDir: string, pods: number): Promise<void> {
  const store = openSqliteEventStore({
    path: logFile(dataDir),
    clock: wallClock,
  });
  const startedMs = performance.now();
  for (let at = 0; at < pods; at += AT_ONCE) {
    const round = Array.from({ length: Math.min(AT_ONCE, pods - at) }, (_, index) =>
      registration(1_000_000 + at + index),
    );
    await Promise.all(round.map(([stream, event]) => store.append(stream, 'noStream', [event])));
  }
  const appendSeconds = (performance.now() - startedMs) / 1e3;
  await store.close();
  answerApart({ appendSeconds });
}

void main(process.argv[2]!, Number(process.argv[3]));
