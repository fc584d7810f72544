import type { StepState } from '@flexledger/grid';
import type { OperatedGrid } from '../operated-grid';

/** Worse by less than this is no harm: far above the power flow's error, far below a meter's. */
const TOLERANCE = { lineKa: 1e-6, transformerPercent: 1e-4, vmPu: 1e-6 };

/**
 * What no outcome may go beyond in one MTU: an element's limit, or where it is beyond that already,
 * its value before the outcome. In the order of the model's tables.
 */
export interface StepLimits {
  readonly lineKaMax: Float64Array;
  readonly transformerPercentMax: Float64Array;
  readonly vmPuMin: Float64Array;
  readonly vmPuMax: Float64Array;
}

export function createStepLimits(grid: OperatedGrid): StepLimits {
  const { lines, transformers, buses } = grid.compiled.network;
  return {
    lineKaMax: new Float64Array(lines.length),
    transformerPercentMax: new Float64Array(transformers.length),
    vmPuMin: new Float64Array(buses.length),
    vmPuMax: new Float64Array(buses.length),
  };
}

/** Sets the limits of a MTU whose power flow has no solution before: any solution is better. */
export function setNoLimits(limits: StepLimits): void {
  limits.lineKaMax.fill(Infinity);
  limits.transformerPercentMax.fill(Infinity);
  limits.vmPuMin.fill(-Infinity);
  limits.vmPuMax.fill(Infinity);
}

/** Sets the limits of a MTU from its state before the outcome. */
export function setLimits(grid: OperatedGrid, before: StepState, limits: StepLimits): void {
  const { lineA, transformerPercent, vMinPu, vMaxPu } = grid.limits;
  before.lineIKa.forEach((value, line) => {
    limits.lineKaMax[line] = Math.max(lineA[line]! / 1e3, value + TOLERANCE.lineKa);
  });
  before.transformerLoadingPercent.forEach((value, transformer) => {
    const worse = value + TOLERANCE.transformerPercent;
    limits.transformerPercentMax[transformer] = Math.max(transformerPercent, worse);
  });
  before.busVmPu.forEach((value, bus) => {
    limits.vmPuMin[bus] = Math.min(vMinPu[bus]!, value - TOLERANCE.vmPu);
    limits.vmPuMax[bus] = Math.max(vMaxPu[bus]!, value + TOLERANCE.vmPu);
  });
}

/** Id of the first element beyond its limit, in the order of the tables; undefined = none. */
export function harmedElement(
  grid: OperatedGrid,
  state: StepState,
  limits: StepLimits,
): string | undefined {
  const { lines, transformers, buses } = grid.compiled.network;
  for (let line = 0; line < lines.length; line += 1) {
    if (state.lineIKa[line]! > limits.lineKaMax[line]!) return lines[line]!.id;
  }
  for (let index = 0; index < transformers.length; index += 1) {
    const percent = state.transformerLoadingPercent[index]!;
    if (percent > limits.transformerPercentMax[index]!) return transformers[index]!.id;
  }
  for (let bus = 0; bus < buses.length; bus += 1) {
    const vmPu = state.busVmPu[bus]!;
    if (vmPu < limits.vmPuMin[bus]! || vmPu > limits.vmPuMax[bus]!) return buses[bus]!.id;
  }
  return undefined;
}
