/**
 * One clock over organisations that hear of each other in real time: it goes on once nothing is under way,
 * neither within them nor between them.
 */
import { type Clock, sleep } from '@flexledger/runtime';
import { type OrganisationState, shownKey } from './messages';
import type { Organisation } from './organisation';
import { shownTo } from './organisations';

/** The clock of all of them. */
export interface CommonClock extends Clock {
  /** Runs what is due up to an instant, each timer followed by all that follows from it, in every log. */
  advanceTo(untilMs: number): Promise<void>;
  /** Sets it to an instant; what is due then waits until the clock advances next. */
  hold(atMs: number): Promise<void>;
  /** Resolves when nothing is under way. */
  settle(): Promise<void>;
}

/** How often is looked whether something is still under way. */
const LOOK_EVERY_MS = 5;

/**
 * @param startMs when it begins
 * @param isCut whether two cannot reach each other just now: what one has to say is not waited for by the other
 */
export function commonClock(
  organisations: readonly Organisation[],
  startMs: number,
  isCut: (one: string, other: string) => boolean = () => false,
): CommonClock {
  let nowMs = startMs;
  let states = new Map<Organisation, OrganisationState>();
  const isCutOff = ({ name }: Organisation): boolean =>
    organisations.some((other) => isCut(name, other.name));

  async function look(): Promise<boolean> {
    const followed = organisations.flatMap(({ config }) => config.mirrors);
    const asked = organisations.map(async (one) => {
      const own = followed.filter(({ name }) => name === one.mirrorName).map(shownTo);
      const parties = [...new Map(own.map((to) => [shownKey(to), to])).values()];
      const state = await one.ask({ kind: 'status', parties });
      return [one, state!] as const;
    });
    states = new Map(await Promise.all(asked));
    return [...states].every(([follower, { isIdle, mirrored }]) => {
      const hasHeard = follower.config.mirrors.every((mirror) => {
        const { name } = mirror;
        const other = organisations.find(({ mirrorName }) => mirrorName === name)!;
        if (isCut(follower.name, other.name)) return true;
        return mirrored[name]! >= states.get(other)!.shown[shownKey(shownTo(mirror))]!;
      });
      // Who cannot reach another tries again and again: that is not waited for.
      return hasHeard && (isIdle || isCutOff(follower));
    });
  }
  const heads = (): string => [...states.values()].map(({ head }) => head).join();

  async function settle(): Promise<void> {
    // Twice at the same place: nothing was under way between the two.
    for (let before = ''; ;) {
      const isQuiet = await look();
      const now = heads();
      if (isQuiet && now === before) return;
      before = isQuiet ? now : '';
      if (!isQuiet) await sleep(LOOK_EVERY_MS);
    }
  }
  async function setAll(instantMs: number): Promise<void> {
    nowMs = Math.max(nowMs, instantMs);
    await Promise.all(organisations.map((one) => one.ask({ kind: 'setClock', nowMs })));
  }
  /** Whose timer is due first: by instant, then by name, as one clock has it. */
  function first(): readonly [Organisation, number] | undefined {
    const timers = [...states].flatMap(([one, { next }]) => (next ? [{ one, ...next }] : []));
    timers.sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1));
    const [found] = timers;
    return found && [found.one, found.atMs];
  }
  return {
    nowMs: () => nowMs,
    settle,
    async advanceTo(untilMs) {
      await settle();
      for (let due = first(); due && due[1] <= untilMs; due = first()) {
        const [one, atMs] = due;
        await setAll(atMs);
        await one.ask({ kind: 'fire' });
        await settle();
      }
      await setAll(untilMs);
    },
    hold: setAll,
  };
}
