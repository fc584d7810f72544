import { GridModelError } from '../model/grid-model-error';
import type { Transformer } from '../model/network';
import type { CimGraph, CimNode } from './cim-graph';
import { branchEnds, type CimBus, type CimBuses } from './cim-terminals';
import type { GridDraft } from './imported-grid';
import { phaseTapOf, ratioTapOf, type CimTap } from './cim-taps';
import { addTransformerOfImpedance } from './transformer-of-impedance';

/** Base of the percentages of a transformer whose rated power nobody gives, MVA. */
const baseMva = 1;

/** One winding: its rated values, and what its tap changers do to it. */
interface Winding {
  readonly end: CimNode;
  readonly ratedKv: number;
  /** null = not given. */
  readonly ratedMva: number | null;
  readonly rOhm: number;
  readonly xOhm: number;
  readonly gSiemens: number;
  readonly bSiemens: number;
  /** Angle by which the winding lags the first one, from its clock number. */
  readonly clockDegree: number;
  readonly tap: CimTap | null;
  /** Factor on the rated voltage, and angle into the transformer, of its other tap changers. */
  readonly turn: { readonly factor: number; readonly degree: number };
}

const noTap: CimTap & { tapSide: null } = {
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
    requireImpedance(transformer, windings);
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

/** Impedances that stand elsewhere (a star or a mesh of a bank) are none of the ends' own. */
function requireImpedance(transformer: CimNode, windings: readonly Winding[]): void {
  const names = ['PowerTransformerEnd.r', 'PowerTransformerEnd.x'];
  const given = windings.some(({ end }) => names.some((name) => end.value(name) !== undefined));
  if (given || windings.length === 0) return;
  transformer.refuse(
    'PowerTransformerEnd.r and x',
    'are missing at every end',
    'Give the series impedance at an end, in ohm; 0 for an ideal transformer',
  );
}

function windingOf(draft: GridDraft, end: CimNode): Winding {
  const of = (name: string): string => `PowerTransformerEnd.${name}`;
  const ratedKv = end.number(of('ratedU'));
  const ratedMva = end.numberOr(of('ratedS'), 0);
  if (ratedKv <= 0) end.refuse(of('ratedU'), `is ${ratedKv}`, 'Give a voltage above 0');
  if (ratedMva < 0) end.refuse(of('ratedS'), `is ${ratedMva}`, 'Give a power above 0, or none');
  const ratio = ratioTapOf(draft, end, ratedKv);
  const phase = phaseTapOf(draft, end);
  const scaled = (name: 'r' | 'x' | 'g' | 'b'): number =>
    end.numberOr(of(name), 0) *
    (1 + (ratio.deviationPercent[name] ?? 0) / 100) *
    (1 + (phase.deviationPercent[name] ?? 0) / 100);
  return {
    end,
    ratedKv,
    ratedMva: ratedMva === 0 ? null : ratedMva,
    rOhm: scaled('r'),
    xOhm: scaled('x'),
    gSiemens: scaled('g'),
    bSiemens: scaled('b'),
    clockDegree: 30 * end.numberOr(of('phaseAngleClock'), 0),
    tap: ratio.tap,
    turn: { factor: ratio.factor * phase.factor, degree: phase.degree },
  };
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
  const one = { ...first!, ratedMva: first!.ratedMva ?? second!.ratedMva };
  const two = one.tap === null ? second! : folded(second!);
  const turns = (one.ratedKv / two.ratedKv) ** 2;
  const percentPerOhm = (100 * (one.ratedMva ?? baseMva)) / one.ratedKv ** 2;
  const impedance = {
    rPercent: (one.rOhm + two.rOhm * turns) * percentPerOhm,
    xPercent: (one.xOhm + two.xOhm * turns) * percentPerOhm,
  };
  const merged = {
    ...one,
    gSiemens: one.gSiemens + two.gSiemens / turns,
    bSiemens: one.bSiemens + two.bSiemens / turns,
  };
  if (inService && impedance.rPercent === 0 && impedance.xPercent === 0) {
    draft.assume(transformer.class, 'in service without impedance: an ideal transformer');
  }
  addTransformerOfImpedance(
    draft,
    {
      id: transformer.id,
      name: transformer.name,
      hv: buses[0]!,
      lv: buses[1]!,
      ...ratedVoltages(one, two),
      ...ratedPower(draft, transformer, one),
      ...iron(draft, merged),
      ...tapOf(one, two),
      inService,
    },
    'lv',
    impedance,
  );
}

/** Rated voltages between winding `hv` and winding `lv` of which the clock of `lv` counts. */
function ratedVoltages(
  hv: Winding,
  lv: Winding,
): Pick<Transformer, 'vnHvKv' | 'vnLvKv' | 'shiftDegree'> {
  return {
    vnHvKv: hv.ratedKv * hv.turn.factor,
    vnLvKv: lv.ratedKv * lv.turn.factor,
    // An angle into the transformer at the first end makes the second lead, at the second lag.
    shiftDegree: lv.clockDegree - hv.clockDegree - hv.turn.degree + lv.turn.degree,
  };
}

/** `ratedS` is optional: without it there is a base, but no loading. */
function ratedPower(
  draft: GridDraft,
  transformer: CimNode,
  { ratedMva }: Winding,
): Pick<Transformer, 'snMva' | 'unrated'> {
  if (ratedMva !== null) return { snMva: ratedMva };
  draft.assume(transformer.class, 'no ratedS in the files: its loading stays unrated');
  return { snMva: baseMva, unrated: true };
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
    i0Percent: (100 * Math.hypot(gSiemens, bSiemens) * atRated) / (ratedMva ?? baseMva),
  };
}

/** The tap changer of a transformer; where both ends have one, `folded` has taken that of `lv`. */
function tapOf(hv: Winding, lv: Winding): CimTap & Pick<Transformer, 'tapSide'> {
  if (hv.tap !== null) return { ...hv.tap, tapSide: 'hv' };
  return lv.tap === null ? noTap : { ...lv.tap, tapSide: 'lv' };
}

/** The winding with its tap changer turned into the rated voltage that it makes. */
function folded(winding: Winding): Winding {
  if (winding.tap === null) return winding;
  const { tapPos, tapNeutral, tapStepPercent } = winding.tap;
  const factor = 1 + ((tapPos - tapNeutral) * tapStepPercent) / 100;
  const turn = { ...winding.turn, factor: winding.turn.factor * factor };
  return { ...winding, tap: null, turn };
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
    turn: { factor: 1, degree: 0 },
    clockDegree: first.clockDegree,
  };
  windings.forEach((winding, index) => {
    const isFirst = index === 0;
    const [hv, lv] = isFirst ? [winding, point] : [point, winding];
    const percentPerOhm = (100 * (winding.ratedMva ?? baseMva)) / winding.ratedKv ** 2;
    const id = `${transformer.id} ${index + 1}`;
    addTransformerOfImpedance(
      draft,
      {
        id,
        name: `${transformer.name} ${index + 1}`,
        inService,
        hv: isFirst ? buses[0]! : star,
        lv: isFirst ? star : buses[index]!,
        ...ratedVoltages(hv, lv),
        ...ratedPower(draft, transformer, winding),
        ...iron(draft, winding),
        ...tapOf(hv, lv),
      },
      isFirst ? 'lv' : 'hv',
      { rPercent: winding.rOhm * percentPerOhm, xPercent: winding.xOhm * percentPerOhm },
    );
  });
}
