import { isOpen } from './cim-branches';
import type { CimGraph, CimNode } from './cim-graph';
import { isInService } from './cim-terminals';
import type { GridDraft } from './imported-grid';

/** How equipment is connected: by AC terminals, and by those of DC equipment and of converters. */
const connections = [
  'Terminal.ConductingEquipment',
  'DCTerminal.DCConductingEquipment',
  'ACDCConverterDCTerminal.DCConductingEquipment',
];
/** Classes that carry power even where the files lack their terminals. */
const electrical = [
  ...['CsConverter', 'VsConverter', 'FrequencyConverter', 'Cut', 'Clamp', 'DCLineSegment'],
  ...['DCSeriesDevice', 'DCShunt', 'DCSwitch', 'DCBreaker', 'DCDisconnector', 'DCChopper'],
];
/** At the neutral point: no current flows there in a balanced grid. */
const atNeutral = ['GroundingImpedance', 'PetersenCoil'];
const groundSwitches = ['GroundDisconnector', 'GroundSwitch'];

/** Tells of all that no other reader takes: equipment in service is refused unless it may be left out. */
export function tellOfCimRest(
  draft: GridDraft,
  graph: CimGraph,
  understood: ReadonlySet<string>,
): void {
  for (const name of graph.sizes.keys()) {
    if (understood.has(name)) continue;
    for (const object of graph.ofClass(name)) tellOf(draft, object);
  }
  for (const terminal of graph.ofClass('Terminal')) {
    const phases = terminal.value('Terminal.phases')?.replace('PhaseCode.', '') ?? 'ABC';
    if (!['ABC', 'ABCN'].includes(phases)) {
      draft.assume('Terminal', `phases ${phases} are read as all three, of a balanced grid`);
    }
  }
}

function tellOf(draft: GridDraft, object: CimNode): void {
  const terminals = connections.flatMap((property) => object.from(property));
  if (terminals.length === 0 && !electrical.includes(object.class)) {
    return draft.leaveOut(object.class, 'no part of the network model');
  }
  if (atNeutral.includes(object.class)) {
    return draft.leaveOut(object.class, 'at a neutral point: carries nothing in a balanced grid');
  }
  const isOff =
    !isInService(object) ||
    (terminals.length > 0 &&
      terminals.every((terminal) => terminal.flag('ACDCTerminal.connected') === false));
  if (isOff) return draft.leaveOut(object.class, 'disconnected or out of service');
  if (groundSwitches.includes(object.class) && isOpen(object)) {
    return draft.leaveOut(object.class, 'open');
  }
  if (object.class === 'Ground' && terminals.every(isBehindGroundSwitches)) {
    return draft.leaveOut(object.class, 'behind switches to ground');
  }
  draft.lack({
    kind: object.class,
    element: object.label,
    reason: 'the network model has no such equipment',
    remedy: 'Put injections that do the same in its place, or set its Equipment.inService to false',
  });
}

/** Nothing but switches to ground and grounds is at the terminal's node. */
function isBehindGroundSwitches(terminal: CimNode): boolean {
  return ['Terminal.ConnectivityNode', 'Terminal.TopologicalNode'].some((property) => {
    const others = terminal.toOr(property)?.from(property) ?? [];
    return (
      others.length > 1 &&
      others.every((other) =>
        [...groundSwitches, 'Ground'].includes(other.to('Terminal.ConductingEquipment').class),
      )
    );
  });
}
