import type { Transformer } from '../model/network';
import type { GridDraft } from './imported-grid';

/** Least reactance of a leg's transformer, %. */
const leastPercent = 0.01;

/** Impedance of one leg of a star, % of the rated power of its winding. */
export interface StarImpedance {
  readonly rPercent: number;
  readonly xPercent: number;
}

/**
 * Adds one leg of the star that stands for a three-winding transformer: a two-winding transformer
 * between a winding's bus and the star point.
 *
 * A leg may have a resistance or reactance of nothing or below, which no transformer here can have.
 * That is then in lines at the star side, and the leg's iron a shunt in their middle, as in the T
 * equivalent. Voltages and flows at the three terminals are those of the star.
 *
 * @param starSide which side of `leg` is at the star point.
 */
export function addStarLeg(
  draft: GridDraft,
  leg: Omit<Transformer, 'vkPercent' | 'vkrPercent'>,
  starSide: 'hv' | 'lv',
  { rPercent, xPercent }: StarImpedance,
): void {
  if (xPercent > 0 && rPercent >= 0) {
    const vkPercent = Math.hypot(rPercent, xPercent);
    draft.transformers.push({ ...leg, vkPercent, vkrPercent: rPercent });
    return;
  }
  // Of a negative resistance alone, the reactance stays: the lines' must be negative too.
  const keptPercent = Math.max(0, xPercent) + leastPercent;
  const ratedKv = starSide === 'hv' ? leg.vnHvKv : leg.vnLvKv;
  const [inner, middle] = [`${leg.id} inner`, `${leg.id} middle`];
  for (const id of [inner, middle]) {
    draft.buses.push({ id, name: id, vnKv: ratedKv, vMinPu: null, vMaxPu: null });
  }
  draft.transformers.push({
    ...{ ...leg, [starSide]: inner, pfeKw: 0, i0Percent: 0 },
    ...{ vkPercent: keptPercent, vkrPercent: 0 },
  });
  const halfOhm = ratedKv ** 2 / leg.snMva / 200;
  for (const [from, to] of [
    [inner, middle],
    [middle, leg[starSide]],
  ] as const) {
    const id = `${leg.id} from ${from === inner ? 'inner' : 'middle'}`;
    draft.lines.push({
      ...{ id, name: id, from, to, cNf: 0, maxIKa: null, inService: leg.inService },
      rOhm: rPercent * halfOhm,
      xOhm: (xPercent - keptPercent) * halfOhm,
    });
  }
  const pMw = leg.pfeKw / 1000;
  const qMvar = Math.sqrt(Math.max(0, ((leg.i0Percent / 100) * leg.snMva) ** 2 - pMw ** 2));
  if (pMw === 0 && qMvar === 0) return;
  const id = `${leg.id} iron`;
  draft.shunts.push({ id, name: id, bus: middle, pMw, qMvar });
}
