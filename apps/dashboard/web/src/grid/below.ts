/**
 * Networks that hang below a bus of the one that is looked at, as the LV network of a secondary substation
 * below the MV network. They stand folded in the diagram until somebody opens one.
 */
import type { Network } from '@flexledger/grid';
import type { GridFlow } from './flow';

export interface NetworkBelow {
  /** Stands before the ids of its elements: `ostiense/l3`. */
  readonly name: string;
  /** Where it hangs. */
  readonly bus: string;
  /** Ids of its buses, and where they stand in the model's table. */
  readonly busIds: readonly string[];
  readonly buses: readonly number[];
  /** Where its lines stand in the model's table. */
  readonly lines: readonly number[];
  readonly pods: number;
}

type Tables = Pick<
  Network,
  'buses' | 'lines' | 'transformers' | 'switches' | 'pods' | 'externalGrid'
>;

/** By name; what hangs at more than one bus, or has the slack in it, is part of the network itself. */
export function networksBelow(network: Tables): readonly NetworkBelow[] {
  const { buses, lines, transformers, switches, pods, externalGrid } = network;
  const heads = new Map<string, Set<string>>();
  const members = new Map<string, number[]>();
  buses.forEach(({ id }, index) => {
    const name = nameOf(id);
    if (name !== undefined) members.set(name, [...(members.get(name) ?? []), index]);
  });
  const join = (one: string, other: string): void => {
    for (const [inside, outside] of [
      [one, other],
      [other, one],
    ] as const) {
      const name = nameOf(inside);
      if (name === undefined || nameOf(outside) === name) continue;
      heads.set(name, (heads.get(name) ?? new Set()).add(outside));
    }
  };
  for (const { from, to } of lines) join(from, to);
  for (const { hv, lv } of transformers) join(hv, lv);
  for (const one of switches) if (one.kind === 'busToBus') join(one.from, one.to);
  return [...members].flatMap(([name, own]): NetworkBelow[] => {
    const [bus, ...others] = heads.get(name) ?? [];
    if (bus === undefined || others.length > 0 || nameOf(externalGrid.bus) === name) return [];
    const isOwn = (id: string): boolean => nameOf(id) === name;
    return [
      {
        name,
        bus,
        busIds: own.map((index) => buses[index]!.id),
        buses: own,
        lines: lines.flatMap(({ id }, index) => (isOwn(id) ? [index] : [])),
        pods: pods.filter((pod) => isOwn(pod.bus)).length,
      },
    ];
  });
}

/** The greatest share of its limit that a line of it carries; NaN where none has one. */
export function worstLoad({ lines }: NetworkBelow, flow: GridFlow, mtu: number): number {
  const shares = lines.map((line) => flow.lineShare(mtu, line)).filter(Number.isFinite);
  return shares.length > 0 ? Math.max(...shares) : Number.NaN;
}

function nameOf(id: string): string | undefined {
  const end = id.indexOf('/');
  return end > 0 ? id.slice(0, end) : undefined;
}
