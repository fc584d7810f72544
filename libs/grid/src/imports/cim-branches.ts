import type { CimGraph, CimNode } from './cim-graph';
import { branchEnds, isInService, requireTerminals, type CimBuses } from './cim-terminals';
import type { GridDraft } from './imported-grid';
import { addLineOfImpedance } from './line-of-impedance';

export const lineClasses = ['ACLineSegment', 'SeriesCompensator', 'EquivalentBranch'];
export const switchClasses = [
  ...['Switch', 'Breaker', 'LoadBreakSwitch', 'Disconnector', 'Fuse', 'Jumper', 'Recloser'],
  ...['ProtectedSwitch', 'Sectionaliser'],
];

/** Adds line segments and series elements: r, x in ohm, bch and gch in siemens, of the whole length. */
export function addCimLines(
  draft: GridDraft,
  graph: CimGraph,
  at: CimBuses,
  frequencyHz: number,
): void {
  const limits = currentLimitsKa(draft, graph);
  for (const line of graph.ofClass(...lineClasses)) {
    const terminals = at.of(line);
    requireTerminals(line, terminals, 2);
    const { buses, inService } = branchEnds(draft, line, terminals);
    const bSiemens = line.numberOr(`${line.class}.bch`, 0);
    const added = {
      id: line.id,
      name: line.name,
      from: buses[0]!,
      to: buses[1]!,
      inService,
      rOhm: line.number(`${line.class}.r`),
      xOhm: line.number(`${line.class}.x`),
      cNf: (bSiemens / (2 * Math.PI * frequencyHz)) * 1e9,
      maxIKa: limits.get(line.id) ?? null,
    };
    if (inService && differsByDirection(line)) {
      draft.lack({
        kind: line.class,
        element: line.label,
        reason: 'its r21, x21 are not its r, x, as those of a line are',
        remedy: 'Give one impedance for both directions',
      });
      continue;
    }
    addLineOfImpedance(draft, added, { vnKv: terminals[0]!.vnKv, frequencyHz });
    const gSiemens = line.numberOr(`${line.class}.gch`, 0);
    if (gSiemens === 0 || !inService) continue;
    buses.forEach((bus, side) => {
      const id = `${line.id} conductance ${side + 1}`;
      const pMw = (gSiemens / 2) * terminals[0]!.vnKv ** 2;
      draft.shunts.push({ id, name: id, bus, pMw, qMvar: 0 });
    });
  }
}

/** The impedance of an equivalent branch may be another from its second end. */
const differsByDirection = (line: CimNode): boolean =>
  ['r', 'x'].some((name) => {
    const forward = line.number(`${line.class}.${name}`);
    return line.numberOr(`${line.class}.${name}21`, forward) !== forward;
  });

/**
 * The lowest permanently admissible current by equipment, kA. A limit belongs to an equipment or to
 * one of its terminals; temporary limits (TATL) are no rating.
 */
function currentLimitsKa(draft: GridDraft, graph: CimGraph): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const limit of graph.ofClass('CurrentLimit')) {
    const set = limit.to('OperationalLimit.OperationalLimitSet');
    const equipment =
      set.toOr('OperationalLimitSet.Terminal')?.to('Terminal.ConductingEquipment') ??
      set.toOr('OperationalLimitSet.Equipment');
    if (equipment === undefined || !lineClasses.includes(equipment.class)) {
      draft.leaveOut('CurrentLimit', 'not of a line');
      continue;
    }
    const type = limit.toOr('OperationalLimit.OperationalLimitType');
    const kind =
      type?.value('OperationalLimitType.limitType') ??
      type?.value('OperationalLimitType.kind') ??
      'LimitTypeKind.patl';
    if (!kind.toLowerCase().endsWith('.patl')) {
      draft.leaveOut('CurrentLimit', 'not permanent');
      continue;
    }
    const ampere =
      limit.numberOr('CurrentLimit.value', null) ??
      limit.numberOr('CurrentLimit.normalValue', null) ??
      limit.number('CurrentLimit.value');
    const kiloAmpere = ampere / 1000;
    limits.set(equipment.id, Math.min(kiloAmpere, limits.get(equipment.id) ?? Infinity));
  }
  return limits;
}

/** Adds switches with the state of the steady-state file, or their normal one. */
export function addCimSwitches(draft: GridDraft, graph: CimGraph, at: CimBuses): void {
  for (const item of graph.ofClass(...switchClasses)) {
    const terminals = at.of(item);
    requireTerminals(item, terminals, 2);
    const [from, to] = terminals.map(({ id }) => id) as [string, string];
    // Within one topological node, the topology has been worked out with this switch closed.
    if (from === to) {
      draft.leaveOut(item.class, 'inside one topological node');
      continue;
    }
    const closed =
      !isOpen(item) && isInService(item) && terminals.every(({ connected }) => connected);
    draft.switches.push({ id: item.id, name: item.name, kind: 'busToBus', from, to, closed });
  }
}

/** Open by the steady-state file, or normally. */
export const isOpen = (item: CimNode): boolean =>
  item.flag('Switch.open') ?? item.flag('Switch.normalOpen') ?? false;
