/** Small LV grids for tests: by hand, and at random. */
import type { OperatingLimits, OutcomeRow } from '@flexledger/domain';
import type fastCheck from 'fast-check';
import type { GridForecast } from '../grid-forecast';
import { type OperatedGrid, operateGrid } from '../operated-grid';

/** A bus `n<i>` hangs on bus `parent` (below its own number) over line `l<i>`; `n0` is the busbar. */
export interface FeederBus {
  readonly parent: number;
  readonly rOhm: number;
}

/** A transformer `t1` from bus `mv` to `n0`, lines of some tens of metres, loops as asked for. */
export function feederFile(
  buses: readonly FeederBus[],
  ties: readonly (readonly [number, number])[] = [],
): object {
  const line = (id: string, from: number, to: number, rOhm: number): object => ({
    id,
    from: `n${from}`,
    to: `n${to}`,
    rOhm,
    xOhm: rOhm / 4,
    cNf: 10,
    maxIKa: 0.27,
    inService: true,
  });
  return {
    schema: 'flexledger-grid/1',
    name: 'feeder',
    frequencyHz: 50,
    buses: [
      { id: 'mv', vnKv: 20, vMinPu: null, vMaxPu: null },
      ...['n0', ...buses.map((_, index) => `n${index + 1}`)].map((id) => ({
        id,
        vnKv: 0.4,
        vMinPu: 0.9,
        vMaxPu: 1.1,
      })),
    ],
    lines: [
      ...buses.map(({ parent, rOhm }, index) => line(`l${index + 1}`, parent, index + 1, rOhm)),
      ...ties.map(([from, to], index) => line(`tie${index + 1}`, from, to, 0.03)),
    ],
    transformers: [
      {
        id: 't1',
        hv: 'mv',
        lv: 'n0',
        snMva: 0.4,
        vnHvKv: 20,
        vnLvKv: 0.4,
        vkPercent: 6,
        vkrPercent: 1.2,
        pfeKw: 1.2,
        i0Percent: 0.3,
        tapPos: 0,
        tapNeutral: 0,
        tapMin: -2,
        tapMax: 2,
        tapStepPercent: 2.5,
        tapSide: 'hv',
        shiftDegree: 150,
        inService: true,
      },
    ],
    loads: [],
    staticGenerators: [],
    shunts: [],
    switches: [],
    pods: [],
    externalGrid: { bus: 'mv', vmPu: 1.02, vaDegree: 0 },
  };
}

export const OPEN: OperatingLimits = {
  vMinPerMille: 500,
  vMaxPerMille: 1_500,
  lineLimitA: {},
  transformerLimitPerMille: 5_000,
  note: 'no limit that a test does not set',
};

/** Lines that are not given a limit have none. */
export function operated(
  model: object,
  limits: Partial<OperatingLimits> = {},
  pods: readonly { readonly podId: string; readonly busId: string }[] = [],
): OperatedGrid {
  const { lines } = model as { lines: { id: string }[] };
  const unlimited = Object.fromEntries(lines.map(({ id }) => [id, 1e9]));
  const lineLimitA = { ...unlimited, ...limits.lineLimitA };
  const all = { ...OPEN, ...limits, lineLimitA };
  const grid = operateGrid({ gridId: 'feeder', digest: 'aa', model, limits: all });
  for (const { podId, busId } of pods) grid.busOfPod.set(podId, busId);
  return grid;
}

/** A forecast from W by bus id and MTU; reactive power a third of the withdrawal. */
export function forecastOf(
  grid: OperatedGrid,
  mtuCount: number,
  busW: Readonly<Record<string, readonly number[]>>,
): GridForecast {
  const rows = grid.compiled.network.buses.map(
    ({ id }) => busW[id] ?? new Array<number>(mtuCount).fill(0),
  );
  return {
    mtuCount,
    busW: rows,
    busVar: rows.map((row) => row.map((watts) => Math.round(Math.max(0, watts) / 3))),
  };
}

export function outcomeRow(podId: string, row: Partial<OutcomeRow>): OutcomeRow {
  return {
    offerId: `offer-${podId}`,
    requestId: 'request',
    podId,
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    firstMtu: 0,
    acceptedW: [],
    priceMicroEurPerKwh: [],
    ...row,
  };
}

export const podAt = (bus: number, index = 0): string =>
  `IT002E${bus}${String(index).padStart(7, '0')}`;

/** A random feeder with its forecast: some buses feed in, and where it is meshed there is a loop. */
export interface RandomFeeder {
  readonly model: object;
  readonly busCount: number;
  readonly isMeshed: boolean;
  readonly mtuCount: number;
  readonly busW: Readonly<Record<string, readonly number[]>>;
}

const MTUS = 2;

/** @param fc the caller's fast-check, so that who does without it need not load it */
export const randomFeeder = (fc: typeof fastCheck): fastCheck.Arbitrary<RandomFeeder> =>
  fc
    .record({
      buses: fc.array(
        fc.record({
          parent: fc.nat(),
          rOhm: fc.double({ min: 0.005, max: 0.06, noNaN: true }),
          watts: fc.array(fc.integer({ min: -12_000, max: 12_000 }), {
            minLength: MTUS,
            maxLength: MTUS,
          }),
        }),
        { minLength: 2, maxLength: 10 },
      ),
      tie: fc.option(fc.tuple(fc.nat(), fc.nat()), { freq: 2 }),
    })
    .map(({ buses, tie }) => {
      const ends = tie?.map((end) => end % (buses.length + 1)) as [number, number] | undefined;
      const isMeshed = ends !== undefined && ends[0] !== ends[1];
      return {
        model: feederFile(
          buses.map(({ parent, rOhm }, index) => ({ parent: parent % (index + 1), rOhm })),
          isMeshed ? [ends] : [],
        ),
        busCount: buses.length + 1,
        isMeshed,
        mtuCount: MTUS,
        busW: Object.fromEntries(buses.map(({ watts }, index) => [`n${index + 1}`, watts])),
      };
    });
