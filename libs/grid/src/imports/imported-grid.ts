import type { ExternalGrid, Load, Network } from '../model/network';
import { parseNetwork } from '../model/parse-network';

/** A network read from another format, and what of the file is not in it. */
export interface ImportedGrid {
  readonly network: Network;
  /** What the file has and the network has not. */
  readonly leftOut: readonly Remark[];
  /** What the file does not say or the network says otherwise, and what stands in its place. */
  readonly assumed: readonly Remark[];
}

/** Elements of one kind that share one remark. */
export interface Remark {
  readonly what: string;
  readonly count: number;
  readonly reason: string;
}

type Tables =
  'buses' | 'lines' | 'transformers' | 'loads' | 'staticGenerators' | 'shunts' | 'switches';

/** The element tables of a network in the making, and the remarks on the way. */
export type GridDraft = { readonly [Table in Tables]: Network[Table][number][] } & {
  leaveOut(what: string, reason: string, count?: number): void;
  assume(what: string, reason: string): void;
  readonly leftOut: Map<string, Remark>;
  readonly assumed: Map<string, Remark>;
};

export function createDraft(): GridDraft {
  const leftOut = new Map<string, Remark>();
  const assumed = new Map<string, Remark>();
  const add = (remarks: Map<string, Remark>, what: string, reason: string, count: number): void => {
    const key = JSON.stringify([what, reason]);
    remarks.set(key, { what, count: count + (remarks.get(key)?.count ?? 0), reason });
  };
  return {
    buses: [],
    lines: [],
    transformers: [],
    loads: [],
    staticGenerators: [],
    shunts: [],
    switches: [],
    leaveOut: (what, reason, count = 1) => add(leftOut, what, reason, count),
    assume: (what, reason) => add(assumed, what, reason, 1),
    leftOut,
    assumed,
  };
}

/**
 * The network of a draft, through the same checks as a file of our own.
 *
 * @throws GridModelError naming the element that does not hold.
 */
export function finishDraft(
  about: Pick<Network, 'name' | 'title' | 'source' | 'frequencyHz' | 'externalGrid'>,
  draft: GridDraft,
): ImportedGrid {
  const { buses, lines, transformers, loads, shunts, switches } = draft;
  const staticGenerators = oneVoltagePerNode(draft, about.externalGrid);
  const tables = { buses, lines, transformers, loads, staticGenerators, shunts, switches };
  return {
    network: parseNetwork({ schema: 'flexledger-grid/1', ...about, ...tables, pods: [] }),
    leftOut: [...draft.leftOut.values()],
    assumed: [...draft.assumed.values()],
  };
}

/**
 * Where several machines hold the voltage of one node, the first keeps doing so (the external grid
 * before all) and the others feed in P alone: what Q they share is free in a power flow.
 */
function oneVoltagePerNode(
  draft: GridDraft,
  externalGrid: ExternalGrid,
): Network['staticGenerators'] {
  const nodeOf = joinedBuses(draft.switches);
  const held = new Set([nodeOf(externalGrid.bus)]);
  return draft.staticGenerators.map((generator) => {
    if (generator.vmPu === null) return generator;
    const node = nodeOf(generator.bus);
    if (!held.has(node)) {
      held.add(node);
      return generator;
    }
    draft.assume('generator', 'another holds the voltage of its node: P only, Q left to that one');
    return { ...generator, qMvar: 0, vmPu: null };
  });
}

/** One bus for all that closed switches between buses join. */
export function joinedBuses(switches: Network['switches']): (bus: string) => string {
  const up = new Map<string, string>();
  const find = (bus: string): string => {
    let node = bus;
    for (let next = up.get(node); next !== undefined; next = up.get(node)) node = next;
    return node;
  };
  for (const item of switches) {
    if (item.kind !== 'busToBus' || !item.closed) continue;
    const [from, to] = [find(item.from), find(item.to)];
    if (from !== to) up.set(from, to);
  }
  return find;
}

/** Shares of a load that follow the voltage, percent. */
export interface VoltageShares {
  readonly currentPercent: number;
  readonly impedancePercent: number;
}

/** Adds a load; one whose P and Q follow the voltage in different shares is split in two. */
export function addLoad(
  draft: GridDraft,
  load: Pick<Load, 'id' | 'name' | 'bus' | 'pMw' | 'qMvar'>,
  p: VoltageShares,
  q: VoltageShares,
): void {
  const add = (part: typeof load, shares: VoltageShares): void => {
    draft.loads.push({
      ...part,
      constantCurrentPercent: shares.currentPercent,
      constantImpedancePercent: shares.impedancePercent,
    });
  };
  const alike = p.currentPercent === q.currentPercent && p.impedancePercent === q.impedancePercent;
  if (alike || load.qMvar === 0) return add(load, p);
  if (load.pMw === 0) return add(load, q);
  add({ ...load, id: `${load.id} P`, qMvar: 0 }, p);
  add({ ...load, id: `${load.id} Q`, pMw: 0 }, q);
}
