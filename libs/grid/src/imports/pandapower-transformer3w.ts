import { Fields } from '../model/fields';
import type { GridDraft } from './imported-grid';
import { flagOr, nameOf, type PandapowerRow } from './pandapower-tables';
import { transformerOf } from './pandapower-transformer';
import { addTransformerOfImpedance } from './transformer-of-impedance';

/** The windings, as pandapower names them. */
export const sides = ['hv', 'mv', 'lv'] as const;
type Side = (typeof sides)[number];

/** Where a winding ends: a bus, or an end of its own behind an open switch; null = nowhere. */
export type WindingEnds = Readonly<Record<Side, string | null>>;

/**
 * Adds a three-winding transformer as three two-winding ones, `trafo3w0 hv` and so on, that meet at
 * the bus `trafo3w0 star`: the equivalent that pandapower's `runpp` makes. A winding that ends nowhere
 * is absent.
 */
export function addThreeWinding(
  draft: GridDraft,
  { index, fields }: PandapowerRow,
  ends: WindingEnds,
): void {
  const label = `trafo3w ${index}`;
  const id = `trafo3w${index}`;
  const star = `${id} star`;
  const starKv = fields.positive('vn_hv_kv');
  draft.buses.push({ id: star, name: star, vnKv: starKv, vMinPu: null, vMaxPu: null });
  const impedance = starImpedance(fields);
  for (const side of sides) {
    const bus = ends[side];
    if (bus === null) continue;
    const leg = transformerOf(draft, { index, fields: legFields(fields, side, label) });
    const at = side === 'hv' ? { hv: bus, lv: star } : { hv: star, lv: bus };
    const name = `${leg.name} ${side}`;
    const starSide = side === 'hv' ? 'lv' : 'hv';
    addTransformerOfImpedance(
      draft,
      { ...leg, ...at, id: `${id} ${side}`, name },
      starSide,
      impedance[side],
    );
  }
}

/**
 * Short-circuit voltages are measured between pairs of windings (`vk_hv` from HV to MV, `vk_mv` from
 * MV to LV, `vk_lv` from LV to HV), each in % of the smaller of the two rated powers.
 */
function starImpedance(fields: Fields): Record<Side, { rPercent: number; xPercent: number }> {
  const sn = sides.map((side) => fields.positive(`sn_${side}_mva`));
  const pair = (side: Side, smallerMva: number): { r: number; x: number } => {
    const vk = fields.positive(`vk_${side}_percent`);
    const vkr = fields.number(`vkr_${side}_percent`);
    if (vkr > vk) fields.refuse(`vkr_${side}_percent`, 'is above vk', 'Check the two figures');
    return { r: vkr / smallerMva, x: Math.sqrt(vk * vk - vkr * vkr) / smallerMva };
  };
  const hvMv = pair('hv', Math.min(sn[0]!, sn[1]!));
  const mvLv = pair('mv', Math.min(sn[1]!, sn[2]!));
  const lvHv = pair('lv', Math.min(sn[0]!, sn[2]!));
  const leg = (
    one: typeof hvMv,
    two: typeof hvMv,
    opposite: typeof hvMv,
    mva: number,
  ): { rPercent: number; xPercent: number } => ({
    rPercent: ((one.r + two.r - opposite.r) / 2) * mva,
    xPercent: ((one.x + two.x - opposite.x) / 2) * mva,
  });
  return {
    hv: leg(hvMv, lvHv, mvLv, sn[0]!),
    mv: leg(mvLv, hvMv, lvHv, sn[1]!),
    lv: leg(lvHv, mvLv, hvMv, sn[2]!),
  };
}

/** The leg as a row of the two-winding table; the impedance in it is a placeholder. */
function legFields(fields: Fields, side: Side, label: string): Fields {
  const lossSide = fields.textOr('loss_side', 'hv');
  if (!sides.some((known) => known === lossSide)) {
    fields.refuse('loss_side', `is "${lossSide}"`, 'Put the iron losses to hv, mv or lv');
  }
  // A tap changer at no known winding is told of once.
  const tapSide = sides.find((known) => known === fields.value('tap_side'));
  const ofTap = (tapSide ?? 'hv') === side ? tapValues(fields, tapSide) : {};
  return Fields.of(
    {
      name: nameOf(fields, label),
      sn_mva: fields.value(`sn_${side}_mva`),
      vn_hv_kv: fields.value('vn_hv_kv'),
      vn_lv_kv: fields.value(`vn_${side}_kv`),
      vk_percent: 1,
      vkr_percent: 0,
      pfe_kw: lossSide === side ? fields.value('pfe_kw') : 0,
      i0_percent: lossSide === side ? fields.value('i0_percent') : 0,
      shift_degree: side === 'hv' ? 0 : fields.value(`shift_${side}_degree`),
      in_service: flagOr(fields, 'in_service', true),
      ...ofTap,
    },
    label,
  );
}

function tapValues(fields: Fields, side: Side | undefined): Record<string, unknown> {
  const [pos, neutral] = ['tap_pos', 'tap_neutral'].map((name) => fields.numberOr(name, null));
  if (fields.value('tap_at_star_point') === true && pos !== null && pos !== neutral) {
    const remedy = 'Give the tap at its terminal and set it to False';
    fields.refuse('tap_at_star_point', 'is set, and that is not supported off neutral', remedy);
  }
  const names = ['pos', 'neutral', 'min', 'max', 'step_percent', 'step_degree'];
  const values = names.map((name) => [`tap_${name}`, fields.value(`tap_${name}`)] as const);
  const type = fields.value('tap_changer_type');
  return {
    ...Object.fromEntries(values),
    ...(type === undefined ? {} : { tap_changer_type: type }),
    tap_dependency_table: fields.value('tap_dependency_table'),
    tap_dependent_impedance: fields.value('tap_dependent_impedance'),
    tap_side: side === 'mv' ? 'lv' : side,
  };
}
