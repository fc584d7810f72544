import {
  areConsistent,
  emptyDecisions,
  enterChoices,
  isRelaxationKept,
  relax,
  startValues,
} from './decisions';
import type { ChoiceValues, Relaxed } from './decisions';
import type { HardParts } from './hard-parts';
import { clearMtu, rankOf } from './merit-order';
import type { Allocation, MeritOrder, MtuAllocation } from './merit-order';
import { buildPartModel, OBJECTIVES } from './part-model';
import type { ObjectiveName, PartModel } from './part-model';
import type { MilpLimits, MilpModel, SolveMilp } from './solver-port';

/**
 * Clears what merit order cannot decide: a solver proposes the yes/no decisions of each hard part,
 * merit order then computes every watt exactly, and the solver's bounds tell how far from the
 * optimum the outcome may be. A part without an answer, or too large to ask, keeps its start.
 */
export interface HardClearing {
  readonly allocation: Allocation;
  readonly gap: Gap | null;
}

/** What is not proven best: the first objective concerned, and the most it can still be improved, per mille of it, rounded up. */
export interface Gap {
  readonly objective: ObjectiveName;
  readonly perMille: number;
}

/** Proven bounds by objective; `optimal` where the start needed no solver. */
type Bounds = readonly (number | null)[] | 'optimal';

/** A part with what is known of its solution. */
interface SolvedPart {
  readonly partModel: PartModel;
  readonly start: ChoiceValues;
  values: ChoiceValues;
  bounds: Bounds;
}

const UNKNOWN_BOUNDS: Bounds = OBJECTIVES.map(() => null);

/** Small parts come first, and each may use at least this much of the time. */
const LEAST_SECONDS = 1;

/** Clears a session with hard parts; the time is shared between them by size. */
export async function clearHardParts(
  meritOrder: MeritOrder,
  hard: HardParts,
  limits: MilpLimits,
  solve: SolveMilp,
): Promise<HardClearing> {
  const relaxed = relax(meritOrder, hard);
  const solved: SolvedPart[] = [];
  const bySize = [...hard.parts.keys()].sort((a, b) => sizeOf(hard, a) - sizeOf(hard, b));
  let secondsLeft = limits.timeLimitSeconds;
  let sizeLeft = bySize.reduce((sum, index) => sum + sizeOf(hard, index), 0);
  for (const index of bySize) {
    const part = hard.parts[index]!;
    const share = (secondsLeft * part.offer.length) / sizeLeft;
    const timeLimitSeconds = Math.max(share, Math.min(secondsLeft, LEAST_SECONDS));
    const partModel = buildPartModel(meritOrder, hard, part, { ...limits, timeLimitSeconds });
    const start = startValues(meritOrder, hard, relaxed, partModel);
    sizeLeft -= part.offer.length;
    // Without choices (no block has room for its whole duration) merit order decides the rest alone.
    const isDecided = partModel.choices.length === 0;
    if (isDecided || isRelaxationKept(meritOrder, hard, relaxed, partModel, start)) {
      solved[index] = { partModel, start, values: start, bounds: 'optimal' };
      continue;
    }
    if (part.isTooLarge) {
      solved[index] = { partModel, start, values: start, bounds: UNKNOWN_BOUNDS };
      continue;
    }
    const answer = await solve({ ...partModel.model, start: startColumns(partModel, start) });
    const values = new Map(answer.columnValue?.entries());
    const isSound = areConsistent(meritOrder, partModel, values);
    solved[index] = {
      partModel,
      start,
      values: isSound && values.size > 0 ? values : start,
      bounds: isSound ? answer.bounds : UNKNOWN_BOUNDS,
    };
    secondsLeft = Math.max(0, secondsLeft - answer.elapsedSeconds);
  }
  const allocation = clearDecided(meritOrder, hard, solved);
  return { allocation, gap: gapOf(meritOrder, hard, relaxed, solved, allocation) };
}

function sizeOf(hard: HardParts, index: number): number {
  return hard.parts[index]!.offer.length;
}

/** The decisive columns with their start values; those not named in `start` begin at 0. */
function startColumns({ choices }: PartModel, start: ChoiceValues): MilpModel['start'] {
  const columns = choices.flatMap((choice) =>
    choice.kind === 'block' && choice.level !== null
      ? [choice.column, choice.level]
      : [choice.column],
  );
  return {
    columns: Int32Array.from(columns),
    values: Float64Array.from(columns, (column) => start.get(column) ?? 0),
  };
}

