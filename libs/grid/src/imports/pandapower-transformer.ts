import type { Fields } from '../model/fields';
import type { Transformer } from '../model/network';
import type { GridDraft } from './imported-grid';
import { flagOr, nameOf, type PandapowerRow } from './pandapower-tables';
import type { TransformerImpedance } from './transformer-of-impedance';

/**
 * A two-winding transformer without its buses. Parallel units and the derating `df` are folded into
 * the rated power. A tap changer that turns the phase, or stands between two positions, is folded
 * into rated voltage and shift; a plain one is kept.
 */
export function transformerOf(
  draft: GridDraft,
  { index, fields }: PandapowerRow,
): Omit<Transformer, 'id' | 'hv' | 'lv' | 'vkPercent' | 'vkrPercent'> {
  const parallel = fields.numberOr('parallel', 1);
  const df = fields.numberOr('df', 1);
  const pfeKw = fields.numberOr('pfe_kw', 0) * parallel;
  // Its sign has no effect in pandapower; converted transmission cases have it negative.
  const i0Percent = Math.abs(fields.numberOr('i0_percent', 0)) / df;
  if (pfeKw !== 0 || i0Percent !== 0) requireEvenLeakage(fields);
  const { vnHvKv, vnLvKv, shiftDegree, tap } = windingsOf(draft, fields);
  return {
    name: nameOf(fields, `trafo${index}`),
    snMva: fields.positive('sn_mva') * parallel * df,
    vnHvKv,
    vnLvKv,
    pfeKw,
    i0Percent,
    ...tap,
    shiftDegree,
    inService: flagOr(fields, 'in_service', true),
  };
}

/** A negative short-circuit voltage is a negative reactance, as `runpp` reads it. */
export function impedanceOf({ fields }: PandapowerRow): TransformerImpedance {
  const vkPercent = fields.number('vk_percent');
  const vkrPercent = fields.number('vkr_percent');
  if (Math.abs(vkrPercent) > Math.abs(vkPercent)) {
    fields.refuse('vkr_percent', `is above vk_percent ${vkPercent}`, 'Check the two figures');
  }
  const df = fields.numberOr('df', 1);
  const xPercent = Math.sign(vkPercent) * Math.sqrt(vkPercent ** 2 - vkrPercent ** 2);
  return { rPercent: vkrPercent * df, xPercent: xPercent * df };
}

/** The T model here has equal halves. */
function requireEvenLeakage(fields: Fields): void {
  for (const name of ['leakage_resistance_ratio_hv', 'leakage_reactance_ratio_hv']) {
    if (fields.numberOr(name, 0.5) === 0.5) continue;
    fields.refuse(name, 'is not 0.5', 'Share the leakage equally between the windings');
  }
}

type Tap = Pick<
  Transformer,
  'tapPos' | 'tapNeutral' | 'tapMin' | 'tapMax' | 'tapStepPercent' | 'tapSide'
>;

const noTap: Tap = {
  tapPos: 0,
  tapNeutral: 0,
  tapMin: null,
  tapMax: null,
  tapStepPercent: 0,
  tapSide: null,
};

function windingsOf(
  draft: GridDraft,
  fields: Fields,
): {
  vnHvKv: number;
  vnLvKv: number;
  shiftDegree: number;
  tap: Tap;
} {
  const vnKv = { hv: fields.positive('vn_hv_kv'), lv: fields.positive('vn_lv_kv') };
  let shiftDegree = fields.numberOr('shift_degree', 0);
  let tap = noTap;
  for (const prefix of ['tap', 'tap2'] as const) {
    const changer = tapChangerOf(draft, fields, prefix);
    if (changer === null) continue;
    const plain = changer.turn.sine === 0 && Number.isInteger(changer.steps);
    if (prefix === 'tap' && plain && changer.kind === 'ratio') {
      tap = plainTap(fields, changer.side);
      continue;
    }
    const { factor, degree } = effectOf(changer);
    vnKv[changer.side] *= factor;
    shiftDegree += changer.side === 'hv' ? degree : -degree;
  }
  return { vnHvKv: vnKv.hv, vnLvKv: vnKv.lv, shiftDegree, tap };
}

/** How pandas writes a text that is not there. */
const noTexts: readonly unknown[] = ['', 'nan', 'None', '<NA>'];

interface TapChanger {
  readonly side: 'hv' | 'lv';
  readonly kind: 'ratio' | 'phaseShifter';
  /** Position less neutral position. */
  readonly steps: number;
  readonly stepPercent: number;
  readonly stepDegree: number;
  /** Direction of the added voltage. */
  readonly turn: { readonly cosine: number; readonly sine: number };
}

