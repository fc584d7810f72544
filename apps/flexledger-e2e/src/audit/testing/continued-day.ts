/** A data folder that an earlier release made, opened and continued by the platform of today. */
import { type PodCommand, type RecordedEvent, businessDigest } from '@flexledger/domain';
import { openSqliteEventStore, logFile } from '@flexledger/event-store';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { sha256 } from '@flexledger/identity';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import { gridFile, loadRulePack, openTokens } from '@flexledger/service-kit';
import { loadConfig, type WholePlatform, openWholePlatform } from '@flexledger/composer';

export const NEW_POD = 'IT002E60009999';
/** Some days after the released one, and the day that is sold then. */
const OPENED_AT = '2026-03-24T08:00:00Z';
export const NEW_DAY = '2026-03-26';
/** Its day-ahead session is over. */
const CLOSED_AT = '2026-03-25T20:00:00Z';

/** Digest of a folder's log, as `flexledger digest --business` prints it. */
export async function digestOf(dataDir: string): Promise<string> {
  const log = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    return (await businessDigest(sha256, log.readAll())).digest;
  } finally {
    await log.close();
  }
}

/** The platform of today on a folder of an earlier day, at an instant after it. */
export async function openOldDay(
  dataDir: string,
  at = OPENED_AT,
): Promise<{ readonly platform: WholePlatform; readonly clock: VirtualClock }> {
  const clock = new VirtualClock(Date.parse(at));
  const tokens = await openTokens(dataDir);
  const platform = await openWholePlatform({
    config: loadConfig({ flags: { dataDir, http: { port: 0 }, mqtt: { port: 0 } } }),
    clock,
    timers: clock,
    rules: loadRulePack('platone'),
    grid: { gridId: 'ieee33', model: gridFile('ieee33'), limits: OPEN_LIMITS },
    mode: 'drain',
    expectedNodes: 20,
    tokenOf: tokens.tokenOf,
    onProblem(problem) {
      throw new Error(problem);
    },
  });
  return { platform, clock };
}

/** Registers a PoD of AGG1 through the register's port. */
export async function registerPod({ customers }: WholePlatform, podId: string): Promise<void> {
  const registration: PodCommand = {
    kind: 'registerPod',
    podId,
    aggregatorId: 'AGG1',
    customerKind: 'household',
    contractedPowerW: 6_000,
    annualEnergyKwh: 3_000,
    pvPeakW: 0,
    wallet: `0x${'9'.repeat(40)}`,
  };
  const request = { requestId: `register/${podId}`, actor: 'aggregator:AGG1' };
  const [answer] = await customers.ports.register.submit([registration], request);
  if (!answer!.accepted) throw answer!.error;
}

/**
 * Registers a PoD, sells another day's flexibility by day-ahead, seals and closes.
 *
 * @param beside called at each turn before the platform works on, as a process beside it would write
 * @returns what was written
 */
export async function continueDay(
  dataDir: string,
  beside: () => Promise<void> = async () => {},
): Promise<readonly RecordedEvent[]> {
  const { platform, clock } = await openOldDay(dataDir);
  try {
    const { market, processors, certifier, store } = platform;
    const before = await store.head();
    const turn = async (): Promise<void> => {
      await beside();
      await processors.drain();
    };
    await turn();
    await registerPod(platform, NEW_POD);
    await turn();
    await market.calendar.scheduleDay(NEW_DAY);
    await turn();
    await clock.advanceTo(Date.parse(CLOSED_AT), turn);
    await certifier.certifier.seal();
    await processors.drain();
    const written: RecordedEvent[] = [];
    for await (const event of store.readAll({ after: before })) written.push(event);
    return written;
  } finally {
    await platform.close();
  }
}
