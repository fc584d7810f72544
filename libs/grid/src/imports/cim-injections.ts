import { GridModelError } from '../model/grid-model-error';
import type { ExternalGrid } from '../model/network';
import type { CimGraph, CimNode } from './cim-graph';
import { isInService, requireTerminals, type CimBus, type CimBuses } from './cim-terminals';
import { addLoad, joinedBuses, type GridDraft, type VoltageShares } from './imported-grid';

export const loadClasses = ['EnergyConsumer', 'ConformLoad', 'NonConformLoad', 'StationSupply'];

/**
 * Properties with the power of each machine, MW and Mvar, counted positive when it consumes; the
 * first three can be the slack.
 */
const machinePower: Readonly<Record<string, { readonly p?: string; readonly q: string }>> = {
  ExternalNetworkInjection: { p: 'ExternalNetworkInjection.p', q: 'ExternalNetworkInjection.q' },
  SynchronousMachine: { p: 'RotatingMachine.p', q: 'RotatingMachine.q' },
  EnergySource: { p: 'EnergySource.activePower', q: 'EnergySource.reactivePower' },
  AsynchronousMachine: { p: 'RotatingMachine.p', q: 'RotatingMachine.q' },
  EquivalentInjection: { p: 'EquivalentInjection.p', q: 'EquivalentInjection.q' },
  PowerElectronicsConnection: {
    p: 'PowerElectronicsConnection.p',
    q: 'PowerElectronicsConnection.q',
  },
  StaticVarCompensator: { q: 'StaticVarCompensator.q' },
};
export const machineClasses = Object.keys(machinePower);

/** The bus of an equipment with one terminal; undefined, and counted, where it is off. */
export function busOf(draft: GridDraft, at: CimBuses, equipment: CimNode): CimBus | undefined {
  const terminals = at.of(equipment);
  requireTerminals(equipment, terminals, 1);
  const [bus] = terminals;
  if (bus!.connected && isInService(equipment)) return bus;
  draft.leaveOut(equipment.class, 'disconnected or out of service');
  return undefined;
}

/** Adds loads, with what their response characteristic says of their voltage dependence. */
export function addCimLoads(draft: GridDraft, graph: CimGraph, at: CimBuses): void {
  for (const load of graph.ofClass(...loadClasses)) {
    const bus = busOf(draft, at, load);
    if (bus === undefined) continue;
    const power = (quantity: 'p' | 'q'): number => {
      const given = load.numberOr(`EnergyConsumer.${quantity}`, null);
      if (given !== null) return given;
      const fixed = load.numberOr(`EnergyConsumer.${quantity}fixed`, null);
      if (fixed === null) return load.number(`EnergyConsumer.${quantity}`);
      draft.assume(load.class, `no ${quantity} in the files: its ${quantity}fixed, ${fixed}`);
      return fixed;
    };
    const response = load.toOr('EnergyConsumer.LoadResponse');
    addLoad(
      draft,
      { id: load.id, name: load.name, bus: bus.id, pMw: power('p'), qMvar: power('q') },
      sharesOf(draft, load, response, 'p'),
      sharesOf(draft, load, response, 'q'),
    );
  }
}

/** Shares of the ZIP model, or an exponent of 0, 1 or 2, which is one of the three. */
function sharesOf(
  draft: GridDraft,
  load: CimNode,
  response: CimNode | undefined,
  quantity: 'p' | 'q',
): VoltageShares {
  if (response === undefined) return { currentPercent: 0, impedancePercent: 0 };
  const of = (name: string): number =>
    response.numberOr(`LoadResponseCharacteristic.${quantity}${name}`, 0);
  if (response.flag('LoadResponseCharacteristic.exponentModel') === true) {
    const exponent = of('VoltageExponent');
    if (![0, 1, 2].includes(exponent)) {
      draft.lack({
        kind: response.class,
        element: load.label,
        reason: `its ${quantity} follows the voltage by an exponent of ${exponent}, not 0, 1 or 2`,
        remedy: 'Give its response as shares of constant power, current and impedance',
      });
    }
    return {
      currentPercent: exponent === 1 ? 100 : 0,
      impedancePercent: exponent === 2 ? 100 : 0,
    };
  }
  const [current, impedance] = [of('ConstantCurrent'), of('ConstantImpedance')];
  const sum = of('ConstantPower') + current + impedance;
  if (sum > 0 && Math.abs(sum - 1) > 1e-6) {
    draft.assume(
      response.class,
      `shares of ${quantity} that add up to ${sum}, not 1, are scaled to 1`,
    );
  }
  if (sum <= 0) return { currentPercent: 0, impedancePercent: 0 };
  return {
    currentPercent: (100 * current) / sum,
    impedancePercent: (100 * impedance) / sum,
  };
}

