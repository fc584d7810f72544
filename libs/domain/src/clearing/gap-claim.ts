import { checkAllocation } from './check';
import type { ClearingParameters } from './clear';
import type { ClearingColumns } from './columns';
import type { Allocation } from './merit-order';
import { OBJECTIVES } from './part-model';

/**
 * What a clearing with a gap claims: the objectives before the gap's are the best there are, and the
 * gap's own can be improved by no more than `perMille` of its value. Any other feasible allocation
 * of the same problem can show that wrong; none can show it right.
 *
 * @param gap as recorded, a `Gap`
 * @param other a feasible allocation of the same problem
 * @returns what is wrong with the claim, or undefined
 */
export function gapFault(
  columns: ClearingColumns,
  parameters: Pick<ClearingParameters, 'costWeight' | 'reliabilityWeight'>,
  gap: object,
  recorded: Allocation,
  other: Allocation,
): string | undefined {
  const { objective, perMille } = gap as { objective?: unknown; perMille?: unknown };
  const isKnown = OBJECTIVES.some((name) => name === objective);
  if (!isKnown || !Number.isSafeInteger(perMille) || (perMille as number) < 0) {
    return `the gap ${JSON.stringify(gap)} names no objective and per mille of it`;
  }
  const found = objectiveValues(columns, parameters, recorded);
  const known = objectiveValues(columns, parameters, other);
  for (const [index, name] of OBJECTIVES.entries()) {
    const better = found[index]! - known[index]!;
    if (name === objective) {
      const value = found[index]! < 0n ? -found[index]! : found[index]!;
      const most = BigInt(perMille as number) * (value > 1n ? value : 1n);
      if (1000n * better <= most) return undefined;
      return `${name} can be improved by ${better} of ${value}, above the gap of ${perMille as number} per mille`;
    }
    if (better > 0n) return `${name} counts as proven and can be improved by ${better}`;
    // Where the record is the better one, the other shows nothing about what comes after.
    if (better < 0n) return undefined;
  }
  return undefined;
}

/** The values of `OBJECTIVES`, exact, each to be minimised. */
function objectiveValues(
  columns: ClearingColumns,
  { costWeight, reliabilityWeight }: Pick<ClearingParameters, 'costWeight' | 'reliabilityWeight'>,
  allocation: Allocation,
): bigint[] {
  const { totals } = checkAllocation(columns, allocation);
  const dsoW = BigInt(totals.dsoServedWMtu);
  const tsoW = BigInt(totals.tsoServedWMtu);
  const unreliability = 1000n * (dsoW + tsoW) - totals.reliabilityWMtu;
  const rank =
    reliabilityWeight === 0
      ? totals.costWMtuPrice
      : BigInt(costWeight) * totals.costWMtuPrice + BigInt(reliabilityWeight) * unreliability;
  let places = 0n;
  for (const { offer, quantityW } of allocation) {
    offer.forEach((place, row) => (places += BigInt(place) * BigInt(quantityW[row]!)));
  }
  return [-dsoW, -tsoW, rank, unreliability, places];
}
