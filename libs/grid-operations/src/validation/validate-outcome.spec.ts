/**
 * Goal: what the DSO permits harms nothing, and nothing more could be permitted. Method: random
 * feeders (meshed ones too), limits about their forecast and outcomes; every claim is checked with
 * power flows of its own, solved afresh from the no-load start.
 */
import type { OutcomeRow, RowValidation } from '@flexledger/domain';
import fc from 'fast-check';
import type { GridForecast } from '../grid-forecast';
import { type PowerChange, withRows } from '../power-change';
import type { OperatedGrid } from '../operated-grid';
import {
  type RandomFeeder,
  feederFile,
  forecastOf,
  operated,
  outcomeRow,
  podAt,
  randomFeeder,
} from '../testing/lv-feeder';
import { stateAt, tightened } from '../testing/tightened';
import { validateOutcome } from './validate-outcome';

interface RandomRow {
  readonly bus: number;
  readonly isDso: boolean;
  readonly product: 'P' | 'Q';
  readonly direction: 'up' | 'down';
  readonly firstMtu: number;
  readonly acceptedW: readonly number[];
}

const randomRow: fc.Arbitrary<RandomRow> = fc.record({
  bus: fc.nat(),
  isDso: fc.boolean(),
  product: fc.constantFrom('P', 'P', 'P', 'Q'),
  direction: fc.constantFrom('up', 'down'),
  firstMtu: fc.constantFrom(0, 0, 1),
  acceptedW: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9_000 })), {
    minLength: 1,
    maxLength: 2,
  }),
});

const tightness = fc.record({
  line: fc.double({ min: 0.6, max: 1.6, noNaN: true }),
  transformer: fc.double({ min: 0.6, max: 1.6, noNaN: true }),
  bandPu: fc.double({ min: 0.005, max: 0.1, noNaN: true }),
});

interface Trial {
  readonly grid: OperatedGrid;
  readonly forecast: GridForecast;
  readonly sold: PowerChange;
  readonly rows: readonly OutcomeRow[];
}

const trial: fc.Arbitrary<Trial> = fc
  .record({
    feeder: randomFeeder(fc),
    tightness,
    sold: fc.array(randomRow, { maxLength: 2 }),
    rows: fc.array(randomRow, { maxLength: 10 }),
  })
  .map((drawn) => {
    const { feeder } = drawn;
    const open = operated(feeder.model);
    for (let bus = 0; bus < feeder.busCount; bus += 1) open.busOfPod.set(podAt(bus), `n${bus}`);
    const forecast = forecastOf(open, feeder.mtuCount, feeder.busW);
    const grid = tightened(open, forecast, drawn.tightness);
    const rowsOf = (rows: readonly RandomRow[]) => rows.map((row) => rowOf(row, feeder));
    const sold = withRows(grid, forecast, new Map(), rowsOf(drawn.sold), (row) => row.acceptedW);
    return { grid, forecast, sold, rows: rowsOf(drawn.rows) };
  });

function rowOf({ bus, isDso, firstMtu, ...row }: RandomRow, feeder: RandomFeeder): OutcomeRow {
  return outcomeRow(podAt(bus % feeder.busCount), {
    ...row,
    requester: isDso ? 'DSO' : 'TSO',
    firstMtu,
    acceptedW: row.acceptedW.slice(0, feeder.mtuCount - firstMtu),
  });
}

/**
 * Ids of elements beyond their limit and worse than before by more than a part of what the
 * validation tolerates (1 mA, 1e-4 %, 1e-6 pu).
 */
function harmed(
  { grid, forecast, sold }: Pick<Trial, 'grid' | 'forecast' | 'sold'>,
  after: PowerChange,
  mtu: number,
  tolerated: number,
): string[] {
  const before = stateAt(grid, forecast, sold, mtu)!;
  const now = stateAt(grid, forecast, after, mtu);
  if (!now) return ['no-solution'];
  const { lines, transformers, buses } = grid.compiled.network;
  const { lineA, transformerPercent, vMinPu, vMaxPu } = grid.limits;
  const isOver = (value: number, limit: number, was: number, tolerance: number): boolean =>
    value > Math.max(limit, was + tolerated * tolerance);
  return [
    ...lines.filter((_, i) => isOver(now.lineA[i]!, lineA[i]!, before.lineA[i]!, 1e-3)),
    ...transformers.filter((_, i) => {
      const [is, was] = [now.transformerPercent[i]!, before.transformerPercent[i]!];
      return isOver(is, transformerPercent, was, 1e-4);
    }),
    ...buses.filter((_, i) => {
      const [is, was] = [now.vmPu[i]!, before.vmPu[i]!];
      return isOver(is, vMaxPu[i]!, was, 1e-6) || isOver(-is, -vMinPu[i]!, -was, 1e-6);
    }),
  ].map(({ id }) => id);
}

