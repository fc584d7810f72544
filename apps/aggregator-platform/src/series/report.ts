/**
 * A report: formulas over series of an aggregator's assets and PoDs, worked out for delivery days. What every
 * widget shows, what is downloaded, and what a link shows to others.
 */
import {
  type AssetState,
  DomainError,
  MTU_MS,
  type Violation,
  type WidgetKind,
  type WidgetLine,
  podsOfAsset,
} from '@flexledger/domain';
import type { RegisteredPod } from '@flexledger/ports';
import type { DocumentStore } from '@flexledger/projections';
import { isoFromMs } from '@flexledger/runtime';
import type { Aggregator } from '../aggregator';
import { periodOf } from '../http/delivery-period';
import { type Series, formOf, valuesOf } from './evaluate';
import { type Formula, FormulaError, parseFormula, seriesIn } from './formula';
import { type SeriesByPod, podSeries } from './pod-series';
import { type Variable, unitText } from './variables';

/** Days of one report. */
export const REPORT_DAYS_MAX = 31;
/** PoDs times days of one report, each PoD read once. */
const POD_DAYS_MAX = 60_000;
/** The same, each PoD counted in every series that adds it up: nobody else is answered while it is. */
const SUMMED_POD_DAYS_MAX = 8 * POD_DAYS_MAX;
/** PoDs named where some have no value. */
const NAMED_PODS_MAX = 20;

/** What is reported, and when. */
export interface AskedReport {
  /** ISO date of the first delivery day. */
  readonly day: string;
  /** Delivery days, 1 to `REPORT_DAYS_MAX`. */
  readonly days: number;
  readonly kind: WidgetKind;
  readonly lines: readonly WidgetLine[];
}

/** One line, worked out. */
export interface ReportedLine {
  readonly label: string;
  readonly formula: string;
  /** `kW`, `kWh`, `EUR`, `EUR/kWh`, or `1` where it has none. */
  readonly unit: string;
  /** By quarter-hour, null where it is not known; null where the line is one value. */
  readonly values: readonly (number | null)[] | null;
  /** Where the line is one value: that, null where it is not known. */
  readonly value: number | null;
}

export interface Report {
  readonly day: string;
  readonly days: number;
  /** Starts of the quarter-hours. */
  readonly mtuStarts: readonly string[];
  readonly lines: readonly ReportedLine[];
  /** Values that sums of assets were made without, as there were none. */
  readonly missing: readonly MissingValues[];
}

export interface MissingValues {
  /** Asset or PoD. */
  readonly of: string;
  readonly variable: Variable;
  /** PoDs without a value in some quarter-hour. */
  readonly pods: number;
  /** The first of them. */
  readonly podIds: readonly string[];
}

/** What reports are made from. */
export interface ReportGround {
  readonly own: Pick<Aggregator, 'aggregatorId' | 'ports'>;
  readonly assets: AssetState;
  readonly documents: DocumentStore;
  readonly timeZone: string;
}

/**
 * What is wrong with the lines of a report, each by its field: formulas that cannot be read, units that do not
 * fit, series of what is neither an asset nor a PoD of the aggregator's.
 *
 * @param at path of the lines, as `widgets[0].lines`
 */
export function faultsOfLines(
  { kind, lines }: Pick<AskedReport, 'kind' | 'lines'>,
  knows: (of: string) => boolean,
  at = 'lines',
): Violation[] {
  const units = new Set<string>();
  return lines.flatMap(({ formula: text }, index): Violation[] => {
    const field = `${at}[${index}].formula`;
    try {
      const formula = parseFormula(text);
      const { unit, isSeries } = formOf(formula);
      const foreign = seriesIn(formula).find(({ of }) => !knows(of));
      if (foreign) {
        throw new FormulaError(
          foreign.at,
          `${foreign.of} is neither one of your assets nor one of your registered PoDs`,
        );
      }
      if (kind === 'figure' && isSeries) {
        throw new FormulaError(
          formula.at,
          'a figure is one number, this is one a quarter-hour: write mean(...), max(...) or sum(energy(...))',
        );
      }
      units.add(unitText(unit));
      if (kind === 'chart' && units.size > 1) {
        const [first] = units;
        throw new FormulaError(
          formula.at,
          `a chart has one unit; this line is in ${unitText(unit)}, the one before in ${first}`,
        );
      }
      return [];
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      return [{ field, reason: error.message }];
    }
  });
}

