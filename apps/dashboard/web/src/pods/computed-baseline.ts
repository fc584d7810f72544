/** The baseline that the market's own method computes of what was measured, beside the one that was declared. */
import { t } from '../language/texts';
import {
  type BaselineRules,
  type PodDay as MeasuredDay,
  type RulePack,
  baselineFor,
  createDayCalendar,
  historyDays,
} from '@flexledger/domain';

/** W by quarter-hour of the day; null where none could be computed, which `said` explains. */
export interface ComputedBaseline {
  readonly baselineW: readonly number[] | null;
  /** By which method, of which days, in a sentence. */
  readonly said: string;
}

type Pack = Pick<RulePack, 'timeZone' | 'baseline'>;

/** A pack whose baseline is not computed of earlier days is compared with the mean of like days. */
function rulesOf({ baseline }: Pack): BaselineRules {
  const isMean = baseline.method === 'meanXOfY' || baseline.method === 'rollingWorkingDays';
  return isMean ? baseline : { ...baseline, method: 'meanXOfY', adjustmentMinutes: 0 };
}

/** Days whose measurements it needs, earliest first. */
export const daysNeeded = (date: string, pack: Pack): readonly string[] =>
  historyDays(date, rulesOf(pack));

/** @param days by ISO date; those that are absent are not known */
export function computedBaseline(
  podId: string,
  date: string,
  pack: Pack,
  days: ReadonlyMap<string, MeasuredDay>,
): ComputedBaseline {
  const rules = rulesOf(pack);
  const calendar = createDayCalendar({ ...pack, baseline: rules });
  const found = baselineFor(date, rules, calendar, { podId, nominatedW: undefined, days });
  if (found.baselineW === null) {
    const why = found.note?.split(`${rules.method}: `).at(-1) ?? t('nothing was measured');
    return {
      baselineW: null,
      said: t('No baseline can be computed for this day: {why}.', { why }),
    };
  }
  const how = t('the mean of the {daysX} days of most energy among {daysY} like days', {
    daysX: rules.daysX,
    daysY: rules.daysY,
  });
  const noted = found.note === undefined ? '' : ` (${found.note})`;
  return { baselineW: found.baselineW, said: t('Computed: {how}{noted}.', { how, noted }) };
}
