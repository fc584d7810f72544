import type { NodeVoltages } from '../power-flow/attempt';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import type { Place } from './measurements';

/**
 * The value of a measurement at given voltages and its derivatives. The voltages of its nodes count
 * as V = exp(u + j theta): `dTheta` and `dU` are by the angle (radian) and the logarithm of the
 * magnitude of the voltage of each of `nodes`.
 */
export interface RowValues {
  value: number;
  readonly nodes: Int32Array;
  readonly dTheta: Float64Array;
  readonly dU: Float64Array;
}

/** Evaluates one measurement into its own row. */
export type Row = RowValues & { readonly evaluate: (voltages: NodeVoltages) => void };

const toDegree = 180 / Math.PI;

/** The admittances that a current at one node is made of: its own, and those to its neighbours. */
interface Port {
  /** The node first, then its neighbours. */
  readonly nodes: Int32Array;
  readonly yRe: Float64Array;
  readonly yIm: Float64Array;
}

/** Makes the rows of measurements on one grid; what they share is found once. */
export function createRowFactory(grid: CompiledGrid): (place: Place) => Row {
  const injectionPorts = portsOfNodes(grid);
  const baseKa = currentBaseKa(grid);
  return (place) => {
    if ('node' in place) {
      const { kind, node } = place;
      if (kind === 'vmPu' || kind === 'vaDegree') return voltageRow(kind, node);
      return powerRow(injectionPorts[node]!, kind === 'pInjectionMw' ? 'p' : 'q');
    }
    const port = portOfBranch(grid, place.branch, place.side);
    if (place.kind === 'pFlowMw' || place.kind === 'qFlowMvar') {
      return powerRow(port, place.kind === 'pFlowMw' ? 'p' : 'q');
    }
    return currentRow(port, place.kind, baseKa[port.nodes[0]!]!);
  };
}

/** kA per unit of current at each node: 1 MVA / (sqrt 3 vnKv). */
export function currentBaseKa({ network, topology }: CompiledGrid): Float64Array {
  const baseKa = new Float64Array(topology.nodeCount);
  topology.nodeOfBus.forEach((node, bus) => {
    if (node >= 0) baseKa[node] = 1 / (Math.sqrt(3) * network.buses[bus]!.vnKv);
  });
  return baseKa;
}

function emptyRow(nodes: Int32Array): RowValues {
  const { length } = nodes;
  return { value: 0, nodes, dTheta: new Float64Array(length), dU: new Float64Array(length) };
}

function voltageRow(kind: 'vmPu' | 'vaDegree', node: number): Row {
  const row = emptyRow(Int32Array.of(node));
  const evaluate = ({ re, im }: NodeVoltages): void => {
    if (kind === 'vmPu') {
      row.value = Math.hypot(re[node]!, im[node]!);
      row.dU[0] = row.value;
    } else {
      row.value = Math.atan2(im[node]!, re[node]!) * toDegree;
      row.dTheta[0] = toDegree;
    }
  };
  return Object.assign(row, { evaluate });
}

/** P or Q of S = V conj(I) at the port's node. */
function powerRow({ nodes, yRe, yIm }: Port, part: 'p' | 'q'): Row {
  const row = emptyRow(nodes);
  const evaluate = ({ re, im }: NodeVoltages): void => {
    const ownRe = re[nodes[0]!]!;
    const ownIm = im[nodes[0]!]!;
    let p = 0;
    let q = 0;
    for (let k = 0; k < nodes.length; k++) {
      // The part of S that the voltage of node k brings: V conj(y_k V_k).
      const currentRe = yRe[k]! * re[nodes[k]!]! - yIm[k]! * im[nodes[k]!]!;
      const currentIm = yRe[k]! * im[nodes[k]!]! + yIm[k]! * re[nodes[k]!]!;
      const partP = ownRe * currentRe + ownIm * currentIm;
      const partQ = ownIm * currentRe - ownRe * currentIm;
      p += partP;
      q += partQ;
      // By theta_k it turns by -j, by u_k it grows.
      row.dTheta[k] = part === 'p' ? partQ : -partP;
      row.dU[k] = part === 'p' ? partP : partQ;
    }
    // By theta and u of the own node S turns by j and grows as a whole too.
    row.dTheta[0]! += part === 'p' ? -q : p;
    row.dU[0]! += part === 'p' ? p : q;
    row.value = part === 'p' ? p : q;
  };
  return Object.assign(row, { evaluate });
}