/** Works a report out. @throws DomainError `formula-malformed`, `query-malformed`, and what the ports throw */
export async function reportOf(asked: AskedReport, ground: ReportGround): Promise<Report> {
  const { own, assets, timeZone } = ground;
  const customers = await own.ports.register.podsOf({ aggregatorId: own.aggregatorId });
  const pods = new Map(customers.map((pod) => [pod.podId, pod]));
  refuseFaults(faultsOfLines(asked, (of) => assets.has(of) || pods.has(of)));
  const formulas = asked.lines.map(({ formula }) => parseFormula(formula));
  const wanted = wantedSeries(formulas, assets, pods);
  const days = daysFrom(asked.day, asked.days);
  const named = new Set(wanted.flatMap(({ podIds }) => podIds));
  requireFew(`${named.size} PoDs`, named.size * days.length, days.length, POD_DAYS_MAX);
  const added = wanted.reduce((sum, { podIds }) => sum + podIds.length, 0);
  const inSeries = `${added} PoDs in ${wanted.length} series`;
  requireFew(inSeries, added * days.length, days.length, SUMMED_POD_DAYS_MAX);
  const mtuStarts: string[] = [];
  const series = new Map<string, (number | null)[]>();
  const lacking = new Map<string, Set<string>>();
  for (const day of days) {
    const period = periodOf(day, timeZone);
    for (let mtu = 0; mtu < period.mtuCount; mtu += 1) {
      mtuStarts.push(isoFromMs(period.startMs + mtu * MTU_MS));
    }
    const read = new Map<Variable, SeriesByPod>();
    for (const variable of new Set(wanted.map((one) => one.variable))) {
      const podIds = wanted.filter((one) => one.variable === variable).flatMap((one) => one.podIds);
      const of = [...new Set(podIds)].sort().map((podId) => pods.get(podId)!);
      read.set(variable, await podSeries(variable, { ...ground, day, period, pods: of }));
    }
    for (const { key, variable, podIds } of wanted) {
      const { sum, without } = summed(read.get(variable)!, podIds, period.mtuCount);
      series.set(key, [...(series.get(key) ?? []), ...sum]);
      lacking.set(key, new Set([...(lacking.get(key) ?? []), ...without]));
    }
  }
  const seriesNamed = (of: string, variable: Variable): Series => series.get(keyOf(of, variable))!;
  return {
    day: asked.day,
    days: asked.days,
    mtuStarts,
    lines: asked.lines.map(({ label, formula: text }, index) => {
      const formula = formulas[index]!;
      const values = valuesOf(formula, seriesNamed);
      const isSeries = typeof values === 'object' && values !== null;
      return {
        label,
        formula: text,
        unit: unitText(formOf(formula).unit),
        values: isSeries ? values.map(rounded) : null,
        value: isSeries ? null : rounded(values),
      };
    }),
    missing: wanted.flatMap(({ key, of, variable }) => {
      const without = [...lacking.get(key)!].sort();
      const podIds = without.slice(0, NAMED_PODS_MAX);
      return without.length === 0 ? [] : [{ of, variable, pods: without.length, podIds }];
    }),
  };
}

/** @throws DomainError `formula-malformed` where there are any */
export function refuseFaults(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const { field, reason } = violations[0]!;
  const others = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
  throw new DomainError('formula-malformed', `${field}: ${reason}${others}.`, violations);
}

/** @throws DomainError `query-malformed` */
function requireFew(what: string, podDays: number, days: number, most: number): void {
  if (podDays <= most) return;
  const reason = `make ${what} times ${days} days; ${most} are the most at once`;
  throw new DomainError('query-malformed', `The days of the report ${reason}.`, [
    { field: 'days', reason },
  ]);
}

interface WantedSeries {
  readonly key: string;
  readonly of: string;
  readonly variable: Variable;
  readonly podIds: readonly string[];
}

const keyOf = (of: string, variable: Variable): string => `${of}.${variable}`;

/** Each series that is named, once, with the PoDs in it that are still the aggregator's. */
function wantedSeries(
  formulas: readonly Formula[],
  assets: AssetState,
  pods: ReadonlyMap<string, RegisteredPod>,
): readonly WantedSeries[] {
  const wanted = new Map<string, WantedSeries>();
  for (const { of, variable } of formulas.flatMap(seriesIn)) {
    const key = keyOf(of, variable);
    if (wanted.has(key)) continue;
    const all = assets.has(of) ? podsOfAsset(assets, of) : [of];
    wanted.set(key, { key, of, variable, podIds: all.filter((podId) => pods.has(podId)) });
  }
  return [...wanted.values()];
}

/** The sum over PoDs, of those that have a value; null where none has. And who lacked some. */
function summed(
  byPod: SeriesByPod,
  podIds: readonly string[],
  mtuCount: number,
): { readonly sum: Series; readonly without: readonly string[] } {
  const sum = new Array<number | null>(mtuCount).fill(null);
  const without: string[] = [];
  for (const podId of podIds) {
    const values = byPod.get(podId);
    let isWhole = values !== undefined;
    for (let mtu = 0; mtu < mtuCount; mtu += 1) {
      const value = values?.[mtu] ?? null;
      if (value === null) isWhole = false;
      else sum[mtu] = (sum[mtu] ?? 0) + value;
    }
    if (!isWhole) without.push(podId);
  }
  return { sum, without };
}

/** What stands behind the sixth decimal is the arithmetic's, not the data's; what is past all numbers is not known. */
function rounded(value: number | null): number | null {
  if (value === null || !Number.isFinite(value * 1e6)) return null;
  return Math.round(value * 1e6) / 1e6 || 0;
}

function daysFrom(day: string, days: number): readonly string[] {
  const firstMs = Date.parse(`${day}T00:00:00Z`);
  return Array.from({ length: days }, (_, index) =>
    isoFromMs(firstMs + index * 86_400_000).slice(0, 10),
  );
}
