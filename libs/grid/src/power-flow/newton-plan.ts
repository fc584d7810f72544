import { blockOffset, createBlockLu } from './block-lu';
import type { CompiledGrid, NewtonPlan } from './compiled-grid';
import { minimumDegreeElimination } from './elimination';

export function createNewtonPlan(grid: CompiledGrid): NewtonPlan {
  const size = grid.topology.nodeCount - 1;
  const { a, b, y } = grid.edges;
  const inner = Array.from(a.keys()).filter((edge) => a[edge] !== 0);
  const elimination = minimumDegreeElimination(
    size,
    Int32Array.from(inner, (edge) => a[edge]! - 1),
    Int32Array.from(inner, (edge) => b[edge]! - 1),
  );
  const lu = createBlockLu(elimination);
  const position = new Int32Array(size + 1);
  position[0] = size;
  position.set(elimination.position, 1);

  const byPosition = (): Float64Array => new Float64Array(size + 1);
  const diagonalRe = byPosition();
  const diagonalIm = byPosition();
  const rowMagnitude = byPosition();
  for (let edge = 0; edge < a.length; edge++) {
    const atA = position[a[edge]!]!;
    const atB = position[b[edge]!]!;
    diagonalRe[atA]! += y.ffRe[edge]!;
    diagonalIm[atA]! += y.ffIm[edge]!;
    diagonalRe[atB]! += y.ttRe[edge]!;
    diagonalIm[atB]! += y.ttIm[edge]!;
    rowMagnitude[atA]! += 2 * Math.hypot(y.ffRe[edge]!, y.ffIm[edge]!);
    rowMagnitude[atB]! += 2 * Math.hypot(y.ttRe[edge]!, y.ttIm[edge]!);
  }
  const controlledVmPu = byPosition();
  grid.controlledVmPu.forEach((vmPu, node) => (controlledVmPu[position[node]!] = vmPu));
  const edgeA = a.map((node) => position[node]!);
  const edgeB = b.map((node) => position[node]!);
  const block = (row: number, column: number): number =>
    row === size || column === size ? -1 : blockOffset(lu, row, column);
  return {
    lu,
    position,
    edgeA,
    edgeB,
    edgeY: y,
    blockAB: edgeA.map((row, edge) => block(row, edgeB[edge]!)),
    blockBA: edgeB.map((row, edge) => block(row, edgeA[edge]!)),
    diagonalRe,
    diagonalIm,
    rowMagnitude,
    controlledVmPu,
    vRe: byPosition(),
    vIm: byPosition(),
    previousRe: byPosition(),
    previousIm: byPosition(),
    p: byPosition(),
    q: byPosition(),
    mismatch: new Float64Array(2 * size + 2),
    step: new Float64Array(2 * size + 2),
    demandP: byPosition(),
    demandQ: byPosition(),
    currentP: byPosition(),
    currentQ: byPosition(),
    shuntRe: byPosition(),
    shuntIm: byPosition(),
  };
}
