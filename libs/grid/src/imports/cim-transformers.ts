import { GridModelError } from '../model/grid-model-error';
import type { Transformer } from '../model/network';
import type { CimGraph, CimNode } from './cim-graph';
import { branchEnds, type CimBus, type CimBuses } from './cim-terminals';
import type { GridDraft } from './imported-grid';
import { addTransformerOfImpedance } from './transformer-of-impedance';

/** One winding: its rated values, and what its tap changers do to it. */
interface Winding {
  readonly end: CimNode;
  readonly ratedKv: number;
  readonly ratedMva: number;
  readonly rOhm: number;
  readonly xOhm: number;
  readonly gSiemens: number;
  readonly bSiemens: number;
  /** Angle by which the winding lags the first one, from its clock number. */
  readonly clockDegree: number;
  readonly tap: Tap | null;
  /** Factor on the rated voltage, and angle into the transformer, of a phase tap changer. */
  readonly phase: { readonly factor: number; readonly degree: number };
}

type Tap = Pick<Transformer, 'tapPos' | 'tapNeutral' | 'tapMin' | 'tapMax' | 'tapStepPercent'>;

const noTap: Tap & { tapSide: null } = {
  tapPos: 0,
  tapNeutral: 0,
  tapMin: null,
  tapMax: null,
  tapStepPercent: 0,
  tapSide: null,
};

/** Adds power transformers of two windings, and of three as a star of three transformers. */
export function addCimTransformers(draft: GridDraft, graph: CimGraph, at: CimBuses): void {
  for (const transformer of graph.ofClass('PowerTransformer')) {
    const windings = [...transformer.from('PowerTransformerEnd.PowerTransformer')]
      .sort((one, other) => endNumber(one) - endNumber(other))
      .map((end) => windingOf(draft, end));
    const busOf = ({ end }: Winding): CimBus => {
      const terminal = end.to('TransformerEnd.Terminal');
      if (terminal.to('Terminal.ConductingEquipment') === transformer) return at.at(terminal);
      return end.refuse('TransformerEnd.Terminal', 'is of another equipment', 'Correct it');
    };
    const ends = branchEnds(draft, transformer, windings.map(busOf));
    if (windings.length === 2) addTwoWinding(draft, transformer, windings, ends);
    else if (windings.length === 3) addThreeWinding(draft, transformer, windings, ends);
    else {
      throw new GridModelError(
        transformer.label,
        `has ${windings.length} ends`,
        'Give it two or three, or add the file that has them',
      );
    }
  }
}

const endNumber = (end: CimNode): number => end.number('TransformerEnd.endNumber');

function windingOf(draft: GridDraft, end: CimNode): Winding {
  const of = (name: string): string => `PowerTransformerEnd.${name}`;
  const ratedKv = end.number(of('ratedU'));
  const ratedMva = end.number(of('ratedS'));
  if (ratedKv <= 0) end.refuse(of('ratedU'), `is ${ratedKv}`, 'Give a voltage above 0');
  if (ratedMva <= 0) end.refuse(of('ratedS'), `is ${ratedMva}`, 'Give a power above 0');
  return {
    end,
    ratedKv,
    ratedMva,
    rOhm: end.numberOr(of('r'), 0),
    xOhm: end.numberOr(of('x'), 0),
    gSiemens: end.numberOr(of('g'), 0),
    bSiemens: end.numberOr(of('b'), 0),
    clockDegree: 30 * end.numberOr(of('phaseAngleClock'), 0),
    tap: ratioTapOf(draft, end),
    phase: phaseTapOf(draft, end),
  };
}

/** Step of a tap changer: the steady-state file's, or its normal one. */
function stepsOf(changer: CimNode): { step: number; neutral: number } {
  const step =
    changer.numberOr('TapChanger.step', null) ?? changer.numberOr('TapChanger.normalStep', null);
  const neutral = changer.number('TapChanger.neutralStep');
  return { step: step ?? neutral, neutral };
}

function ratioTapOf(draft: GridDraft, end: CimNode): Tap | null {
  const [changer] = end.from('RatioTapChanger.TransformerEnd');
  if (changer === undefined) return null;
  if (changer.toOr('RatioTapChanger.RatioTapChangerTable') !== undefined) {
    draft.leaveOut('RatioTapChangerTable', 'steps are taken as equal');
  }
  if (changer.flag('TapChanger.controlEnabled') === true) {
    draft.leaveOut('TapChangerControl', 'taps stand where the file has them');
  }
  const { step, neutral } = stepsOf(changer);
  return {
    tapPos: step,
    tapNeutral: neutral,
    tapMin: changer.numberOr('TapChanger.lowStep', null),
    tapMax: changer.numberOr('TapChanger.highStep', null),
    tapStepPercent: changer.number('RatioTapChanger.stepVoltageIncrement'),
  };
}

/**
 * What a phase tap changer does at its step (IEC 61970-301, PhaseTapChanger): a linear one turns by
 * an angle a step; a symmetrical one adds half of its voltage at right angles on either side; an
 * asymmetrical one adds it at its winding's connection angle.
 */
