/**
 * The tables of the Italian demonstration's scalability assessment (Platone D2.16, chapter 4): what each tells, and its
 * figures, so that ours stand beside them.
 */
import type { FlowTime } from './flow-times';

/** Least, mean and most of the daily means of a stage, ms. */
export type Spread = readonly [least: number, mean: number, most: number];

/** A table of a flow, with its number in the report. */
export interface FlowTable {
  readonly table: number;
  readonly title: string;
  readonly flows: readonly FlowTime['flow'][];
  readonly kind: FlowTime['kind'];
  /** By stage of the report: 12, 100 and 1,500 PoDs. */
  readonly seeds: readonly [Spread, Spread, Spread];
  /** What to bear in mind when the two are compared. */
  readonly caution?: string;
}

/** PoDs of the report's three weeks (table 8). */
export const SEEDS_STAGES = [12, 100, 1_500] as const;

const once = (ms: number): Spread => [ms, ms, ms];

/** Tables 15 to 27; flows 1 and 8 are in seconds in the report. */
export const FLOW_TABLES: readonly FlowTable[] = [
  {
    table: 15,
    title: 'Flow 0, communication: PoDs to the register',
    flows: ['flow0'],
    kind: 'communication',
    seeds: [once(57), once(1_733), once(1_984)],
    caution: 'registered before the day begins, in one process: nothing is sent',
  },
  {
    table: 16,
    title: 'Flow 1, communication: measurements to the aggregator',
    flows: ['flow1'],
    kind: 'communication',
    seeds: [
      [987_000, 987_500, 988_000],
      [987_000, 987_400, 988_000],
      [987_000, 987_400, 988_000],
    ],
    caution: 'there a message that waits a quarter-hour, here the answer to a question',
  },
  {
    table: 17,
    title: 'Flow 2, execution: the DSO sizes its requests',
    flows: ['flow2c'],
    kind: 'execution',
    seeds: [
      [269.8, 362.5, 440.5],
      [217, 426.2, 699.7],
      [883.7, 2_640, 7_650],
    ],
    caution: 'titled communication there, and of the DSO’s execution by its text',
  },
  {
    table: 18,
    title: 'Flow 3, execution: the market is cleared',
    flows: ['flow3'],
    kind: 'execution',
    seeds: [
      [322, 1_649, 2_557],
      [2_221, 8_314, 15_810],
      [58_317, 101_354, 144_669],
    ],
    caution: 'the mean of a day-ahead session of 96 quarter-hours and six of 16',
  },
  {
    table: 19,
    title: 'Flow 3, communication: the outcome to the DSO',
    flows: ['flow3'],
    kind: 'communication',
    seeds: [
      [26.5, 41.5, 65.5],
      [42.4, 46.6, 56.5],
      [33.2, 89.7, 166.7],
    ],
  },
  {
    table: 20,
    title: 'Flow 4, execution: the DSO validates the outcome',
    flows: ['flow4'],
    kind: 'execution',
    seeds: [
      [177.4, 200.3, 238],
      [151.7, 419.8, 743.7],
      [509.5, 4_846, 9_090],
    ],
  },
  {
    table: 21,
    title: 'Flow 4, communication: the validated outcome to the market',
    flows: ['flow4'],
    kind: 'communication',
    seeds: [
      [18.6, 33.4, 55.6],
      [61.1, 74.7, 90],
      [109.9, 146, 189.5],
    ],
  },
  {
    table: 22,
    title: 'Flow 5, execution: final validation and publication',
    flows: ['flow5'],
    kind: 'execution',
    seeds: [
      [756, 912, 1_033],
      [1_450, 1_960, 2_278],
      [31_246, 44_798, 78_543],
    ],
    caution: 'not the settlement, for which the report has no figure',
  },
  {
    table: 23,
    title: 'Flow 5, communication: results to the participants',
    flows: ['flow5'],
    kind: 'communication',
    seeds: [
      [23, 37.3, 56],
      [76, 88.4, 101],
      [110, 135.7, 154],
    ],
  },
  {
    table: 24,
    title: 'Flow 6, communication: setpoints',
    flows: ['flow6'],
    kind: 'communication',
    seeds: [
      [167, 219.2, 263],
      [94, 201, 348],
      [64, 221.9, 742],
    ],
  },
  {
    table: 25,
    title: 'Flow 7, communication: a packet from the Light Node to the access layer',
    flows: ['flow7'],
    kind: 'communication',
    seeds: [
      [6.85, 6.93, 7.05],
      [6.64, 7.03, 7.38],
      [6.77, 7.13, 7.36],
    ],
    caution: 'here all nodes send at the same instant, on the turn of the quarter-hour',
  },
  {
    table: 26,
    title: 'Flow 7b, communication: certified packets to the customer database',
    flows: ['flow7b'],
    kind: 'communication',
    seeds: [
      [10.1, 20.3, 24.6],
      [19.9, 28.9, 55.3],
      [24.6, 52, 104.2],
    ],
    caution: 'here both read one log, and nothing is sent',
  },
  {
    table: 27,
    title: 'Flow 8, communication: measurements to the market',
    flows: ['flow8'],
    kind: 'communication',
    seeds: [
      [987_000, 989_000, 996_000],
      [987_000, 989_000, 996_000],
      [987_000, 990_000, 996_000],
    ],
    caution: 'there a message that waits a quarter-hour, here the answer to a question',
  },
];

/** CPU as % of a core, RAM in MB, of one platform by stage (tables 9 to 14). */
export interface UseTable {
  readonly tables: string;
  readonly platform: 'MP' | 'BAL' | 'DSOTP' | 'SCD' | 'AP' | 'TSO';
  readonly cpuMeanPercent?: readonly [number, number, number];
  readonly cpuMostPercent?: readonly [number, number, number];
  readonly ramMeanMb?: readonly [number, number, number];
  readonly ramMostMb?: readonly [number, number, number];
}

/** The customer database has figures without numbers there, aggregator and TSO none at all. */
export const USE_TABLES: readonly UseTable[] = [
  {
    tables: '9, 10',
    platform: 'MP',
    cpuMeanPercent: [70, 71, 76],
    cpuMostPercent: [81, 81, 85],
    ramMeanMb: [5_814.28, 5_842.85, 5_957.14],
    ramMostMb: [8_242.85, 8_328.57, 8_571.42],
  },
  {
    tables: '11, 12',
    platform: 'BAL',
    cpuMeanPercent: [12, 24, 48],
    cpuMostPercent: [15, 29, 61],
    ramMeanMb: [10_950, 11_540, 13_830],
    ramMostMb: [11_300, 13_200, 15_200],
  },
  {
    tables: '13, 14',
    platform: 'DSOTP',
    cpuMeanPercent: [2, 3, 9],
    cpuMostPercent: [32, 32, 39],
    ramMeanMb: [7_750, 8_047, 9_221],
    ramMostMb: [14_789, 14_570, 21_796],
  },
  { tables: '-', platform: 'SCD' },
  { tables: '-', platform: 'AP' },
  { tables: '-', platform: 'TSO' },
];
