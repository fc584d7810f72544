import type { ElementType } from '@flexledger/domain';
import { type SeriesResult } from '@flexledger/grid';
import type { OperatedGrid } from '../grid-model/operated-grid';

/** One element out of its limits in some MTUs. */
export interface Violation {
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly kind: 'overload' | 'underVoltage' | 'overVoltage';
  /** A for lines, % for transformers, pu for buses. */
  readonly limit: number;
  /** By MTU; NaN where the limit holds. */
  readonly value: Float64Array;
}

/** Every element that leaves its limits in a solved series, in the order of the model's tables. */
export function findViolations(grid: OperatedGrid, series: SeriesResult): Violation[] {
  const { network } = grid.compiled;
  const { limits } = grid;
  const found: Violation[] = [];
  const check = (
    rows: readonly { readonly id: string }[],
    kind: Violation['kind'],
    elementType: ElementType,
    limitOf: (index: number) => number,
    valueAt: (entry: number) => number,
  ): void => {
    const over = kind === 'underVoltage' ? -1 : 1;
    rows.forEach(({ id }, index) => {
      const limit = limitOf(index);
      const value = new Float64Array(series.steps).fill(NaN);
      let any = false;
      for (let mtu = 0; mtu < series.steps; mtu += 1) {
        const now = valueAt(mtu * rows.length + index);
        if (over * now > over * limit) {
          value[mtu] = now;
          any = true;
        }
      }
      if (any) found.push({ elementType, elementId: id, kind, limit, value });
    });
  };
  check(
    network.lines,
    'overload',
    'line',
    (i) => limits.lineA[i]!,
    (e) => series.lineIKa[e]! * 1e3,
  );
  check(
    network.transformers,
    'overload',
    'transformer',
    () => limits.transformerPercent,
    (e) => series.transformerLoadingPercent[e]!,
  );
  check(
    network.buses,
    'underVoltage',
    'bus',
    () => limits.vMinPu,
    (e) => series.busVmPu[e]!,
  );
  check(
    network.buses,
    'overVoltage',
    'bus',
    () => limits.vMaxPu,
    (e) => series.busVmPu[e]!,
  );
  return found;
}

/** MTUs in which a violation stands. */
export function violatedMtus(violation: Violation): number[] {
  return [...violation.value.keys()].filter((mtu) => !Number.isNaN(violation.value[mtu]!));
}
