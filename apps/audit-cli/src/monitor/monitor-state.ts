/** What a monitor has seen, in a file: written whole or not at all, and of one log. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { UsageError } from '@flexledger/command-line';
import { fromHex, toHex } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { MerkleFrontier } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import type { Alarm, SeenLog } from './follow-log';

const FORMAT = 'flexledger/monitor@1';
/** Alarms kept with their evidence; a log that goes on contradicting itself fills no disk. */
const ALARMS_AT_MOST = 1_000;

/** An alarm, and when it was raised. */
export interface KeptAlarm extends Alarm {
  readonly at: string;
}

export interface MonitorState {
  readonly origin: string;
  readonly seen: SeenLog;
  /** The first so many, each once; of cosignatures only while there is room for others. */
  readonly alarms: readonly KeptAlarm[];
}

/** A monitor that has seen nothing of a log. */
export function nothingSeen(origin: string): MonitorState {
  return {
    origin,
    seen: { frontier: new MerkleFrontier(sha256), note: undefined, keyChanges: [] },
    alarms: [],
  };
}

/**
 * Reads the file; where there is none the monitor begins with the log's first entry.
 *
 * @throws UsageError when it is of another log, or cannot be read
 */
export function readMonitorState(file: string, origin: string): MonitorState {
  if (!existsSync(file)) return nothingSeen(origin);
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly format: string;
      readonly origin: string;
      readonly frontier: string;
      readonly note: string | null;
      readonly alarms: readonly KeptAlarm[];
      /** Absent where the log has had one key. */
      readonly keyChanges?: readonly string[];
    };
    if (stored.format !== FORMAT) throw new Error(`its format is not ${FORMAT}`);
    if (stored.origin !== origin) {
      throw new Error(`it is of the log ${stored.origin}, the trust file of ${origin}`);
    }
    if (!Array.isArray(stored.alarms)) throw new Error('its alarms are no list');
    const frontier = MerkleFrontier.restore(sha256, fromHex(stored.frontier));
    const { keyChanges = [] } = stored;
    const seen = { frontier, note: stored.note ?? undefined, keyChanges };
    return { origin, seen, alarms: stored.alarms };
  } catch (error) {
    throw new UsageError(
      `The state file ${file} cannot be used: ${messageOf(error)}. Restore it from a copy; without it the ` +
        'monitor would begin anew and not notice what was rewritten since.',
    );
  }
}

/** Writes the file in the place of an earlier one. @throws UsageError */
export function writeMonitorState(file: string, { origin, seen, alarms }: MonitorState): void {
  const stored = {
    format: FORMAT,
    origin,
    size: seen.frontier.size,
    frontier: toHex(seen.frontier.serialise()),
    note: seen.note ?? null,
    ...(seen.keyChanges.length > 0 && { keyChanges: seen.keyChanges }),
    alarms,
  };
  try {
    const beside = `${file}.${process.pid}.new`;
    writeFileSync(beside, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
    renameSync(beside, file);
  } catch (error) {
    throw new UsageError(`The state file ${file} cannot be written: ${messageOf(error)}.`);
  }
}

/** The state with new alarms, of which those that stand in it already are left out. */
export function withAlarms(
  state: MonitorState,
  alarms: readonly Alarm[],
  at: string,
): { readonly state: MonitorState; readonly fresh: readonly Alarm[] } {
  const known = new Set(state.alarms.map(({ kind, what }) => `${kind} ${what}`));
  const fresh = alarms.filter(({ kind, what }) => !known.has(`${kind} ${what}`));
  const kept = [...state.alarms, ...fresh.map((alarm) => ({ ...alarm, at }))];
  return { state: { ...state, alarms: firstOf(kept) }, fresh };
}

/** The first so many. A witness that is away is told of at each checkpoint, and must not hide what is wrong with the log. */
function firstOf(alarms: readonly KeptAlarm[]): readonly KeptAlarm[] {
  const others = alarms.filter(({ kind }) => kind !== 'cosignatures').length;
  let room = Math.max(0, ALARMS_AT_MOST - others);
  const kept = alarms.filter(({ kind }) => kind !== 'cosignatures' || room-- > 0);
  return kept.slice(0, ALARMS_AT_MOST);
}
