import type { Transformer } from '../model/network';
import type { GridDraft } from './imported-grid';

/** Reactance a leg keeps when the rest of it is a series element, % of its rated power. */
const keptPercent = 1;

/**
 * Adds one leg of the star that stands for a three-winding transformer: a two-winding transformer
 * between a winding's bus and the star point.
 *
 * A leg may have no or a negative reactance (usually the middle winding's), which no transformer
 * here can have; the difference is then a line in series at the star side, `<id> series`. Voltages
 * and flows at the three terminals are those of the star.
 *
 * @param starSide which side of `leg` is at the star point.
 * @param rPercent, xPercent impedance, % of the leg's `snMva`.
 */
export function addStarLeg(
  draft: GridDraft,
  leg: Omit<Transformer, 'vkPercent' | 'vkrPercent'>,
  starSide: 'hv' | 'lv',
  star: { readonly rPercent: number; readonly xPercent: number },
): void {
  const { xPercent } = star;
  const rPercent = Math.max(0, star.rPercent);
  if (star.rPercent < 0) {
    draft.assume('three-winding transformer', 'a leg of its star has a resistance below 0: 0');
  }
  const impedance = (x: number): Pick<Transformer, 'vkPercent' | 'vkrPercent'> => ({
    vkPercent: Math.hypot(rPercent, x),
    vkrPercent: rPercent,
  });
  if (xPercent > 0) {
    draft.transformers.push({ ...leg, ...impedance(xPercent) });
    return;
  }
  const ratedKv = starSide === 'hv' ? leg.vnHvKv : leg.vnLvKv;
  const id = `${leg.id} series`;
  draft.buses.push({ id, name: id, vnKv: ratedKv, vMinPu: null, vMaxPu: null });
  draft.transformers.push({ ...leg, [starSide]: id, ...impedance(keptPercent) });
  draft.lines.push({
    ...{ id, name: id, from: leg[starSide], to: id, inService: leg.inService },
    rOhm: 0,
    xOhm: ((xPercent - keptPercent) / 100) * (ratedKv ** 2 / leg.snMva),
    cNf: 0,
    maxIKa: null,
  });
}
