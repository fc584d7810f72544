import type { Transformer } from '../model/network';
import type { GridDraft } from './imported-grid';

/** Least reactance left to a transformer, %. */
const leastPercent = 0.01;

/** Impedance of a transformer, % of its rated power. */
export interface TransformerImpedance {
  readonly rPercent: number;
  readonly xPercent: number;
}

/**
 * Adds a transformer whose impedance is any, such as one leg of the star that stands for a
 * three-winding transformer, or an equivalent of a reduced transmission grid.
 *
 * A resistance or reactance of nothing or below, which no transformer here can have, is then in
 * lines at its `side`, and its iron a shunt in their middle, as in the T equivalent. Voltages and
 * flows at the terminals are those of the transformer.
 *
 * @param side where the lines are: at the star point of a leg.
 */
export function addTransformerOfImpedance(
  draft: GridDraft,
  transformer: Omit<Transformer, 'vkPercent' | 'vkrPercent'>,
  side: 'hv' | 'lv',
  { rPercent, xPercent }: TransformerImpedance,
): void {
  const isDead = !transformer.inService && xPercent === 0 && rPercent === 0;
  if ((xPercent > 0 && rPercent >= 0) || isDead) {
    const vkPercent = Math.hypot(rPercent, xPercent);
    draft.transformers.push({ ...transformer, vkPercent, vkrPercent: rPercent });
    return;
  }
  // Of a negative resistance alone, the reactance stays: the lines' must be negative too.
  const keptPercent = Math.max(0, xPercent) + leastPercent;
  const { vnKv } = draft.buses.find(({ id }) => id === transformer[side])!;
  const [inner, middle] = [`${transformer.id} inner`, `${transformer.id} middle`];
  for (const id of [inner, middle]) {
    draft.buses.push({ id, name: id, vnKv, vMinPu: null, vMaxPu: null });
  }
  draft.transformers.push({
    ...transformer,
    [side]: inner,
    pfeKw: 0,
    i0Percent: 0,
    vkPercent: keptPercent,
    vkrPercent: 0,
  });
  const ratedKv = tappedKv(transformer, side);
  const halfOhm = ratedKv ** 2 / transformer.snMva / 200;
  for (const [from, to] of [
    [inner, middle],
    [middle, transformer[side]],
  ] as const) {
    const id = `${transformer.id} from ${from === inner ? 'inner' : 'middle'}`;
    draft.lines.push({
      id,
      name: id,
      from,
      to,
      cNf: 0,
      maxIKa: null,
      inService: transformer.inService,
      rOhm: rPercent * halfOhm,
      xOhm: (xPercent - keptPercent) * halfOhm,
    });
  }
  const { snMva, pfeKw, i0Percent } = transformer;
  const ratedMw = pfeKw / 1000;
  const ratedMvar = Math.sqrt(Math.max(0, ((i0Percent / 100) * snMva) ** 2 - ratedMw ** 2));
  if (ratedMw === 0 && ratedMvar === 0) return;
  const atNominal = (vnKv / ratedKv) ** 2;
  const [pMw, qMvar] = [ratedMw * atNominal, ratedMvar * atNominal];
  const id = `${transformer.id} iron`;
  draft.shunts.push({ id, name: id, bus: middle, pMw, qMvar });
}

/** Rated voltage of a side at the present tap, which an impedance in % refers to. */
function tappedKv(t: Omit<Transformer, 'vkPercent' | 'vkrPercent'>, side: 'hv' | 'lv'): number {
  const ratedKv = side === 'hv' ? t.vnHvKv : t.vnLvKv;
  return t.tapSide === side
    ? ratedKv * (1 + ((t.tapPos - t.tapNeutral) * t.tapStepPercent) / 100)
    : ratedKv;
}
