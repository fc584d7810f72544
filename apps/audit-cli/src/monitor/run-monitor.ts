/** `flexledger monitor`: follows a log round by round, and says what is wrong with it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TrustPolicy } from '@flexledger/audit';
import { EXIT_CODES, print, printJson, tell } from '@flexledger/command-line';
import { type Clock, isoNow, wallClock } from '@flexledger/runtime';
import { readTrustFile } from '../trust-file';
import { type Alarm, followLog } from './follow-log';
import {
  type MonitorState,
  readMonitorState,
  withAlarms,
  writeMonitorState,
} from './monitor-state';
import { LogUnreachable, type ServedTiles, servedTiles } from './served-tiles';

/** Flags of `flexledger monitor`. */
export interface MonitorFlags {
  readonly url: string;
  readonly trust: string;
  readonly state: string;
  /** Seconds between rounds. */
  readonly every: number;
  readonly once: boolean;
  readonly json: boolean;
}

/** What a round came to. */
export interface Round {
  /** Entries that were checked so far, all of the log's when all is well. */
  readonly size: number;
  /** Raised in this round, also where they had been raised before. */
  readonly alarms: readonly Alarm[];
  /** Why the log could not be followed; undefined when it could. */
  readonly unreachable?: string;
}

/** How long a checkpoint is waited for that its witnesses have only begun to cosign. */
const COSIGNED_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 1_000;

/** Follows the log once, and keeps what was seen. @throws UsageError when the state cannot be read or written */
export async function monitorOnce(
  served: ServedTiles,
  {
    trust,
    stateFile,
    clock,
  }: {
    readonly trust: TrustPolicy;
    readonly stateFile: string;
    readonly clock: Clock;
  },
  patienceMs = COSIGNED_WITHIN_MS,
): Promise<Round> {
  const state = readMonitorState(stateFile, trust.origin);
  try {
    let followed = await followLog(served, trust, state.seen);
    for (
      const latestMs = clock.nowMs() + patienceMs;
      clock.nowMs() < latestMs && isUncosignedOnly(followed.alarms);
    ) {
      await pause(ASK_AGAIN_MS);
      followed = await followLog(served, trust, state.seen);
    }
    const { seen, alarms } = followed;
    const next: MonitorState = withAlarms({ ...state, seen }, alarms, isoNow(clock)).state;
    writeMonitorState(stateFile, next);
    return { size: seen.frontier.size, alarms };
  } catch (error) {
    if (!(error instanceof LogUnreachable)) throw error;
    return { size: state.seen.frontier.size, alarms: [], unreachable: error.message };
  }
}

function isUncosignedOnly(alarms: readonly Alarm[]): boolean {
  return alarms.length > 0 && alarms.every(({ kind }) => kind === 'cosignatures');
}

/** Runs once, or until it is told to end; the exit code is 1 when an alarm was raised or the log not reached. */
export async function runMonitor(flags: MonitorFlags): Promise<void> {
  const trust = readTrustFile(flags.trust);
  const served = servedTiles(flags.url);
  const ending = new AbortController();
  if (!flags.once) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => ending.abort());
    }
  }
  do {
    const basis = { trust, stateFile: flags.state, clock: wallClock };
    const round = await monitorOnce(served, basis);
    say(round, flags.json);
    if (round.alarms.length > 0 || (flags.once && round.unreachable !== undefined)) {
      process.exitCode = EXIT_CODES.failed;
    }
    if (flags.once) return;
    await pause(flags.every * 1_000, undefined, { signal: ending.signal }).catch(() => {});
  } while (!ending.signal.aborted);
}

function say({ size, alarms, unreachable }: Round, json: boolean): void {
  if (json) return printJson({ size, alarms, ...(unreachable !== undefined && { unreachable }) });
  for (const { kind, what } of alarms) tell(`ALARM ${kind}: ${what}`);
  if (unreachable !== undefined) tell(`not reached: ${unreachable}`);
  else if (alarms.length === 0) print(`${size} entries, all under what the log has signed`);
}
