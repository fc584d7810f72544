/** The block of power that carries most energy within what can be offered. */
export interface PowerBlock {
  readonly quantityW: number;
  readonly durationMtus: number;
  /** First and last MTU in which it may run. */
  readonly window: readonly [number, number];
}

/**
 * Of all blocks of whole `stepW` that stay within `offerableW` wherever they run in their window, and
 * within the energy, the one of most energy; of equal ones the longest window, then the most power.
 *
 * @param energyWMtu W·MTU at most
 */
export function bestBlock(
  offerableW: readonly number[],
  energyWMtu: number,
  stepW: number,
): PowerBlock | undefined {
  let best: PowerBlock | undefined;
  for (const level of new Set(offerableW)) {
    const quantityW = Math.floor(Math.min(level, energyWMtu) / stepW) * stepW;
    if (quantityW <= 0) continue;
    const window = longestRun(offerableW, quantityW);
    const length = window[1] - window[0] + 1;
    const durationMtus = Math.min(length, Math.floor(energyWMtu / quantityW));
    const block = { quantityW, durationMtus, window };
    if (!best || isBetter(block, best)) best = block;
  }
  return best;
}

function isBetter(one: PowerBlock, other: PowerBlock): boolean {
  const rank = ({ quantityW, durationMtus, window }: PowerBlock): number[] => [
    quantityW * durationMtus,
    window[1] - window[0],
    quantityW,
  ];
  const [mine, its] = [rank(one), rank(other)];
  const first = mine.findIndex((value, index) => value !== its[index]);
  return first >= 0 && mine[first]! > its[first]!;
}

/** First and last MTU of the longest stretch of at least so much; the first of equal ones. */
function longestRun(offerableW: readonly number[], quantityW: number): readonly [number, number] {
  let best: readonly [number, number] = [0, -1];
  let first = 0;
  for (const [mtu, watts] of offerableW.entries()) {
    if (watts < quantityW) first = mtu + 1;
    else if (mtu - first > best[1] - best[0]) best = [first, mtu];
  }
  return best;
}
