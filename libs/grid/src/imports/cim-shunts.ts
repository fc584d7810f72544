import type { CimGraph, CimNode } from './cim-graph';
import { busOf } from './cim-injections';
import type { CimBus, CimBuses } from './cim-terminals';
import type { GridDraft } from './imported-grid';

export const shuntClasses = [
  'LinearShuntCompensator',
  'NonlinearShuntCompensator',
  'EquivalentShunt',
];

/** Adds shunts: conductance and susceptance in siemens, of compensators those of the sections on. */
export function addCimShunts(draft: GridDraft, graph: CimGraph, at: CimBuses): void {
  for (const shunt of graph.ofClass(...shuntClasses)) {
    const bus = busOf(draft, at, shunt);
    if (bus === undefined) continue;
    switch (shunt.class) {
      case 'LinearShuntCompensator': {
        const sections = sectionsOf(draft, shunt);
        const [g, b] = ['gPerSection', 'bPerSection'].map((name) => `${shunt.class}.${name}`);
        add(draft, shunt, bus, shunt.numberOr(g!, 0) * sections, shunt.number(b!) * sections);
        break;
      }
      case 'NonlinearShuntCompensator':
        addNonlinear(draft, shunt, bus);
        break;
      default:
        add(
          draft,
          shunt,
          bus,
          shunt.numberOr('EquivalentShunt.g', 0),
          shunt.number('EquivalentShunt.b'),
        );
    }
  }
}

function add(
  draft: GridDraft,
  { id, name }: CimNode,
  bus: CimBus,
  gSiemens: number,
  bSiemens: number,
): void {
  const square = bus.vnKv ** 2;
  const power = { pMw: gSiemens * square, qMvar: 0 - bSiemens * square };
  draft.shunts.push({ id, name, bus: bus.id, ...power });
}

/**
 * The points of a table are read by some programs as one section's admittance each, by others as that
 * of all sections up to them: none and one section on mean the same to all.
 */
function addNonlinear(draft: GridDraft, shunt: CimNode, bus: CimBus): void {
  const sections = sectionsOf(draft, shunt);
  if (sections === 0) return draft.leaveOut(shunt.class, 'no section is on');
  const first = shunt
    .from('NonlinearShuntCompensatorPoint.NonlinearShuntCompensator')
    .find((point) => point.number('NonlinearShuntCompensatorPoint.sectionNumber') === 1);
  if (sections === 1 && first !== undefined) {
    const of = (name: string): number => first.numberOr(`${first.class}.${name}`, 0);
    return add(draft, shunt, bus, of('g'), of('b'));
  }
  draft.lack({
    kind: shunt.class,
    element: shunt.label,
    reason: `its admittance with ${sections} sections on has no one meaning`,
    remedy: 'Write a LinearShuntCompensator of the admittance that is on',
  });
}

function sectionsOf(draft: GridDraft, shunt: CimNode): number {
  const sections =
    shunt.numberOr('ShuntCompensator.sections', null) ??
    shunt.number('ShuntCompensator.normalSections');
  const control = shunt.toOr('RegulatingCondEq.RegulatingControl');
  if (
    shunt.flag('RegulatingCondEq.controlEnabled') === true &&
    control !== undefined &&
    control.flag('RegulatingControl.enabled') !== false
  ) {
    draft.assume(shunt.class, 'its control is not run: the sections of the file are on');
  }
  for (const solved of shunt.from('SvShuntCompensatorSections.ShuntCompensator')) {
    const found = solved.number('SvShuntCompensatorSections.sections');
    if (found === sections) continue;
    draft.assume(
      shunt.class,
      `${found} sections on in the state variables: the ${sections} given stand`,
    );
  }
  return sections;
}