function phaseTapOf(draft: GridDraft, end: CimNode): Winding['phase'] {
  const [changer] = end.from('PhaseTapChanger.TransformerEnd');
  if (changer === undefined) return { factor: 1, degree: 0 };
  const { step, neutral } = stepsOf(changer);
  const steps = step - neutral;
  const toDegree = 180 / Math.PI;
  const added = (): number =>
    (steps * changer.number('PhaseTapChangerNonLinear.voltageStepIncrement')) / 100;
  switch (changer.class) {
    case 'PhaseTapChangerLinear':
      return {
        factor: 1,
        degree: steps * changer.number('PhaseTapChangerLinear.stepPhaseShiftIncrement'),
      };
    case 'PhaseTapChangerSymmetrical':
      return { factor: 1, degree: 2 * Math.atan(added() / 2) * toDegree };
    case 'PhaseTapChangerAsymmetrical': {
      const angle = changer.number('PhaseTapChangerAsymmetrical.windingConnectionAngle') / toDegree;
      const [along, across] = [1 + added() * Math.cos(angle), added() * Math.sin(angle)];
      return {
        factor: Math.hypot(along, across),
        degree: Math.atan2(across, along) * toDegree,
      };
    }
    default:
      if (steps !== 0) draft.leaveOut(changer.class, 'taken at its neutral step');
      return { factor: 1, degree: 0 };
  }
}

type Ends = ReturnType<typeof branchEnds>;

/**
 * Series impedances of both ends add up at the first; shunt admittances, read as those of the no-load
 * test, give iron losses and no-load current.
 */
function addTwoWinding(
  draft: GridDraft,
  transformer: CimNode,
  [first, second]: readonly Winding[],
  { buses, inService }: Ends,
): void {
  const one = first!;
  const two = one.tap === null ? second! : folded(second!);
  const turns = (one.ratedKv / two.ratedKv) ** 2;
  const percentPerOhm = (100 * one.ratedMva) / one.ratedKv ** 2;
  const rPercent = (one.rOhm + two.rOhm * turns) * percentPerOhm;
  const xPercent = (one.xOhm + two.xOhm * turns) * percentPerOhm;
  const merged = {
    ...one,
    gSiemens: one.gSiemens + two.gSiemens / turns,
    bSiemens: one.bSiemens + two.bSiemens / turns,
  };
  draft.transformers.push({
    id: transformer.id,
    name: transformer.name,
    hv: buses[0]!,
    lv: buses[1]!,
    ...rated(one, two),
    vkPercent: Math.hypot(rPercent, xPercent),
    vkrPercent: rPercent,
    ...iron(draft, merged),
    ...tapOf(one, two),
    inService,
  });
}

/** Rated values between winding `hv` and winding `lv` of which the clock of `lv` counts. */
function rated(
  hv: Winding,
  lv: Winding,
): Pick<Transformer, 'snMva' | 'vnHvKv' | 'vnLvKv' | 'shiftDegree'> {
  return {
    snMva: hv.ratedMva,
    vnHvKv: hv.ratedKv * hv.phase.factor,
    vnLvKv: lv.ratedKv * lv.phase.factor,
    // An angle into the transformer at the first end makes the second lead, at the second lag.
    shiftDegree: lv.clockDegree - hv.clockDegree - hv.phase.degree + lv.phase.degree,
  };
}

function iron(
  draft: GridDraft,
  { gSiemens, bSiemens, ratedKv, ratedMva }: Winding,
): Pick<Transformer, 'pfeKw' | 'i0Percent'> {
  if (bSiemens > 0) {
    draft.assume('PowerTransformerEnd', 'b above 0 is read as magnetising, like b below 0');
  }
  const atRated = ratedKv ** 2;
  return {
    pfeKw: gSiemens * atRated * 1000,
    i0Percent: (100 * Math.hypot(gSiemens, bSiemens) * atRated) / ratedMva,
  };
}

/** The tap changer of a transformer; where both ends have one, `folded` has taken that of `lv`. */
function tapOf(hv: Winding, lv: Winding): Tap & Pick<Transformer, 'tapSide'> {
  if (hv.tap !== null) return { ...hv.tap, tapSide: 'hv' };
  return lv.tap === null ? noTap : { ...lv.tap, tapSide: 'lv' };
}

/** The winding with its tap changer turned into the rated voltage that it makes. */
function folded(winding: Winding): Winding {
  if (winding.tap === null) return winding;
  const { tapPos, tapNeutral, tapStepPercent } = winding.tap;
  const factor = 1 + ((tapPos - tapNeutral) * tapStepPercent) / 100;
  const phase = { ...winding.phase, factor: winding.phase.factor * factor };
  return { ...winding, tap: null, phase };
}

/** Ends meet at the bus `<id> star`, of the first end's rated voltage. */
function addThreeWinding(
  draft: GridDraft,
  transformer: CimNode,
  windings: readonly Winding[],
  { buses, inService }: Ends,
): void {
  const [first] = windings as [Winding];
  const star = `${transformer.id} star`;
  const starKv = first.ratedKv;
  draft.buses.push({ id: star, name: star, vnKv: starKv, vMinPu: null, vMaxPu: null });
  const point: Winding = {
    ...first,
    tap: null,
    phase: { factor: 1, degree: 0 },
    clockDegree: first.clockDegree,
  };
  windings.forEach((winding, index) => {
    const isFirst = index === 0;
    const [hv, lv] = isFirst ? [winding, point] : [point, winding];
    const percentPerOhm = (100 * winding.ratedMva) / winding.ratedKv ** 2;
    const id = `${transformer.id} ${index + 1}`;
    addTransformerOfImpedance(
      draft,
      {
        id,
        name: `${transformer.name} ${index + 1}`,
        inService,
        hv: isFirst ? buses[0]! : star,
        lv: isFirst ? star : buses[index]!,
        ...rated(hv, lv),
        snMva: winding.ratedMva,
        ...iron(draft, winding),
        ...tapOf(hv, lv),
      },
      isFirst ? 'lv' : 'hv',
      { rPercent: winding.rOhm * percentPerOhm, xPercent: winding.xOhm * percentPerOhm },
    );
  });
}
