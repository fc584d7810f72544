import { Fields } from '../model/fields';
import type { GridDraft } from './imported-grid';
import { busAt, type PandapowerBus } from './pandapower-buses';
import { nameOf, type PandapowerRow } from './pandapower-tables';
import { transformerOf } from './pandapower-transformer';
import { addTransformerOfImpedance } from './transformer-of-impedance';

const sides = ['hv', 'mv', 'lv'] as const;
type Side = (typeof sides)[number];

/**
 * Adds a three-winding transformer as three two-winding ones, `trafo3w0 hv` and so on, that meet at
 * the bus `trafo3w0 star`: the equivalent that pandapower's `runpp` makes.
 */
export function addThreeWinding(
  draft: GridDraft,
  buses: ReadonlyMap<number, PandapowerBus>,
  { index, fields }: PandapowerRow,
): void {
  const label = `trafo3w ${index}`;
  const busOf = (side: Side): PandapowerBus => busAt(buses, label, fields.integer(`${side}_bus`));
  if (!sides.every((side) => busOf(side).inService)) {
    return draft.leaveOut('trafo3w', 'at a bus out of service');
  }
  const id = `trafo3w${index}`;
  const star = `${id} star`;
  const starKv = fields.positive('vn_hv_kv');
  draft.buses.push({ id: star, name: star, vnKv: starKv, vMinPu: null, vMaxPu: null });
  const impedance = starImpedance(fields);
  for (const side of sides) {
    const leg = transformerOf({ index, fields: legFields(fields, side, label) });
    const bus = busOf(side).id;
    const ends = side === 'hv' ? { hv: bus, lv: star } : { hv: star, lv: bus };
    const name = `${leg.name} ${side}`;
    const starSide = side === 'hv' ? 'lv' : 'hv';
    addTransformerOfImpedance(
      draft,
      { ...leg, ...ends, id: `${id} ${side}`, name },
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
  const ofTap = fields.value('tap_side') === side ? tapValues(fields, side) : {};
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
      in_service: fields.value('in_service'),
      ...ofTap,
    },
    label,
  );
}

function tapValues(fields: Fields, side: Side): Record<string, unknown> {
  if (fields.value('tap_at_star_point') === true) {
    fields.refuse('tap_at_star_point', 'is set, and that is not supported', 'Set it to False');
  }
  const names = ['pos', 'neutral', 'min', 'max', 'step_percent', 'step_degree'];
  const values = names.map((name) => [`tap_${name}`, fields.value(`tap_${name}`)] as const);
  const type = fields.value('tap_changer_type');
  return {
    ...Object.fromEntries(values),
    ...(type === undefined ? {} : { tap_changer_type: type }),
    tap_dependency_table: fields.value('tap_dependency_table'),
    tap_side: side === 'hv' ? 'hv' : 'lv',
  };
}
