import type { Transformer } from '../model/network';
import type { CimNode } from './cim-graph';
import type { GridDraft } from './imported-grid';

/** A tap changer of equal steps, as the network model has it. */
export type CimTap = Pick<
  Transformer,
  'tapPos' | 'tapNeutral' | 'tapMin' | 'tapMax' | 'tapStepPercent'
>;

/** What a tap changer does to its winding at its step. */
interface TapEffect {
  /** On the rated voltage. */
  readonly factor: number;
  /** Into the transformer. */
  readonly degree: number;
  /** Of the winding's own impedance and admittance, from a table. */
  readonly deviationPercent: Readonly<Partial<Record<'r' | 'x' | 'g' | 'b', number>>>;
}

const noEffect: TapEffect = { factor: 1, degree: 0, deviationPercent: {} };

/** The ratio tap changer of an end: one of equal steps that stands at one of them is kept as it is. */
export function ratioTapOf(
  draft: GridDraft,
  end: CimNode,
  ratedKv: number,
): TapEffect & { readonly tap: CimTap | null } {
  const changer = onlyChanger(end, 'RatioTapChanger.TransformerEnd');
  if (changer === undefined) return { ...noEffect, tap: null };
  tellOfControl(draft, changer);
  const { step, neutral } = stepsOf(draft, changer);
  const table = changer.toOr('RatioTapChanger.RatioTapChangerTable');
  if (table !== undefined) {
    const point = pointOf(changer, table, 'RatioTapChangerTablePoint.RatioTapChangerTable');
    return { ...effectOf(point), tap: null };
  }
  const neutralKv = changer.numberOr('TapChanger.neutralU', ratedKv);
  if (neutralKv !== ratedKv && neutralKv > 0) {
    const says = `neutralU ${neutralKv} kV is not its end's ratedU ${ratedKv} kV`;
    draft.assume(changer.class, `${says}: steps are % of ratedU, neutral is ratedU`);
  }
  const stepPercent = changer.number('RatioTapChanger.stepVoltageIncrement');
  if (!Number.isInteger(step - neutral) || !Number.isInteger(step)) {
    return { ...noEffect, factor: 1 + ((step - neutral) * stepPercent) / 100, tap: null };
  }
  const tap = {
    tapPos: step,
    tapNeutral: neutral,
    tapMin: changer.numberOr('TapChanger.lowStep', null),
    tapMax: changer.numberOr('TapChanger.highStep', null),
    tapStepPercent: stepPercent,
  };
  return { ...noEffect, tap };
}

/**
 * What a phase tap changer does at its step (IEC 61970-301, PhaseTapChanger): a linear one turns by
 * an angle a step; a symmetrical one adds half of its voltage at right angles on either side; an
 * asymmetrical one adds it at its winding's connection angle; a tabular one does what its table says.
 */
export function phaseTapOf(draft: GridDraft, end: CimNode): TapEffect {
  const changer = onlyChanger(end, 'PhaseTapChanger.TransformerEnd');
  if (changer === undefined) return noEffect;
  tellOfControl(draft, changer);
  const { step, neutral } = stepsOf(draft, changer);
  const steps = step - neutral;
  if (steps !== 0) tellOfReactance(draft, changer);
  const toDegree = 180 / Math.PI;
  const added = (): number =>
    (steps * changer.number('PhaseTapChangerNonLinear.voltageStepIncrement')) / 100;
  switch (changer.class) {
    case 'PhaseTapChangerLinear': {
      const perStep = changer.number('PhaseTapChangerLinear.stepPhaseShiftIncrement');
      return { ...noEffect, degree: steps * perStep };
    }
    case 'PhaseTapChangerSymmetrical':
      return { ...noEffect, degree: 2 * Math.atan(added() / 2) * toDegree };
    case 'PhaseTapChangerAsymmetrical': {
      const angle = changer.number('PhaseTapChangerAsymmetrical.windingConnectionAngle') / toDegree;
      const [along, across] = [1 + added() * Math.cos(angle), added() * Math.sin(angle)];
      const degree = Math.atan2(across, along) * toDegree;
      return { ...noEffect, factor: Math.hypot(along, across), degree };
    }
    case 'PhaseTapChangerTabular': {
      const table = changer.to('PhaseTapChangerTabular.PhaseTapChangerTable');
      return effectOf(pointOf(changer, table, 'PhaseTapChangerTablePoint.PhaseTapChangerTable'));
    }
    default:
      if (steps === 0) return noEffect;
      return changer.refuse(
        'TapChanger.step',
        'is off neutral, and its class is not supported',
        'Make it PhaseTapChangerTabular',
      );
  }
}

function onlyChanger(end: CimNode, property: string): CimNode | undefined {
  const [changer, other] = end.from(property);
  if (other === undefined) return changer;
  return end.refuse(property, `is of ${changer!.id} and of ${other.id}`, 'Keep one of the two');
}

/** Step of a tap changer: the steady-state file's, or its normal one. */
function stepsOf(draft: GridDraft, changer: CimNode): { step: number; neutral: number } {
  const given =
    changer.numberOr('TapChanger.step', null) ?? changer.numberOr('TapChanger.normalStep', null);
  const neutral = changer.number('TapChanger.neutralStep');
  if (given === null) draft.assume(changer.class, 'no step in the files: it stands at neutral');
  const step = given ?? neutral;
  for (const solved of changer.from('SvTapStep.TapChanger')) {
    const position = solved.number('SvTapStep.position');
    if (position === step) continue;
    const says = `position ${position} in the state variables`;
    draft.assume(changer.class, `${says}: it stands at the step given, ${step}`);
  }
  return { step, neutral };
}

function tellOfControl(draft: GridDraft, changer: CimNode): void {
  if (changer.flag('TapChanger.controlEnabled') !== true) return;
  const control = changer.toOr('TapChanger.TapChangerControl');
  if (control?.flag('RegulatingControl.enabled') === false) return;
  draft.assume(changer.class, 'its control is not run: it stands where the file has it');
}

/** A reactance that changes with the step is not followed. */
function tellOfReactance(draft: GridDraft, changer: CimNode): void {
  for (const className of ['PhaseTapChangerLinear', 'PhaseTapChangerNonLinear']) {
    const max = changer.numberOr(`${className}.xMax`, 0);
    const min = changer.numberOr(`${className}.xMin`, max);
    if (max === min) continue;
    const says = `its xMin ${min} and xMax ${max} ohm are not applied`;
    draft.assume(changer.class, `${says}: off neutral the reactance is that of its end too`);
  }
}

/** The point of a table for the step of its changer. */
function pointOf(changer: CimNode, table: CimNode, property: string): CimNode {
  const step =
    changer.numberOr('TapChanger.step', null) ??
    changer.numberOr('TapChanger.normalStep', null) ??
    changer.number('TapChanger.neutralStep');
  const found = table
    .from(property)
    .find((point) => point.number('TapChangerTablePoint.step') === step);
  if (found !== undefined) return found;
  const remedy = 'Add the point, or the file that has it, or correct the step';
  return changer.refuse(
    'TapChanger.step',
    `is ${step}, of which ${table.label} has no point`,
    remedy,
  );
}

function effectOf(point: CimNode): TapEffect {
  const percent = (name: string): number => point.numberOr(`TapChangerTablePoint.${name}`, 0);
  return {
    factor: point.numberOr('TapChangerTablePoint.ratio', 1),
    degree: point.numberOr('PhaseTapChangerTablePoint.angle', 0),
    deviationPercent: { r: percent('r'), x: percent('x'), g: percent('g'), b: percent('b') },
  };
}
