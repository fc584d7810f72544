/**
 * The baseline of one PoD on one delivery day by the rule pack's method, pure and in whole watts
 * (DESIGN 11, D3.5 section 3.1.4). Where too little was measured the nominated baseline takes the
 * method's place and the result says so: nothing is guessed, and nothing is replaced in silence.
 */
import type { BaselineMethod, BaselineRules } from '../rule-pack/rule-pack';
import { MTU_MINUTES, addDays } from '../time/delivery-day';
import type { DayCalendar } from './like-days';
import { type PodDay, meanHalfEven, meanOfLikeDays } from './mean-of-days';

/** What is known of a PoD for the baseline of a delivery day. */
export interface PodHistory {
  readonly podId: string;
  /** W by MTU of the delivery day as the aggregator declared it; undefined when it did not. */
  readonly nominatedW: readonly number[] | undefined;
  /**
   * By ISO date, the days of `historyDays`; the delivery day's `activated` says for which MTUs the
   * PoD sold flexibility in any session of the day.
   */
  readonly days: ReadonlyMap<string, PodDay>;
}

/** A baseline with the method that was used, which the row of a settlement carries. */
export interface Baseline {
  /** `none` where no method could be used and nobody nominated one. */
  readonly method: BaselineMethod | 'none';
  /** W by MTU of the delivery day, withdrawal positive; null where there is none. */
  readonly baselineW: readonly number[] | null;
  /** What a reader has to know: days that are missing, a method that could not be used. */
  readonly note?: string;
}

/** The baseline of a delivery day; a PoD that has none holds up no other's settlement. */
export function baselineFor(
  day: string,
  rules: BaselineRules,
  calendar: DayCalendar,
  history: PodHistory,
): Baseline {
  switch (rules.method) {
    case 'nominated':
      return nominated(history);
    case 'zero':
      return { method: 'zero', baselineW: calendar.quarterHoursOf(day).map(() => 0) };
    case 'meterBefore': {
      const held = heldBeforeActivation(aroundMidnight(day, calendar, history));
      if (held) return { method: 'meterBefore', baselineW: held };
      return nominated(history, 'meterBefore', 'nothing measured before an activation');
    }
    case 'meanXOfY':
    case 'rollingWorkingDays':
      return meanBaseline(day, rules, calendar, history);
  }
}

function meanBaseline(
  day: string,
  rules: BaselineRules,
  calendar: DayCalendar,
  history: PodHistory,
): Baseline {
  const { method, daysX, daysY, adjustmentMinutes } = rules;
  const mean = meanOfLikeDays(day, calendar, rules, history.days);
  const days = `${mean.known} of ${daysY} days known`;
  if (!mean.meanW) {
    const isShort = mean.known < daysX;
    const leapt = 'a quarter-hour of the day is on none of those averaged';
    return nominated(history, method, isShort ? `${days}, ${daysX} needed` : leapt);
  }
  const short = mean.known < daysY ? [days] : [];
  if (adjustmentMinutes === 0) return result(method, mean.meanW, short);
  const timeline = aroundMidnight(day, calendar, history);
  const before = meanOfLikeDays(addDays(day, -1), calendar, rules, history.days);
  // Where the day before has too few like days of its own, its MTUs are left out of the window.
  const beforeW = before.meanW ?? new Array<number>(timeline.midnight).fill(NaN);
  const exAnteW = [...beforeW, ...mean.meanW];
  const { baselineW, unadjusted } = adjusted(timeline, exAnteW, adjustmentMinutes / MTU_MINUTES);
  const notes = unadjusted === 0 ? [] : [`${unadjusted} activated MTUs not adjusted`];
  return result(method, baselineW, [...short, ...notes]);
}

function result(method: BaselineMethod, baselineW: readonly number[], notes: string[]): Baseline {
  return { method, baselineW, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

function nominated(
  { nominatedW }: PodHistory,
  instead?: BaselineMethod,
  reason?: string,
): Baseline {
  if (!nominatedW) {
    const why = instead ? `; ${instead}: ${reason}` : '';
    return { method: 'none', baselineW: null, note: `none was declared in time${why}` };
  }
  const note = instead ? `instead of ${instead}: ${reason}` : undefined;
  return { method: 'nominated', baselineW: nominatedW, ...(note === undefined ? {} : { note }) };
}

/** The day before and the delivery day as one, since an activation may begin at midnight. */
interface Timeline {
  /** Index of the delivery day's first MTU. */
  readonly midnight: number;
  readonly measuredW: readonly (number | null)[];
  readonly activated: readonly boolean[];
}

function aroundMidnight(day: string, calendar: DayCalendar, { days }: PodHistory): Timeline {
  const mtusOf = (one: string): number => calendar.quarterHoursOf(one).length;
  const before = addDays(day, -1);
  const padded = <Value>(values: readonly Value[] | undefined, one: string, none: Value): Value[] =>
    Array.from({ length: mtusOf(one) }, (_, mtu) => values?.[mtu] ?? none);
  const both = [before, day] as const;
  return {
    midnight: mtusOf(before),
    measuredW: both.flatMap((one) => padded<number | null>(days.get(one)?.measuredW, one, null)),
    activated: both.flatMap((one) => padded(days.get(one)?.activated, one, false)),
  };
}

/**
 * What was measured last before each activation, held to its end; undefined when nothing was. Between
 * activations, where no money hangs on it, the meter itself.
 */
function heldBeforeActivation({ midnight, measuredW, activated }: Timeline): number[] | undefined {
  const baselineW: number[] = [];
  let lastW: number | undefined;
  for (const [mtu, watts] of measuredW.entries()) {
    if (!activated[mtu] && watts !== null) lastW = watts;
    if (mtu < midnight) continue;
    if (activated[mtu] && lastW === undefined) return undefined;
    baselineW.push(lastW ?? 0);
  }
  return baselineW;
}

/**
 * The ex-post baseline: during an activation shifted by the mean of measured minus ex-ante over the
 * `window` MTUs before it. Activations closer together than the window count as one: what lies
 * between them (rebound, preparation) is not what the customer would have done. MTUs of the window
 * that were not measured, or that have no ex-ante baseline, are left out.
 */
function adjusted(
  { midnight, measuredW, activated }: Timeline,
  exAnteW: readonly number[],
  window: number,
): { readonly baselineW: number[]; readonly unadjusted: number } {
  const baselineW = exAnteW.slice(midnight);
  let unadjusted = 0;
  let lastActivated = -Infinity;
  let shiftW: number | undefined;
  for (let mtu = 0; mtu < activated.length; mtu += 1) {
    if (!activated[mtu]) continue;
    if (mtu - lastActivated > window) shiftW = meanShift(measuredW, exAnteW, mtu - window, mtu);
    lastActivated = mtu;
    if (mtu < midnight) continue;
    if (shiftW === undefined) unadjusted += 1;
    else baselineW[mtu - midnight]! += shiftW;
  }
  return { baselineW, unadjusted };
}

/** Mean of measured minus ex-ante over MTUs `from` to `to`, undefined when there is no such MTU. */
function meanShift(
  measuredW: readonly (number | null)[],
  exAnteW: readonly number[],
  from: number,
  to: number,
): number | undefined {
  let sumW = 0;
  let count = 0;
  for (let mtu = Math.max(0, from); mtu < to; mtu += 1) {
    const watts = measuredW[mtu] ?? null;
    const expectedW = exAnteW[mtu]!;
    if (watts === null || Number.isNaN(expectedW)) continue;
    sumW += watts - expectedW;
    count += 1;
  }
  return count === 0 ? undefined : meanHalfEven(sumW, count);
}
