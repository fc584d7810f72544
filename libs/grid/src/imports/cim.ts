import { addCimLines, addCimSwitches, lineClasses, switchClasses } from './cim-branches';
import { cimGraph, type CimDocument } from './cim-graph';
import { addCimLoads, addCimMachines, loadClasses, machineClasses } from './cim-injections';
import { tellOfCimRest } from './cim-rest';
import { addCimShunts, shuntClasses } from './cim-shunts';
import { addCimBuses } from './cim-terminals';
import { addCimTransformers } from './cim-transformers';
import { createDraft, finishDraft, type ImportedGrid, type ImportOptions } from './imported-grid';

/** CGMES says nothing of it; only susceptances count, and they come out right with any. */
const frequencyHz = 50;

/** Classes that are read, or carry nothing of their own that a power flow needs. */
const understood = new Set([
  ...[...lineClasses, ...switchClasses, ...loadClasses, ...machineClasses, ...shuntClasses],
  ...['PowerTransformer', 'PowerTransformerEnd', 'RatioTapChanger', 'PhaseTapChangerLinear'],
  ...['PhaseTapChangerSymmetrical', 'PhaseTapChangerAsymmetrical', 'PhaseTapChangerTabular'],
  ...['RatioTapChangerTable', 'RatioTapChangerTablePoint', 'NonlinearShuntCompensatorPoint'],
  ...['PhaseTapChangerTable', 'PhaseTapChangerTablePoint', 'SvTapStep'],
  ...['SvShuntCompensatorSections'],
  ...['BaseVoltage', 'Substation', 'VoltageLevel', 'Bay', 'Line', 'GeographicalRegion'],
  ...['SubGeographicalRegion', 'ConnectivityNode', 'TopologicalNode', 'Terminal', 'BusbarSection'],
  ...['Junction', 'OperationalLimitSet', 'OperationalLimitType', 'CurrentLimit', 'FullModel'],
  ...['LoadResponseCharacteristic', 'RegulatingControl', 'TapChangerControl', 'SvVoltage'],
  ...['GeneratingUnit', 'ThermalGeneratingUnit', 'HydroGeneratingUnit', 'WindGeneratingUnit'],
  ...['SolarGeneratingUnit', 'NuclearGeneratingUnit', 'LoadArea', 'SubLoadArea'],
  ...['ConformLoadGroup', 'NonConformLoadGroup', 'EquivalentNetwork'],
]);

/**
 * Reads the files of a CGMES 2.4.15 model (IEC 61970-600, CIM16): equipment (EQ), steady state (SSH)
 * and topology (TP) together, of a state variables file (SV) the voltage of the slack. Without TP
 * the switches make the topology. Ids are the `rdf:ID`s.
 *
 * The slack is the machine or external network injection of the highest `referencePriority`. Steps,
 * positions, sections and powers are those of SSH; taps and shunts do not regulate. Equipment in
 * service that is not carried is refused, unless `options` let it be left out.
 *
 * @throws GridModelError naming class, `rdf:ID` and name of an object that does not hold, such as one
 * that refers to an object in none of the files.
 */
export function importCgmes(
  documents: readonly CimDocument[],
  options: ImportOptions = {},
): ImportedGrid {
  const graph = cimGraph(documents);
  const draft = createDraft(options);
  const buses = addCimBuses(draft, graph);
  addCimLines(draft, graph, buses, frequencyHz);
  addCimSwitches(draft, graph, buses);
  addCimTransformers(draft, graph, buses);
  addCimLoads(draft, graph, buses);
  addCimShunts(draft, graph, buses);
  const externalGrid = addCimMachines(draft, graph, buses);
  tellOfCimRest(draft, graph, understood);
  const [model] = graph.ofClass('FullModel');
  const title = model?.value('Model.description') ?? '';
  return finishDraft({ name: 'cgmes', title, source: 'CGMES', frequencyHz, externalGrid }, draft);
}
