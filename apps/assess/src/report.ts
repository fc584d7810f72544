/** The assessment's report: the tables of D2.16, chapter 4, of what was measured, the seeds' figures beside it. */
import { type FlowTime, meanMs } from './flow-times';
import { type FlowTable, type Spread, FLOW_TABLES, SEEDS_STAGES, USE_TABLES } from './seeds';

/** What a platform's process used on a day: CPU a simulated second, memory in bytes; and what part of the time it was open. */
export interface MeasuredUse {
  readonly cpuMean: number;
  readonly cpuMost: number;
  readonly rssMeanBytes: number;
  readonly rssMostBytes: number;
  readonly uptime: number;
}

/** A simulated day, every platform in a process of its own. */
export interface MeasuredDay {
  readonly date: string;
  readonly times: readonly FlowTime[];
  readonly unpaired: number;
  /** By the report's name of the platform. */
  readonly uses: Readonly<Record<string, MeasuredUse>>;
  readonly wallSeconds: number;
}

/** A number of PoDs, and what was measured with it. */
export interface MeasuredStage {
  readonly pods: number;
  /**
   * `lived`: whole days of all platforms; `generated`: a day-ahead session of drawn bids at a market alone, since no day
   * of so many can be lived through here.
   */
  readonly form: 'lived' | 'generated';
  readonly days: readonly MeasuredDay[];
  /** Of a generated session, whose process is market and client. */
  readonly process?: SessionProcess;
}

