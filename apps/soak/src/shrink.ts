import type { Fault } from './faults/fault';

/**
 * The fewest of a run's faults with which it still fails: halves are left out as long as that fails too, then
 * one after another.
 *
 * @param fails whether a world with these faults, and no others, breaks the same invariant
 * @param runsAtMost worlds that are lived through at most
 */
export async function shrunk(
  faults: readonly Fault[],
  fails: (faults: readonly Fault[]) => Promise<boolean>,
  runsAtMost = 60,
): Promise<readonly Fault[]> {
  let kept = faults;
  let runs = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length && runs < runsAtMost;) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      runs += 1;
      if (await fails(without)) kept = without;
      else at += size;
    }
  }
  return kept;
}
