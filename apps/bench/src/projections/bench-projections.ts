import { inTemporaryFolder } from '../leave-nothing';
import { runApart } from '../run-apart';
import { installPeer } from '../install-peer';
import type { Rebuild } from './measure-rebuild';

/** `flexledger bench projections`: a full rebuild of all read models. */
export interface ProjectionsBench extends Measured {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly peakMb: number;
}

/** `seconds` and `cpuSeconds`: rebuilding every read model into an empty file, the median of three. */
interface Measured extends Rebuild {
  /** Appending the events, one a call, 1,500 calls at once. */
  readonly appendSeconds: number;
}

/** Emmett's SQLite store on the same events, in the same run. */
export type ProjectionsPeer =
  | { readonly name: string; readonly skipped: string }
  | (ProjectionsBench & {
      readonly name: string;
      readonly version: string;
      /** What the figures compare. */
      readonly compared: string;
      readonly consumerSeconds: number;
      readonly consumerEventsPerSecond: number;
    });

const EVENTS = 300_000;
const PEER = '@event-driven-io/emmett-sqlite';
const PEER_VERSION = '0.38.5';
const PEER_PACKAGES = {
  [PEER]: PEER_VERSION,
  '@event-driven-io/emmett': PEER_VERSION,
  sqlite3: '5.1.7',
};
const COMPARED =
  'seconds: its log, read by batches of 1,000, feeds the same views and document store as ours; ' +
  'consumerSeconds: its own consumer and processor, without pauses, to the same documents; ' +
  'appendSeconds: all events of a stream a call, where ours appends one event a call';

/**
 * Rebuilds all read models from a log of signed quarter-hours of 1,500 PoDs, from an empty file; then
 * the same from Emmett's SQLite store, where npm can install it.
 */
export async function benchProjections(onResult: (result: object) => void): Promise<{
  readonly results: readonly ProjectionsBench[];
  readonly peer: ProjectionsPeer;
}> {
  const result = await benchOurs();
  onResult(result);
  const peer = await benchPeer();
  onResult(peer);
  return { results: [result], peer };
}

function benchOurs(): Promise<ProjectionsBench> {
  return inTemporaryFolder(async (folder) => {
    const run = await runApart<Measured>(`${__dirname}/rebuild-child`, [folder, String(EVENTS)]);
    if (!run) throw new Error('The rebuild took more than ten minutes.');
    return resultOf(run.answer, run.peakMb);
  });
}

async function benchPeer(): Promise<ProjectionsPeer> {
  const peer = await installPeer(`emmett-sqlite-${PEER_VERSION}`, PEER_PACKAGES);
  if ('skipped' in peer) return { name: PEER, skipped: peer.skipped };
  try {
    return await inTemporaryFolder(async (folder) => {
      const run = await runApart<Measured & { consumerSeconds: number }>(
        `${__dirname}/emmett-child`,
        [peer.folder, folder, String(EVENTS)],
      );
      if (!run) return { name: PEER, skipped: 'it took more than ten minutes' };
      const { consumerSeconds } = run.answer;
      const consumerEventsPerSecond = Math.round(EVENTS / consumerSeconds);
      const consumed = { consumerSeconds, consumerEventsPerSecond };
      const name = { name: PEER, version: PEER_VERSION, compared: COMPARED };
      return { ...name, ...resultOf(run.answer, run.peakMb), ...consumed };
    });
  } catch (error) {
    const reason = (error as Error).message;
    return { name: PEER, skipped: `${reason} (installed in ${peer.folder})` };
  }
}

function resultOf(measured: Measured, peakMb: number): ProjectionsBench {
  const { seconds, cpuSeconds, appendSeconds } = measured;
  const eventsPerSecond = Math.round(EVENTS / seconds);
  return { events: EVENTS, seconds, eventsPerSecond, cpuSeconds, peakMb, appendSeconds };
}
