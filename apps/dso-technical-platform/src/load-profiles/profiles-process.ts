import { DomainError, addDays, civilDay, localTimeMs } from '@flexledger/domain';
import { type Processor, contextOf } from '@flexledger/event-store';
import { type Clock, type Timers, messageOf, withoutFullStop } from '@flexledger/runtime';
import type { LoadProfiles } from './load-profiles';

export interface ProfilesProcessOptions {
  readonly gridId: string;
  readonly timeZone: string;
  readonly profiles: Pick<LoadProfiles, 'monthBegan'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onProblem: (problem: string) => void;
}

/** Local time on the first of a month: the day before is over, and its forecasts are made later in the day. */
const REWORK_AT = '01:00';
/** A month that began before is looked at so much later: platforms that come up together can answer by then. */
const COMING_UP_MS = 60_000;
/** What fails, for another platform or the log does not answer, is tried again so much later, as long as the month lasts. */
const AGAIN_MS = 600_000;

/**
 * Reworks profiles as each month begins, by the calendar alone: also where no session was scheduled. An instance that
 * takes over, or comes up later in a month, does what is missing of that month.
 */
export function createProfilesProcess(options: ProfilesProcessOptions): Processor {
  const { gridId, timeZone, profiles, clock, timers, onProblem } = options;
  const beganMs = (month: string): number => localTimeMs(`${month}-01`, 0, REWORK_AT, timeZone);

  return {
    name: 'dso/profiles',
    types: [],
    handle: async () => {},
    async begin({ signal }) {
      let cancel = (): void => {};
      const arm = (month: string, atMs: number): void => {
        if (signal.aborted) return;
        const name = `dso/profiles/${month}`;
        cancel = timers.at(atMs, name, async () => {
          const next = monthAfter(month);
          try {
            await profiles.monthBegan(month, contextOf(`${name}/${gridId}`, name, 'dso'));
            arm(next, beganMs(next));
          } catch (error) {
            if (signal.aborted) return;
            const told = `${name}: ${withoutFullStop(messageOf(error))}.`;
            if (error instanceof DomainError) {
              // The same refusal would come back.
              onProblem(told);
              return arm(next, beganMs(next));
            }
            onProblem(`${told} It is tried again by itself.`);
            arm(month, clock.nowMs() + AGAIN_MS);
          }
        });
      };
      signal.addEventListener('abort', () => cancel(), { once: true });
      const month = monthOf(civilDay(clock.nowMs(), timeZone));
      arm(month, Math.max(beganMs(month), clock.nowMs() + COMING_UP_MS));
    },
  };
}

const monthOf = (day: string): string => day.slice(0, 'yyyy-mm'.length);

function monthAfter(month: string): string {
  const MOST_DAYS = 31;
  return monthOf(addDays(`${month}-01`, MOST_DAYS));
}
