import { GridModelError } from '../model/grid-model-error';
import type { CimGraph, CimNode } from './cim-graph';
import type { GridDraft } from './imported-grid';

/** Where a terminal is. */
export interface CimBus {
  readonly id: string;
  readonly vnKv: number;
  /** False = the steady-state file says that the terminal is disconnected. */
  readonly connected: boolean;
}

/** Where the equipment of a grid is connected. */
export interface CimBuses {
  at(terminal: CimNode): CimBus;
  /** Buses of an equipment's terminals, by sequence number. */
  of(equipment: CimNode): readonly CimBus[];
}

/**
 * Adds the buses and gives back where each equipment is connected. Connectivity nodes are the buses
 * where every terminal has one (then switches join them); topological nodes elsewhere.
 *
 * @throws GridModelError naming a terminal that has neither, or a node without nominal voltage.
 */
export function addCimBuses(draft: GridDraft, graph: CimGraph): CimBuses {
  const terminals = graph.ofClass('Terminal');
  const property = terminals.every((one) => one.toOr('Terminal.ConnectivityNode') !== undefined)
    ? 'Terminal.ConnectivityNode'
    : 'Terminal.TopologicalNode';
  const buses = new Map<string, Omit<CimBus, 'connected'>>();
  const busOf = (node: CimNode): Omit<CimBus, 'connected'> => {
    const bus = buses.get(node.id) ?? addBus(draft, node, property);
    buses.set(node.id, bus);
    return bus;
  };
  for (const node of graph.ofClass(property.replace('Terminal.', ''))) {
    if (node.from(property).length > 0) busOf(node);
  }
  const at = (terminal: CimNode): CimBus => ({
    ...busOf(nodeOfTerminal(terminal, property)),
    connected: terminal.flag('ACDCTerminal.connected') ?? true,
  });
  const sequence = (terminal: CimNode): number =>
    terminal.numberOr('ACDCTerminal.sequenceNumber', 1);
  const of = (equipment: CimNode): readonly CimBus[] =>
    [...equipment.from('Terminal.ConductingEquipment')]
      .sort((one, other) => sequence(one) - sequence(other))
      .map(at);
  return { at, of };
}

function nodeOfTerminal(terminal: CimNode, property: string): CimNode {
  const node =
    terminal.toOr(property) ??
    terminal.toOr('Terminal.ConnectivityNode')?.toOr('ConnectivityNode.TopologicalNode');
  if (node !== undefined) return node;
  throw new GridModelError(
    terminal.label,
    'has neither a connectivity node nor a topological node',
    'Add the topology file (TP)',
  );
}

function addBus(draft: GridDraft, node: CimNode, property: string): Omit<CimBus, 'connected'> {
  const level = voltageLevelOf(node);
  const base =
    node.toOr('TopologicalNode.BaseVoltage') ??
    level?.toOr('VoltageLevel.BaseVoltage') ??
    baseVoltageAround(node, property);
  if (base === undefined) {
    throw new GridModelError(
      node.label,
      'nothing gives its nominal voltage',
      'Put it into a voltage level, or give the equipment there a BaseVoltage',
    );
  }
  const vnKv = base.number('BaseVoltage.nominalVoltage');
  const limit = (name: string): number | null => {
    const kv = level?.numberOr(`VoltageLevel.${name}`, null) ?? null;
    return kv === null || kv <= 0 ? null : kv / vnKv;
  };
  const limits = { vMinPu: limit('lowVoltageLimit'), vMaxPu: limit('highVoltageLimit') };
  draft.buses.push({ id: node.id, name: node.name, vnKv, ...limits });
  return { id: node.id, vnKv };
}

/** The voltage level a node is in, directly or in one of its bays. */
function voltageLevelOf(node: CimNode): CimNode | undefined {
  const container =
    node.toOr('ConnectivityNode.ConnectivityNodeContainer') ??
    node.toOr('TopologicalNode.ConnectivityNodeContainer');
  if (container?.class === 'Bay') return container.toOr('Bay.VoltageLevel');
  return container?.class === 'VoltageLevel' ? container : undefined;
}

/** Nodes within a line container have the voltage of the equipment that ends there. */
function baseVoltageAround(node: CimNode, property: string): CimNode | undefined {
  return node
    .from(property)
    .map((terminal) => terminal.to('Terminal.ConductingEquipment'))
    .map((equipment) => equipment.toOr('ConductingEquipment.BaseVoltage'))
    .find((base) => base !== undefined);
}

/** What the steady-state file says, or the normal state; an equipment is in service unless one denies it. */
export const isInService = (equipment: CimNode): boolean =>
  equipment.flag('Equipment.inService') ?? equipment.flag('Equipment.normallyInService') ?? true;

/**
 * The ends of a branch. A disconnected end has a bus of its own, so that the branch is live from
 * the other; a branch disconnected at both ends is out of service.
 */
export function branchEnds(
  draft: GridDraft,
  equipment: CimNode,
  ends: readonly CimBus[],
): { readonly buses: readonly string[]; readonly inService: boolean } {
  const inService = ends.some((end) => end.connected) && isInService(equipment);
  const buses = ends.map(({ id, vnKv, connected }, side) => {
    if (connected || !inService) return id;
    const openEnd = `${equipment.id} open end ${side + 1}`;
    draft.buses.push({ id: openEnd, name: openEnd, vnKv, vMinPu: null, vMaxPu: null });
    return openEnd;
  });
  return { buses, inService };
}

/** Exactly `count` terminals, or an error that names the equipment. */
export function requireTerminals(
  equipment: CimNode,
  terminals: readonly CimBus[],
  count: number,
): void {
  if (terminals.length === count) return;
  throw new GridModelError(
    equipment.label,
    `has ${terminals.length} terminals`,
    `Give it ${count}, or add the file that has them`,
  );
}