/** The changer that counts; null, and told of, for one that pandapower ignores although it is set. */
function tapChangerOf(draft: GridDraft, fields: Fields, prefix: 'tap' | 'tap2'): TapChanger | null {
  const pos = fields.numberOr(`${prefix}_pos`, null);
  if (pos === null) return null;
  refuseTapTables(fields);
  const neutral = fields.numberOr(`${prefix}_neutral`, null);
  const side = fields.value(`${prefix}_side`);
  const type = tapTypeOf(fields, prefix);
  const stepPercent = fields.numberOr(`${prefix}_step_percent`, 0);
  const stepDegree = fields.numberOr(`${prefix}_step_degree`, 0);
  const sizes = ['percent', 'degree'].map((unit) => fields.value(`${prefix}_step_${unit}`) ?? null);
  if (pos !== (neutral ?? 0) && sizes.every((size) => size === null)) {
    const says = `position ${pos} has no effect, as ${prefix}_step_percent and _degree are not given`;
    draft.assume('transformer tap', says);
    return null;
  }
  if (neutral === null || (side !== 'hv' && side !== 'lv') || type === null) {
    if (pos === neutral || (stepPercent === 0 && stepDegree === 0)) return null;
    const steps = neutral === null ? `at ${pos}` : `${pos - neutral} steps from neutral`;
    const size = `${stepPercent} %${stepDegree === 0 ? '' : ` and ${stepDegree} degree`} a step`;
    const without = Object.entries({
      side: side === 'hv' || side === 'lv',
      neutral: neutral !== null,
      changer_type: type !== null,
    })
      .filter(([, isGiven]) => !isGiven)
      .map(([name]) => `${prefix}_${name}`);
    const says = `${steps} of ${size}: not applied, as pandapower ignores it without`;
    draft.assume('transformer tap', `${says} ${without.join(', ')}`);
    return null;
  }
  const ideal = type === 'Ideal' || fields.value(`${prefix}_phase_shifter`) === true;
  const radians = (stepDegree * Math.PI) / 180;
  return {
    side,
    kind: ideal ? 'phaseShifter' : 'ratio',
    steps: pos - neutral,
    stepPercent,
    stepDegree,
    turn: { cosine: Math.cos(radians), sine: stepDegree === 0 ? 0 : Math.sin(radians) },
  };
}

function refuseTapTables(fields: Fields): void {
  for (const table of ['tap_dependency_table', 'tap_dependent_impedance']) {
    if (fields.value(table) !== true) continue;
    const remedy = 'Give the values at the present position and set it to False';
    fields.refuse(table, 'is set, and tables of tap positions are not supported', remedy);
  }
}

/**
 * pandapower 3 names the type, and ignores a changer whose type nobody gives (null); pandapower 2 has
 * no types (undefined) but a flag.
 */
function tapTypeOf(fields: Fields, prefix: 'tap' | 'tap2'): unknown {
  const stored = fields.value(`${prefix}_changer_type`);
  const type = noTexts.includes(stored) ? null : stored;
  if (typeof type === 'string' && !['Ratio', 'Symmetrical', 'Ideal'].includes(type)) {
    const remedy = 'Make it Ratio, Symmetrical or Ideal, with its tap_step_percent or _degree';
    fields.refuse(`${prefix}_changer_type`, `is "${type}", and that is not supported`, remedy);
  }
  return type;
}

function plainTap(fields: Fields, tapSide: 'hv' | 'lv'): Tap {
  return {
    tapPos: fields.integer('tap_pos'),
    tapNeutral: fields.integer('tap_neutral'),
    tapMin: fields.integerOrNull('tap_min'),
    tapMax: fields.integerOrNull('tap_max'),
    tapStepPercent: fields.numberOr('tap_step_percent', 0),
    tapSide,
  };
}

/** What a changer does to the voltage of its side: magnitude and angle. */
function effectOf({ kind, steps, stepPercent, stepDegree, turn }: TapChanger): {
  factor: number;
  degree: number;
} {
  const toDegree = 180 / Math.PI;
  if (kind === 'phaseShifter') {
    const degree =
      stepDegree !== 0 ? steps * stepDegree : 2 * Math.asin((steps * stepPercent) / 200) * toDegree;
    return { factor: 1, degree };
  }
  const added = (steps * stepPercent) / 100;
  const along = 1 + added * turn.cosine;
  const across = added * turn.sine;
  return { factor: Math.hypot(along, across), degree: Math.atan2(across, along) * toDegree };
}
