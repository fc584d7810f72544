/** A log that follows a served market by a mirror, as one that stands elsewhere would. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MirroredCheckpoint, MirroredEvent } from '@flexledger/domain';
import { type EventStore, logFile, openSqliteEventStore } from '@flexledger/event-store';
import { sleep, wallClock } from '@flexledger/runtime';
import { clientIdOf, createMirror, readClientSecret, tokenOfClient } from '@flexledger/service-kit';
import type { ServedDay } from '../../testing/served-day';

/**
 * Lets a party follow the whole day, with all proofs.
 *
 * @param own folder that its log is made in
 */
export async function followMarket(
  { url, dataDir, platform }: ServedDay,
  party: string,
  own: string,
): Promise<void> {
  mkdirSync(own, { recursive: true });
  const secretFile = path.join(own, 'market.secret');
  const clientId = clientIdOf(party);
  writeFileSync(secretFile, readClientSecret(dataDir, clientId));
  const log = openSqliteEventStore({ path: logFile(own), clock: wallClock });
  const problems: string[] = [];
  const mirror = createMirror({
    source: { name: 'market', url, certifierUrl: url, party },
    token: tokenOfClient({ issuerUrl: url, clientId, secretFile, clock: wallClock }),
    log,
    clock: wallClock,
    onProblem: (problem) => void problems.push(problem),
    proveEveryMs: 200,
  });
  const stop = new AbortController();
  await mirror.begin!({ signal: stop.signal, fence: 1 });
  let sealed = 0;
  const filter = { types: ['CheckpointSealed'] };
  for await (const { data } of platform.store.readAll({ filter })) {
    sealed = (data as { lastPosition: number }).lastPosition;
  }
  while (!(await isProved(log, sealed))) await sleep(200);
  stop.abort();
  await sleep(200);
  await log.close();
  expect(problems).toEqual([]);
}

/** Whether there is a proof of the last event that was shown of those up to a position. */
async function isProved(log: EventStore, upTo: number): Promise<boolean> {
  let last = -1;
  let isBeyond = false;
  let proved = -1;
  for await (const { type, data } of log.readStream('mirror-market')) {
    if (type === 'EventsMirrored') {
      for (const { position } of (data as { events: readonly MirroredEvent[] }).events) {
        if (position <= upTo) last = position;
        else isBeyond = true;
      }
    } else if (type === 'CheckpointMirrored') {
      proved = (data as MirroredCheckpoint).inclusions.at(-1)?.position ?? proved;
    }
  }
  return isBeyond && proved === last;
}
