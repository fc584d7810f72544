/** Entry of a process of its own: the stored session as a running market clears it, from fold to record. */
import { marketSessionDecider, sessionInput, sessionStream } from '@flexledger/domain';
import { createCommandHandler, openSqliteEventStore } from '@flexledger/event-store';
import { clearSession } from '@flexledger/market-platform';
import { wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { answerApart } from '../run-apart';
import { BENCH_SESSION } from './market-log';

async function main(path: string): Promise<void> {
  const { rulePack } = loadRulePack('platone');
  const store = await openSqliteEventStore({ path, clock: wallClock, readOnly: true });
  const sessions = createCommandHandler({
    store,
    clock: wallClock,
    decider: marketSessionDecider,
  });
  const startedMs = performance.now();
  const session = await sessions.stateOf(sessionStream(BENCH_SESSION));
  if (session.status === 'unknown') throw new Error(`${path} holds no session ${BENCH_SESSION}`);
  const { rows } = await clearSession(sessionInput(session, { status: 'unknown' }), rulePack, 0);
  const seconds = (performance.now() - startedMs) / 1e3;
  let dsoServedWMtu = 0;
  for (const { requester, acceptedW } of rows) {
    if (requester === 'DSO') dsoServedWMtu += acceptedW.reduce((sum, watts) => sum + watts, 0);
  }
  await store.close();
  answerApart({ seconds, dsoServedWMtu: String(dsoServedWMtu) });
}

void main(process.argv[2]!);