/** Adds machines and gives back the slack. Switches must be in the draft already. */
export function addCimMachines(draft: GridDraft, graph: CimGraph, at: CimBuses): ExternalGrid {
  const nodeOf = joinedBuses(draft.switches);
  const machines = graph.ofClass(...machineClasses).flatMap((machine) => {
    const bus = busOf(draft, at, machine);
    return bus === undefined ? [] : [{ machine, bus }];
  });
  const slack = slackOf(machines, nodeOf);
  for (const { machine, bus } of machines) {
    if (machine === slack.machine) continue;
    const { p, q } = machinePower[machine.class]!;
    const vmPu = heldVoltagePu(draft, machine, bus, at, nodeOf);
    if (vmPu !== null) tellOfHolding(draft, machine);
    draft.staticGenerators.push({
      id: machine.id,
      name: machine.name,
      bus: bus.id,
      vmPu,
      pMw: p === undefined ? 0 : 0 - machine.number(p),
      qMvar: vmPu === null ? 0 - machine.number(q) : 0,
    });
  }
  return externalGridOf(draft, slack, at, nodeOf);
}

/** What a machine has that keeps it from holding its voltage by any Q, and that is not followed. */
function tellOfHolding(draft: GridDraft, machine: CimNode): void {
  const isLimited = ['minQ', 'maxQ'].some(
    (name) => machine.numberOr(`${machine.class}.${name}`, null) !== null,
  );
  const curve = machine.toOr('SynchronousMachine.InitialReactiveCapabilityCurve');
  if (isLimited || curve !== undefined) {
    const says = 'its limits of Q are not enforced: it holds its voltage by any Q';
    draft.assume(machine.class, says);
  }
  const slope = machine.numberOr('StaticVarCompensator.slope', 0);
  if (slope !== 0) {
    draft.assume(
      machine.class,
      `its slope of ${slope} kV/Mvar is not applied: it holds its target`,
    );
  }
}

interface Placed {
  readonly machine: CimNode;
  readonly bus: CimBus;
}

/** The machine of the highest reference priority (1 is highest); else the one network injection. */
function slackOf(machines: readonly Placed[], nodeOf: (bus: string) => string): Placed {
  const priority = ({ machine }: Placed): number =>
    machine.numberOr(`${machine.class}.referencePriority`, 0);
  const highest = Math.min(...machines.map(priority).filter((number) => number > 0));
  const candidates = machines.filter((placed) =>
    highest < Infinity
      ? priority(placed) === highest
      : placed.machine.class === 'ExternalNetworkInjection',
  );
  const [slack] = candidates;
  const nodes = new Set(candidates.map(({ bus }) => nodeOf(bus.id)));
  if (slack !== undefined && nodes.size === 1) return slack;
  throw new GridModelError(
    candidates.map(({ machine }) => machine.label).join(' and ') || 'CGMES files',
    `${nodes.size} slack buses are given`,
    'Give one ExternalNetworkInjection or SynchronousMachine the referencePriority 1',
  );
}

function externalGridOf(
  draft: GridDraft,
  { machine, bus }: Placed,
  at: CimBuses,
  nodeOf: (bus: string) => string,
): ExternalGrid {
  const solved = solvedVoltage(machine);
  const held = heldVoltagePu(draft, machine, bus, at, nodeOf) ?? solved?.vmPu ?? null;
  if (held === null) draft.assume(machine.class, 'no voltage in the files: 1 pu at the slack');
  return { bus: bus.id, vmPu: held ?? 1, vaDegree: solved?.vaDegree ?? 0 };
}

/** Voltage of a machine's topological node in a state variables file, if there is one. */
function solvedVoltage(machine: CimNode): { vmPu: number; vaDegree: number } | undefined {
  const [terminal] = machine.from('Terminal.ConductingEquipment');
  const node =
    terminal?.toOr('Terminal.TopologicalNode') ??
    terminal?.toOr('Terminal.ConnectivityNode')?.toOr('ConnectivityNode.TopologicalNode');
  const [voltage] = node?.from('SvVoltage.TopologicalNode') ?? [];
  const base = node?.toOr('TopologicalNode.BaseVoltage');
  if (voltage === undefined || base === undefined) return undefined;
  return {
    vmPu: voltage.number('SvVoltage.v') / base.number('BaseVoltage.nominalVoltage'),
    vaDegree: voltage.number('SvVoltage.angle'),
  };
}

/** Voltage that a machine holds at its own node, pu; null where it does not regulate one. */
function heldVoltagePu(
  draft: GridDraft,
  machine: CimNode,
  bus: CimBus,
  at: CimBuses,
  nodeOf: (bus: string) => string,
): number | null {
  if (machine.flag('EquivalentInjection.regulationStatus') === true) {
    return machine.number('EquivalentInjection.regulationTarget') / bus.vnKv;
  }
  if (machine.flag('RegulatingCondEq.controlEnabled') !== true) return null;
  const control = machine.toOr('RegulatingCondEq.RegulatingControl');
  if (control === undefined || control.flag('RegulatingControl.enabled') === false) return null;
  if (control.value('RegulatingControl.mode') !== 'RegulatingControlModeKind.voltage') return null;
  const regulated = control.toOr('RegulatingControl.Terminal');
  if (regulated !== undefined && nodeOf(at.at(regulated).id) !== nodeOf(bus.id)) {
    draft.assume(machine.class, 'it regulates another bus: P and Q as given');
    return null;
  }
  const multiplier = control.value('RegulatingControl.targetValueUnitMultiplier');
  const kiloVolt: Readonly<Record<string, number>> = {
    'UnitMultiplier.none': 1e-3,
    'UnitMultiplier.M': 1e3,
  };
  const factor = kiloVolt[multiplier ?? ''] ?? 1;
  return (control.number('RegulatingControl.targetValue') * factor) / bus.vnKv;
}
