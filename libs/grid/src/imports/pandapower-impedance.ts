import type { GridDraft } from './imported-grid';
import { addLineOfImpedance } from './line-of-impedance';
import { busAt, type PandapowerBus } from './pandapower-buses';
import { flagOr, nameOf, type PandapowerRow } from './pandapower-tables';
import { addTransformerOfImpedance } from './transformer-of-impedance';

/**
 * Adds an `impedance`, which is given in per unit of its own base: a line, or between two nominal
 * voltages a transformer of that ratio. Its admittances at the ends are shunts there. One that
 * differs between its directions has no counterpart.
 */
export function addImpedance(
  draft: GridDraft,
  buses: ReadonlyMap<number, PandapowerBus>,
  { index, fields }: PandapowerRow,
): void {
  const label = `impedance ${index}`;
  const from = busAt(buses, label, fields.integer('from_bus'));
  const to = busAt(buses, label, fields.integer('to_bus'));
  if (!from.inService || !to.inService || !flagOr(fields, 'in_service', true)) {
    return draft.leaveOut('impedance', 'out of service');
  }
  const [rPu, xPu] = [fields.number('rft_pu'), fields.number('xft_pu')];
  if (rPu !== fields.numberOr('rtf_pu', rPu) || xPu !== fields.numberOr('xtf_pu', xPu)) {
    return draft.lack({
      kind: 'impedance',
      element: label,
      reason: 'differs between its two directions, which no line or transformer does',
      remedy: 'Make rtf_pu and xtf_pu those of rft_pu and xft_pu',
    });
  }
  const id = `impedance${index}`;
  const name = nameOf(fields, id);
  const snMva = fields.positive('sn_mva');
  for (const [end, bus] of [
    ['f', from],
    ['t', to],
  ] as const) {
    const pMw = fields.numberOr(`g${end}_pu`, 0) * snMva;
    const qMvar = 0 - fields.numberOr(`b${end}_pu`, 0) * snMva;
    if (pMw === 0 && qMvar === 0) continue;
    const shunt = `${id} admittance at ${bus.id}`;
    draft.shunts.push({ id: shunt, name: shunt, bus: bus.id, pMw, qMvar });
  }
  if (from.vnKv === to.vnKv) {
    const baseOhm = from.vnKv ** 2 / snMva;
    const ohm = { rOhm: rPu * baseOhm, xOhm: xPu * baseOhm, cNf: 0 };
    const line = { id, name, from: from.id, to: to.id, ...ohm, maxIKa: null, inService: true };
    return addLineOfImpedance(draft, line, { vnKv: from.vnKv, frequencyHz: 50 });
  }
  const transformer = {
    id,
    name,
    hv: from.id,
    lv: to.id,
    snMva,
    unrated: true as const,
    vnHvKv: from.vnKv,
    vnLvKv: to.vnKv,
    pfeKw: 0,
    i0Percent: 0,
    tapPos: 0,
    tapNeutral: 0,
    tapMin: null,
    tapMax: null,
    tapStepPercent: 0,
    tapSide: null,
    shiftDegree: 0,
    inService: true,
  };
  const impedance = { rPercent: 100 * rPu, xPercent: 100 * xPu };
  addTransformerOfImpedance(draft, transformer, 'lv', impedance);
}
