import { computed } from '@flexledger/log-cli';

type Kpis = Awaited<ReturnType<typeof computed.kpis>>;
type Replay = Awaited<ReturnType<typeof computed.replay>>;

/** What `flexledger kpis` computes. */
export const kpisFrom = async (...given: Parameters<Kpis['kpisFrom']>) =>
  (await computed.kpis()).kpisFrom(...given);

/** What `flexledger replay` computes. */
export const replayFrom = async (...given: Parameters<Replay['replayFrom']>) =>
  (await computed.replay()).replayFrom(...given);