/**
 * Merit order under the decided values. Should decisions not fit (a solver's answer outside its
 * tolerances), the parts of that MTU fall back on their start, and their bounds no longer count.
 */
function clearDecided(
  meritOrder: MeritOrder,
  hard: HardParts,
  solved: readonly SolvedPart[],
): Allocation {
  const { columns } = meritOrder;
  for (;;) {
    const decisions = emptyDecisions(columns, hard);
    for (const { partModel, values } of solved) {
      enterChoices(meritOrder, decisions, partModel, values);
    }
    const allocation: MtuAllocation[] = [];
    let failedMtu = -1;
    for (let mtu = 0; mtu < columns.mtus && failedMtu < 0; mtu += 1) {
      const rows = clearMtu(meritOrder, mtu, decisions);
      if (rows === null) failedMtu = mtu;
      else allocation.push(rows);
    }
    if (failedMtu < 0) return allocation;
    const doubtful = solved.filter(
      ({ values, start }, index) => values !== start && hard.parts[index]!.mtu.includes(failedMtu),
    );
    if (doubtful.length === 0) {
      throw new Error(`clearing: the start does not fit in MTU ${failedMtu}; report this instance`);
    }
    for (const part of doubtful) {
      part.values = part.start;
      part.bounds = UNKNOWN_BOUNDS;
    }
  }
}

/** What each part achieved in each objective, in its model's units. */
function achieved(
  meritOrder: MeritOrder,
  hard: HardParts,
  solved: readonly SolvedPart[],
  allocation: Allocation,
): Float64Array[] {
  const { columns } = meritOrder;
  const sums = solved.map(() => new Float64Array(OBJECTIVES.length));
  allocation.forEach((rows, mtu) => {
    for (let at = 0; at < rows.offer.length; at += 1) {
      const offer = rows.offer[at]!;
      const request = rows.request[at]!;
      const part = hard.partOfPair[request * columns.mtus + mtu]!;
      if (part < 0) continue;
      const { partModel } = solved[part]!;
      const quantity = rows.quantityW[at]! / partModel.quantityUnitW;
      const sum = sums[part]!;
      sum[columns.requestIsDso[request] === 1 ? 0 : 1]! -= quantity;
      sum[2]! += quantity * (rankOf(meritOrder, offer, mtu) / partModel.rankUnit);
      sum[3]! += quantity * (1000 - columns.offerReliability[offer]!);
      sum[4]! += quantity * (offer - partModel.firstOffer);
    }
  });
  return sums;
}

/** Sums what is unproven over the parts, for the first objective where anything is. */
function gapOf(
  meritOrder: MeritOrder,
  hard: HardParts,
  relaxed: Relaxed,
  solved: readonly SolvedPart[],
  allocation: Allocation,
): Gap | null {
  const sums = achieved(meritOrder, hard, solved, allocation);
  for (const [index, objective] of OBJECTIVES.entries()) {
    let found = 0;
    let improvable = 0;
    solved.forEach(({ partModel, bounds }, part) => {
      const { quantityUnitW, rankUnit } = partModel;
      const unit = quantityUnitW * (objective === 'cost' ? rankUnit : 1);
      const value = sums[part]![index]!;
      found += Math.abs(value) * unit;
      if (bounds === 'optimal') return;
      const served = -relaxed.partServedW[part]! / unit;
      const relaxedBound = {
        dsoServed: -relaxed.partDsoW[part]! / unit,
        tsoServed: served - sums[part]![0]!,
      };
      const least =
        objective === 'dsoServed' || objective === 'tsoServed' ? relaxedBound[objective] : 0;
      const bound = Math.max(bounds[index] ?? -Infinity, least);
      if (!isProven(value, bound)) improvable += (value - bound) * unit;
    });
    if (improvable > 0) {
      return { objective, perMille: Math.ceil((1000 * improvable) / Math.max(found, 1)) };
    }
  }
  return null;
}

/** Values are whole numbers at their optimum: less than one apart is equal, up to floating-point noise. */
function isProven(value: number, bound: number): boolean {
  return value - bound < 1 - 1e-6 + Math.abs(value) * 1e-12;
}