/** The one process of a generated session, its client included. */
export interface SessionProcess {
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** A flow's table at one stage. */
export interface FlowCell {
  readonly pods: number;
  /** Least, mean and most of the days' means, ms; null where the flow was not measured. */
  readonly ours: Spread | null;
  /** Theirs at the same number of PoDs. */
  readonly seeds: Spread | null;
}

/** A table of the report. */
export interface FlowRow extends Pick<FlowTable, 'table' | 'title' | 'kind' | 'caution'> {
  readonly cells: readonly FlowCell[];
  readonly growth: Growth | null;
}

/** How a time grows with the number of PoDs: as its power with this exponent. Of stages of one form, the larger where both have two. */
export interface Growth {
  readonly exponent: number;
  /** That of n log n between the same stages: what linear growth with sorting comes to. */
  readonly exponentOfNLogN: number;
  readonly fromPods: number;
  readonly toPods: number;
}

/** A platform at one stage. */
export interface UseRow {
  readonly platform: string;
  readonly tables: string;
  readonly pods: number;
  readonly cpuMeanPercent: number;
  readonly cpuMostPercent: number;
  readonly ramMeanMb: number;
  readonly ramMostMb: number;
  /** Over all days of the stage, by the machine's time. */
  readonly uptimePercent: number;
  readonly seeds: {
    readonly cpuMeanPercent: number;
    readonly cpuMostPercent: number;
    readonly ramMeanMb: number;
    readonly ramMostMb: number;
  } | null;
}

/** All of it. */
export interface AssessmentReport {
  readonly stages: readonly {
    readonly pods: number;
    readonly form: MeasuredStage['form'];
    readonly dates: readonly string[];
    readonly wallSeconds: number;
    readonly unpaired: number;
    readonly process?: SessionProcess;
  }[];
  readonly uses: readonly UseRow[];
  readonly flows: readonly FlowRow[];
}

const BYTES_A_MB = 1e6;
/** Below, fixed costs rule: exponents are fitted from here on where there are two stages, and from 100 else. */
const GROWTH_FROM = 1_500;
const GROWTH_FROM_AT_LEAST = 100;

/** Puts it together. @param stages rising by PoDs */
export function assessmentReport(stages: readonly MeasuredStage[]): AssessmentReport {
  return {
    stages: stages.map(({ pods, form, days, process }) => ({
      pods,
      form,
      dates: days.map(({ date }) => date),
      wallSeconds: sum(days.map(({ wallSeconds }) => wallSeconds)),
      unpaired: sum(days.map(({ unpaired }) => unpaired)),
      ...(process && { process }),
    })),
    uses: USE_TABLES.flatMap((table) => stages.flatMap((stage) => useRow(table, stage) ?? [])),
    flows: FLOW_TABLES.map((table) => flowRow(table, stages)),
  };
}

function flowRow(named: FlowTable, stages: readonly MeasuredStage[]): FlowRow {
  const { table, title, kind, caution, seeds } = named;
  const cells = stages.map(({ pods, days }): FlowCell => {
    const means = days.flatMap(({ times }) => meanMs(times, named) ?? []);
    const at = SEEDS_STAGES.findIndex((stage) => stage === pods);
    return { pods, ours: spreadOf(means), seeds: seeds[at] ?? null };
  });
  // A day's mean over seven sessions and a single day-ahead session are no points of one curve.
  const of = (form: MeasuredStage['form']) =>
    cells.filter((_, index) => stages[index]!.form === form);
  const growth = growthOf(of('generated')) ?? growthOf(of('lived'));
  return { table, title, kind, ...(caution && { caution }), cells, growth };
}

function spreadOf(means: readonly number[]): Spread | null {
  if (means.length === 0) return null;
  return [Math.min(...means), sum(means) / means.length, Math.max(...means)];
}

/** By least squares in logarithms; null below two stages. */
export function growthOf(cells: readonly Pick<FlowCell, 'pods' | 'ours'>[]): Growth | null {
  const measured = cells.flatMap(({ pods, ours }) =>
    ours && ours[1] > 0 ? [{ pods, ms: ours[1] }] : [],
  );
  const large = measured.filter(({ pods }) => pods >= GROWTH_FROM);
  const points =
    large.length >= 2 ? large : measured.filter(({ pods }) => pods >= GROWTH_FROM_AT_LEAST);
  if (points.length < 2) return null;
  const slope = (valueOf: (point: { pods: number; ms: number }) => number): number => {
    const meanX = sum(points.map(({ pods }) => Math.log(pods))) / points.length;
    const meanY = sum(points.map((point) => Math.log(valueOf(point)))) / points.length;
    const deviations = points.map((point) => ({
      x: Math.log(point.pods) - meanX,
      y: Math.log(valueOf(point)) - meanY,
    }));
    return sum(deviations.map(({ x, y }) => x * y)) / sum(deviations.map(({ x }) => x * x));
  };
  return {
    exponent: slope(({ ms }) => ms),
    exponentOfNLogN: slope(({ pods }) => pods * Math.log(pods)),
    fromPods: points[0]!.pods,
    toPods: points.at(-1)!.pods,
  };
}

function useRow(named: (typeof USE_TABLES)[number], stage: MeasuredStage): UseRow | undefined {
  const { platform, tables } = named;
  const found = stage.days.flatMap(({ uses }) => uses[platform] ?? []);
  if (found.length === 0) return undefined;
  const mean = (of: (use: MeasuredUse) => number): number => sum(found.map(of)) / found.length;
  const most = (of: (use: MeasuredUse) => number): number => Math.max(...found.map(of));
  const at = SEEDS_STAGES.findIndex((pods) => pods === stage.pods);
  const seeds = {
    cpuMeanPercent: named.cpuMeanPercent?.[at],
    cpuMostPercent: named.cpuMostPercent?.[at],
    ramMeanMb: named.ramMeanMb?.[at],
    ramMostMb: named.ramMostMb?.[at],
  };
  return {
    platform,
    tables,
    pods: stage.pods,
    cpuMeanPercent: mean(({ cpuMean }) => cpuMean) * 100,
    cpuMostPercent: most(({ cpuMost }) => cpuMost) * 100,
    ramMeanMb: mean(({ rssMeanBytes }) => rssMeanBytes) / BYTES_A_MB,
    ramMostMb: most(({ rssMostBytes }) => rssMostBytes) / BYTES_A_MB,
    uptimePercent: uptimePercent(stage, platform),
    seeds: seeds.cpuMeanPercent === undefined ? null : (seeds as NonNullable<UseRow['seeds']>),
  };
}

function uptimePercent({ days }: MeasuredStage, platform: string): number {
  const known = days.flatMap(({ uses, wallSeconds }) => {
    const use = uses[platform];
    return use ? [{ uptime: use.uptime, wallSeconds }] : [];
  });
  const seconds = sum(known.map(({ wallSeconds }) => wallSeconds));
  return (sum(known.map((day) => day.uptime * day.wallSeconds)) / seconds) * 100;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
