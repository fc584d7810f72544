import { type Schedule, DomainError, localTimeMs } from '@flexledger/domain';
import { type Processor, contextOf } from '@flexledger/event-store';
import { type Clock, type Timers, messageOf, withoutFullStop } from '@flexledger/runtime';
import type { LoadProfiles } from './load-profiles';

export interface ProfilesProcessOptions {
  readonly gridId: string;
  readonly timeZone: string;
  readonly profiles: Pick<LoadProfiles, 'monthBegan'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly liveSessionsAfter: () => Promise<number>;
  readonly onProblem: (problem: string) => void;
}

/** Local time on the first of a month: the day before is over, and its forecasts are made later in the day. */
const REWORK_AT = '01:00';
/** What fails, for another platform or the log does not answer, is tried again so much later, as long as the month lasts. */
const AGAIN_MS = 600_000;

/**
 * Reworks profiles as a month begins in which something is delivered; an instance that takes over, or comes up later in
 * the month, finds the month by its sessions and does what is missing.
 */
export function createProfilesProcess(options: ProfilesProcessOptions): Processor {
  const { gridId, timeZone, profiles, clock, timers, onProblem } = options;
  const armed = new Set<string>();

  function arm(month: string, atMs: number): void {
    const name = `dso/profiles/${month}`;
    timers.at(atMs, name, async () => {
      try {
        await profiles.monthBegan(month, contextOf(`${name}/${gridId}`, name, 'dso'));
      } catch (error) {
        const told = `${name}: ${withoutFullStop(messageOf(error))}.`;
        // The same refusal would come back.
        if (error instanceof DomainError) return onProblem(told);
        onProblem(`${told} It is tried again by itself.`);
        arm(month, clock.nowMs() + AGAIN_MS);
      }
    });
  }

  return {
    name: 'dso/profiles',
    types: ['SessionScheduled'],
    replayAfter: options.liveSessionsAfter,
    handle: async ({ data }) => {
      const month = (data as Schedule).deliveryDay.slice(0, 'yyyy-mm'.length);
      if (armed.has(month)) return;
      armed.add(month);
      arm(month, localTimeMs(`${month}-01`, 0, REWORK_AT, timeZone));
    },
  };
}
