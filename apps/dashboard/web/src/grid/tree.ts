/** A grid laid out from its model: a tree by distance from the slack, whose main stem goes straight on. */
import type { Network } from '@flexledger/grid';

export interface TreeBus {
  readonly id: string;
  /** Index in the model's table. */
  readonly index: number;
  /** Branches from the slack. */
  readonly depth: number;
  readonly row: number;
  /** Ohm of the lines on the way from the slack. */
  readonly distanceOhm: number;
}

export interface TreeBranch {
  readonly kind: 'line' | 'transformer' | 'switch';
  readonly id: string;
  /** Index in the table of its kind. */
  readonly index: number;
  readonly from: TreeBus;
  readonly to: TreeBus;
  /** In service, but it closes a ring; or out of service. Undefined where it is a branch of the tree. */
  readonly apart?: 'ring' | 'open';
}

export interface GridTree {
  readonly buses: readonly TreeBus[];
  readonly branches: readonly TreeBranch[];
  readonly depth: number;
  readonly rows: number;
  /** Buses that nothing supplies. */
  readonly unsupplied: readonly string[];
}

type Topology = Pick<Network, 'buses' | 'lines' | 'transformers' | 'switches' | 'externalGrid'>;

interface Edge {
  readonly kind: TreeBranch['kind'];
  readonly id: string;
  readonly index: number;
  readonly ends: readonly [string, string];
  readonly ohm: number;
  readonly isOn: boolean;
}

/** @param folded ids of buses that are left out, with what hangs at them */
export function treeOf(network: Topology, folded: ReadonlySet<string> = new Set()): GridTree {
  const edges = edgesOf(network).filter(({ ends }) => !ends.some((end) => folded.has(end)));
  const walk = walkFrom(network.externalGrid.bus, edges);
  const { placed, rows } = place(network, walk);
  const branches = edges.flatMap((edge): TreeBranch[] => {
    const { kind, id, index, ends, isOn } = edge;
    const [one, other] = ends.map((end) => placed.get(end));
    if (!one || !other) return [];
    const isTree = [one, other].some((bus) => walk.parents.get(bus.id)?.edge === edge);
    const [from, to] = one.depth <= other.depth ? [one, other] : [other, one];
    const branch = { kind, id, index, from, to };
    return [isTree ? branch : { ...branch, apart: isOn ? 'ring' : 'open' }];
  });
  const buses = walk.order.map((bus) => placed.get(bus)!);
  return {
    buses,
    branches,
    depth: buses.reduce((most, { depth }) => Math.max(most, depth), 0),
    rows,
    unsupplied: network.buses
      .filter(({ id }) => !placed.has(id) && !folded.has(id))
      .map(({ id }) => id),
  };
}

/** The way to each bus that is supplied, and the buses in the order they were come to. */
interface Walk {
  readonly order: readonly string[];
  readonly parents: ReadonlyMap<string, { readonly bus: string; readonly edge: Edge } | null>;
}

/** Breadth first, so that a ring is opened where its ends are equally far. */
function walkFrom(slack: string, edges: readonly Edge[]): Walk {
  const byBus = new Map<string, Edge[]>();
  for (const edge of edges.filter(({ isOn }) => isOn)) {
    for (const end of edge.ends) byBus.set(end, [...(byBus.get(end) ?? []), edge]);
  }
  const parents = new Map<string, { readonly bus: string; readonly edge: Edge } | null>([
    [slack, null],
  ]);
  const order = [slack];
  for (const bus of order) {
    for (const edge of byBus.get(bus) ?? []) {
      const [one, other] = edge.ends;
      const next = one === bus ? other : one;
      if (parents.has(next)) continue;
      parents.set(next, { bus, edge });
      order.push(next);
    }
  }
  return { order, parents };
}

/** Depth first without recursion: a feeder may be longer than a stack is deep. */
function place({ buses, externalGrid }: Topology, walk: Walk) {
  const indexOf = new Map(buses.map(({ id }, index) => [id, index]));
  const children = childrenOf(walk);
  const placed = new Map<string, TreeBus>();
  let rows = 0;
  const waiting: { bus: string; row: number | undefined }[] = [
    { bus: externalGrid.bus, row: undefined },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { bus } = next;
    const row = next.row ?? rows++;
    const parent = walk.parents.get(bus);
    const above = parent ? placed.get(parent.bus) : undefined;
    placed.set(bus, {
      id: bus,
      index: indexOf.get(bus)!,
      depth: above ? above.depth + 1 : 0,
      row,
      distanceOhm: (above?.distanceOhm ?? 0) + (parent?.edge.ohm ?? 0),
    });
    const [stem, ...others] = children.get(bus) ?? [];
    // The last that waits comes first: the stem is walked to its end before its branches.
    for (const other of others.toReversed()) waiting.push({ bus: other, row: undefined });
    if (stem !== undefined) waiting.push({ bus: stem, row });
  }
  return { placed, rows };
}

/** Of each bus, those that reach farthest first. */
function childrenOf({ order, parents }: Walk): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  const reach = new Map<string, number>();
  for (const bus of order.toReversed()) {
    const own = children.get(bus) ?? [];
    own.sort((a, b) => reach.get(b)! - reach.get(a)!);
    reach.set(bus, 1 + (own.length > 0 ? reach.get(own[0]!)! : 0));
    const parent = parents.get(bus);
    if (parent) children.set(parent.bus, [...(children.get(parent.bus) ?? []), bus]);
  }
  return children;
}

/** Whether a line carries: it is in service, and no switch on it is open. */
export const isOn = (
  { switches }: Pick<Topology, 'switches'>,
  { id, inService }: { readonly id: string; readonly inService: boolean },
): boolean =>
  inService && !switches.some((one) => one.kind === 'line' && one.line === id && !one.closed);

function edgesOf({ lines, transformers, switches }: Topology): readonly Edge[] {
  const isOpen = (id: string): boolean =>
    switches.some((one) => one.kind === 'transformer' && one.transformer === id && !one.closed);
  return [
    ...lines.map(({ id, from, to, rOhm, xOhm, inService }, index): Edge => ({
      kind: 'line',
      id,
      index,
      ends: [from, to],
      ohm: Math.hypot(rOhm, xOhm),
      isOn: isOn({ switches }, { id, inService }),
    })),
    ...transformers.map(({ id, hv, lv, inService }, index): Edge => ({
      kind: 'transformer',
      id,
      index,
      ends: [hv, lv],
      ohm: 0,
      isOn: inService && !isOpen(id),
    })),
    // A closed coupler makes two buses one; an open one does nothing.
    ...switches.flatMap((one, index): Edge[] =>
      one.kind === 'busToBus'
        ? [
            {
              kind: 'switch',
              id: one.id,
              index,
              ends: [one.from, one.to],
              ohm: 0,
              isOn: one.closed,
            },
          ]
        : [],
    ),
  ];
}
