/**
 * In which order Gaussian elimination takes the nodes of a grid, and which blocks it fills in on
 * the way. Depends on the topology only, so it is found once and reused by every factorisation.
 */
export interface Elimination {
  /** Position of each node in the elimination order. */
  readonly position: Int32Array;
  /**
   * For the pivot at position k, `later[start[k] .. start[k+1]]` are the positions after k that its
   * row and column touch, ascending, fill-in included.
   */
  readonly start: Int32Array;
  readonly later: Int32Array;
}

/**
 * Minimum-degree ordering (Tinney and Walker 1967, scheme 2): always eliminates a node with the
 * fewest neighbours left. A radial grid is eaten from its leaves and fills nothing in.
 *
 * @param a, b end nodes of the edges, each pair once.
 */
export function minimumDegreeElimination(
  nodeCount: number,
  a: Int32Array,
  b: Int32Array,
): Elimination {
  const neighbours = Array.from({ length: nodeCount }, () => new Set<number>());
  for (let edge = 0; edge < a.length; edge++) {
    neighbours[a[edge]!]!.add(b[edge]!);
    neighbours[b[edge]!]!.add(a[edge]!);
  }
  // A node is filed again whenever its degree changes; stale entries are skipped when they surface.
  const filed: number[][] = [];
  const file = (node: number): void => {
    (filed[neighbours[node]!.size] ??= []).push(node);
  };
  for (let node = 0; node < nodeCount; node++) file(node);

  const position = new Int32Array(nodeCount).fill(-1);
  const touched: number[][] = [];
  let degree = 0;
  while (touched.length < nodeCount) {
    const node = filed[degree]?.pop();
    if (node === undefined) {
      degree++;
      continue;
    }
    if (position[node]! >= 0 || neighbours[node]!.size !== degree) continue;
    position[node] = touched.length;
    const rest = [...neighbours[node]!];
    touched.push(rest);
    for (const one of rest) {
      neighbours[one]!.delete(node);
      for (const other of rest) if (other !== one) neighbours[one]!.add(other);
    }
    rest.forEach(file);
    degree = Math.max(0, degree - 1);
  }

  const start = new Int32Array(nodeCount + 1);
  const later: number[] = [];
  touched.forEach((nodes, k) => {
    later.push(...nodes.map((node) => position[node]!).sort((p, q) => p - q));
    start[k + 1] = later.length;
  });
  return { position, start, later: Int32Array.from(later) };
}
