/**
 * The arithmetic of a left-filled binary tree. Sizes and indices are whole numbers below 2^53, so
 * halves are taken by division: the bit operators of JavaScript end at 2^31.
 */

/** @throws RangeError unless `size` is a whole number from 0 to 2^53 - 1 */
export function assertSize(size: number, name: string): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`${name} is ${size}; it must be a whole number from 0 to 2^53 - 1`);
  }
}

/** The largest power of two smaller than `size` (k of RFC 9162, 2.1.1), for a size above 1. */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** A stored node: the root of the leaves [index * 2^level, (index + 1) * 2^level). */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/**
 * The perfect subtrees that the leaves [start, end) consist of, largest first. `start` is a
 * multiple of the largest of them, as it is for every subtree that RFC 9162 names.
 */
export function perfectSubtrees(start: number, end: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  let from = start;
  while (from < end) {
    let level = 0;
    let width = 1;
    while (width * 2 <= end - from) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: from / width });
    from += width;
  }
  return nodes;
}
