/** Entry of a process of its own: the stored session as a running market clears it, from fold to record. */
import { sessionInput } from '@flexledger/domain';
import { clearSession, createMarketSessions, scheduledSession } from '@flexledger/market-platform';
import { openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { answerApart } from '../run-apart';
import { BENCH_SESSION } from './market-log';

async function main(path: string): Promise<void> {
  const { rulePack } = loadRulePack('platone');
  const store = await openSqliteEventStore({ path, clock: wallClock, readOnly: true });
  const register = { lookUp: () => Promise.reject(new Error('the bids stand already')) };
  const sessions = createMarketSessions({ store, clock: wallClock, register });
  const startedMs = performance.now();
  const session = await scheduledSession(sessions, BENCH_SESSION);
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
