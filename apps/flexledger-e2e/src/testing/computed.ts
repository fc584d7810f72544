import { computed } from '@flexledger/log-cli';

type Kpis = Awaited<ReturnType<typeof computed.kpis>>;
type Replay = Awaited<ReturnType<typeof computed.replay>>;

/** The points that `flexledger clear --session --pareto` finds in a recorded session. */
export async function frontFrom(dataDir: string, session: string) {
  const { paretoOfInstance, problemOf } = await computed.clear();
  const { instance, parameters } = await problemOf(undefined, { session, data: dataDir });
  return (await paretoOfInstance(instance, 1, undefined, parameters)).points;
}

/** What `flexledger kpis` computes. */
export const kpisFrom = async (...given: Parameters<Kpis['kpisFrom']>) =>
  (await computed.kpis()).kpisFrom(...given);

/** What `flexledger replay` computes. */
export const replayFrom = async (...given: Parameters<Replay['replayFrom']>) =>
  (await computed.replay()).replayFrom(...given);