/**
 * Magnitude or angle of the current at the port's node. A current of nothing has no direction; its
 * row is nothing then, and says nothing in this step.
 */
function currentRow({ nodes, yRe, yIm }: Port, kind: 'iKa' | 'iaDegree', baseKa: number): Row {
  const row = emptyRow(nodes);
  const partRe = new Float64Array(nodes.length);
  const partIm = new Float64Array(nodes.length);
  const evaluate = ({ re, im }: NodeVoltages): void => {
    let sumRe = 0;
    let sumIm = 0;
    for (let k = 0; k < nodes.length; k++) {
      partRe[k] = yRe[k]! * re[nodes[k]!]! - yIm[k]! * im[nodes[k]!]!;
      partIm[k] = yRe[k]! * im[nodes[k]!]! + yIm[k]! * re[nodes[k]!]!;
      sumRe += partRe[k]!;
      sumIm += partIm[k]!;
    }
    const magnitude = Math.hypot(sumRe, sumIm);
    row.value = kind === 'iKa' ? magnitude * baseKa : Math.atan2(sumIm, sumRe) * toDegree;
    for (let k = 0; k < nodes.length; k++) {
      // dI/du_k is the part of node k, dI/dtheta_k is j times it.
      const along = (sumRe * partRe[k]! + sumIm * partIm[k]!) / magnitude;
      const across = (sumRe * partIm[k]! - sumIm * partRe[k]!) / magnitude;
      const [byTheta, byU] =
        kind === 'iKa'
          ? [-across * baseKa, along * baseKa]
          : [(along / magnitude) * toDegree, (across / magnitude) * toDegree];
      row.dTheta[k] = magnitude > 0 ? byTheta : 0;
      row.dU[k] = magnitude > 0 ? byU : 0;
    }
  };
  return Object.assign(row, { evaluate });
}

/** Bus admittance matrix by rows: edges, and the shunts that belong to the grid. */
function portsOfNodes({ topology, edges, shuntRe, shuntIm }: CompiledGrid): readonly Port[] {
  const { a, b, y } = edges;
  const neighbours = Array.from({ length: topology.nodeCount }, (_, node) => [
    { node, re: shuntRe[node]!, im: shuntIm[node]! },
  ]);
  for (let edge = 0; edge < a.length; edge++) {
    const [atA, atB] = [neighbours[a[edge]!]!, neighbours[b[edge]!]!];
    atA[0]!.re += y.ffRe[edge]!;
    atA[0]!.im += y.ffIm[edge]!;
    atB[0]!.re += y.ttRe[edge]!;
    atB[0]!.im += y.ttIm[edge]!;
    atA.push({ node: b[edge]!, re: y.ftRe[edge]!, im: y.ftIm[edge]! });
    atB.push({ node: a[edge]!, re: y.tfRe[edge]!, im: y.tfIm[edge]! });
  }
  return neighbours.map((entries) => ({
    nodes: Int32Array.from(entries, ({ node }) => node),
    yRe: Float64Array.from(entries, ({ re }) => re),
    yIm: Float64Array.from(entries, ({ im }) => im),
  }));
}

function portOfBranch(
  { topology, branches: y }: CompiledGrid,
  branch: number,
  side: 'from' | 'to',
): Port {
  const from = topology.fromNode[branch]!;
  const to = topology.toNode[branch]!;
  const forward = side === 'from';
  const own = forward
    ? { re: y.ffRe[branch]!, im: y.ffIm[branch]! }
    : { re: y.ttRe[branch]!, im: y.ttIm[branch]! };
  const other = forward
    ? { re: y.ftRe[branch]!, im: y.ftIm[branch]! }
    : { re: y.tfRe[branch]!, im: y.tfIm[branch]! };
  if (from === to) {
    return {
      nodes: Int32Array.of(from),
      yRe: Float64Array.of(own.re + other.re),
      yIm: Float64Array.of(own.im + other.im),
    };
  }
  return {
    nodes: forward ? Int32Array.of(from, to) : Int32Array.of(to, from),
    yRe: Float64Array.of(own.re, other.re),
    yIm: Float64Array.of(own.im, other.im),
  };
}