function permittedOf(rows: readonly OutcomeRow[], exceptions: readonly RowValidation[]) {
  const byIndex = new Map(exceptions.map((exception) => [exception.index, exception]));
  return rows.map((row, index) => byIndex.get(index)?.permittedW ?? row.acceptedW);
}

describe('a validated outcome', () => {
  it('leaves no element beyond its limit and worse than before', () => {
    fc.assert(
      fc.property(trial, (drawn) => {
        const { grid, forecast, sold, rows } = drawn;
        const permitted = permittedOf(rows, validateOutcome(grid, forecast, sold, rows));
        const after = withRows(grid, forecast, sold, rows, (_, index) => permitted[index]!);
        for (let mtu = 0; mtu < forecast.mtuCount; mtu += 1) {
          expect(harmed(drawn, after, mtu, 1.1)).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('has no row of which 10 W more, or all, could be kept, and names what they would violate', () => {
    let cuts = 0;
    fc.assert(
      fc.property(trial, (drawn) => {
        const { grid, forecast, sold, rows } = drawn;
        const exceptions = validateOutcome(grid, forecast, sold, rows);
        const permitted = permittedOf(rows, exceptions);
        for (const { index, permittedW, violatedElement, status } of exceptions) {
          const { acceptedW, firstMtu } = rows[index]!;
          expect(status).toBe(permittedW.some((watts) => watts > 0) ? 'partial' : 'KO');
          const cut = [...acceptedW.keys()].filter((at) => permittedW[at]! < acceptedW[at]!);
          expect(cut).not.toEqual([]);
          for (const offset of cut) {
            cuts += 1;
            const more = permitted.map((list) => [...list]);
            more[index]![offset]! += Math.min(10, acceptedW[offset]! - permittedW[offset]!);
            const after = withRows(grid, forecast, sold, rows, (_, at) => more[at]!);
            const elements = harmed(drawn, after, firstMtu + offset, 0.9);
            expect(elements).not.toEqual([]);
            if (offset === cut[0]) expect(elements).toContain(violatedElement);
            more[index]![offset] = acceptedW[offset]!;
            const whole = withRows(grid, forecast, sold, rows, (_, at) => more[at]!);
            expect(harmed(drawn, whole, firstMtu + offset, 0.9)).not.toEqual([]);
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(cuts).toBeGreaterThan(50);
  });

  it('comes back without exceptions if, and only if, the whole of it harms nothing', () => {
    let harmless = 0;
    fc.assert(
      fc.property(trial, (drawn) => {
        const { grid, forecast, sold, rows } = drawn;
        const all = withRows(grid, forecast, sold, rows, (row) => row.acceptedW);
        const isHarmless = [0, 1].every((mtu) => harmed(drawn, all, mtu, 1).length === 0);
        if (isHarmless) harmless += 1;
        expect(validateOutcome(grid, forecast, sold, rows).length === 0).toBe(isHarmless);
      }),
      { numRuns: 100 },
    );
    expect(harmless).toBeGreaterThan(5);
  });

  it("costs the DSO's rows nothing, whatever is accepted for the TSO", () => {
    let cuts = 0;
    fc.assert(
      fc.property(trial, ({ grid, forecast, sold, rows }) => {
        const permitted = permittedOf(rows, validateOutcome(grid, forecast, sold, rows));
        const first = rows.map((row, index) => ({ row, index }));
        const own = first.filter(({ row }) => row.requester === 'DSO');
        const ownRows = own.map(({ row }) => row);
        const alone = permittedOf(ownRows, validateOutcome(grid, forecast, sold, ownRows));
        own.forEach(({ row, index }, at) =>
          row.acceptedW.forEach((acceptedW, offset) => {
            if (alone[at]![offset]! < acceptedW) cuts += 1;
            expect(permitted[index]![offset]).toBeGreaterThanOrEqual(alone[at]![offset]!);
          }),
        );
      }),
      { numRuns: 150 },
    );
    expect(cuts).toBeGreaterThan(20);
  });

  it('keeps nothing of a row while one before it, of the same place, is cut', () => {
    fc.assert(
      fc.property(trial, fc.nat(), ({ grid, forecast, sold }, bus) => {
        const podId = podAt(bus % grid.busOfPod.size);
        const rows = ['TSO', 'DSO', 'TSO', 'DSO'].map((requester) =>
          outcomeRow(podId, {
            requester: requester as 'DSO' | 'TSO',
            direction: 'down',
            acceptedW: [4_000, 3_000],
          }),
        );
        const permitted = permittedOf(rows, validateOutcome(grid, forecast, sold, rows));
        for (const mtu of [0, 1]) {
          const kept = [1, 3, 0, 2].map((index) => permitted[index]![mtu]!);
          const firstCut = kept.findIndex((watts) => watts < [4_000, 3_000][mtu]!);
          if (firstCut >= 0) expect(kept.slice(firstCut + 1).every((w) => w === 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('on a feeder of three buses', () => {
  const model = feederFile([
    { parent: 0, rOhm: 0.02 },
    { parent: 1, rOhm: 0.02 },
  ]);
  const gridWith = (limits: Parameters<typeof operated>[1]): OperatedGrid => {
    const grid = operated(model, limits);
    for (const bus of [0, 1, 2]) grid.busOfPod.set(podAt(bus), `n${bus}`);
    return grid;
  };
  const load = { n1: [10_000], n2: [10_000] };

  it('an outcome that relieves a violation is accepted whole, although some of it remains', () => {
    const grid = gridWith({ lineLimitA: { l1: 20 } });
    const rows = [outcomeRow(podAt(2), { acceptedW: [2_000] })];
    expect(validateOutcome(grid, forecastOf(grid, 1, load), new Map(), rows)).toEqual([]);
  });

  it('what is sold already counts as there: more on top of it is the harm', () => {
    const grid = gridWith({ lineLimitA: { l2: 16 } });
    const forecast = forecastOf(grid, 1, { n2: [5_000] });
    const row = outcomeRow(podAt(2), { direction: 'down', acceptedW: [4_000] });
    expect(validateOutcome(grid, forecast, new Map(), [row])).toEqual([]);
    const sold = withRows(grid, forecast, new Map(), [row], ({ acceptedW }) => acceptedW);
    const [exception] = validateOutcome(grid, forecast, sold, [row]);
    expect(exception).toMatchObject({ status: 'partial', violatedElement: 'l2' });
  });

  it('reactive power is judged like active power', () => {
    const grid = gridWith({ vMinPerMille: 1_000 });
    const forecast = forecastOf(grid, 1, load);
    const row = outcomeRow(podAt(2), { product: 'Q', direction: 'down', acceptedW: [200_000] });
    expect(validateOutcome(grid, forecast, new Map(), [row])).toEqual([
      { index: 0, status: 'partial', permittedW: [expect.any(Number)], violatedElement: 'n2' },
    ]);
    const raising = { ...row, direction: 'up' as const, acceptedW: [2_000] };
    expect(validateOutcome(grid, forecast, new Map(), [raising])).toEqual([]);
  });

  it('a row of a PoD that is not on the grid is KO, and moves nothing', () => {
    const grid = gridWith({});
    grid.busOfPod.set('IT002E79999999', 'a bus of another grid');
    const forecast = forecastOf(grid, 1, load);
    const rows = ['IT002E78888888', 'IT002E79999999', podAt(1)].map((podId) =>
      outcomeRow(podId, { acceptedW: [100] }),
    );
    expect(validateOutcome(grid, forecast, new Map(), rows)).toEqual(
      [0, 1].map((index) => ({
        index,
        status: 'KO',
        permittedW: [0],
        violatedElement: 'not-on-grid',
      })),
    );
  });

  it('where the power flow finds no solution, only what gives it one is harmless', () => {
    const grid = gridWith({});
    const { busW } = forecastOf(grid, 1, { n2: [3_000_000] });
    const forecast = { mtuCount: 1, busW, busVar: busW.map(() => [0]) };
    const up = outcomeRow(podAt(2), { acceptedW: [2_990_000] });
    expect(validateOutcome(grid, forecast, new Map(), [up])).toEqual([]);
    const tooLittle = { ...up, acceptedW: [1_000] };
    expect(validateOutcome(grid, forecast, new Map(), [tooLittle])).toEqual([
      { index: 0, status: 'KO', permittedW: [0], violatedElement: 'no-solution' },
    ]);
  });

  it('a voltage outside the band and an overload each name their element', () => {
    const grid = gridWith({ vMaxPerMille: 1_021, lineLimitA: { l2: 25 } });
    const forecast = forecastOf(grid, 2, { n2: [0, 0] });
    const rows = [
      outcomeRow(podAt(2), { direction: 'down', firstMtu: 1, acceptedW: [90_000] }),
      outcomeRow(podAt(1), { direction: 'up', acceptedW: [90_000] }),
    ];
    const exceptions = validateOutcome(grid, forecast, new Map(), rows);
    expect(exceptions.map(({ index, violatedElement }) => [index, violatedElement])).toEqual([
      [0, 'l2'],
      [1, 'n1'],
    ]);
  });
});
