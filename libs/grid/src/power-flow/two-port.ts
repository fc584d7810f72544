import type { Line, Transformer } from '../model/network';

/** A complex number; used while compiling only, never in a solver's loop. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * Admittance matrix of a branch in per unit of 1 MVA and the nominal voltages of its buses:
 * I_f = ff V_f + ft V_t, I_t = tf V_f + tt V_t, currents flowing into the branch (f = from or HV).
 */
export interface TwoPort {
  readonly ff: Complex;
  readonly ft: Complex;
  readonly tf: Complex;
  readonly tt: Complex;
}

export const multiply = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});
export const add = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
export const scale = (a: Complex, factor: number): Complex => ({
  re: a.re * factor,
  im: a.im * factor,
});
export const conjugate = (a: Complex): Complex => ({ re: a.re, im: -a.im });
export const divide = (a: Complex, b: Complex): Complex =>
  scale(multiply(a, conjugate(b)), 1 / (b.re * b.re + b.im * b.im));

const one: Complex = { re: 1, im: 0 };
const zero: Complex = { re: 0, im: 0 };

/** Pi model: y = 1/(r + jx), half of the charging susceptance 2 pi f C at each end. */
export function lineTwoPort(line: Line, vnKv: number, frequencyHz: number): TwoPort {
  const baseOhm = vnKv * vnKv;
  const series = divide({ re: baseOhm, im: 0 }, { re: line.rOhm, im: line.xOhm });
  const charging = Math.PI * frequencyHz * line.cNf * 1e-9 * baseOhm;
  const end = add(series, { re: 0, im: charging });
  return { ff: end, ft: scale(series, -1), tf: scale(series, -1), tt: end };
}

/**
 * Ratio of the ideal transformer at the HV terminal, per unit: V_hv / V_lv at no load. The angle is
 * the shift by which the LV side lags.
 */
export function transformerRatio(t: Transformer, vnHvBusKv: number, vnLvBusKv: number): Complex {
  const { vHvKv, vLvKv } = tappedVoltages(t);
  const magnitude = vHvKv / vLvKv / (vnHvBusKv / vnLvBusKv);
  const shiftRad = (t.shiftDegree * Math.PI) / 180;
  return { re: magnitude * Math.cos(shiftRad), im: magnitude * Math.sin(shiftRad) };
}

/**
 * T equivalent of IEC 60909 data in per unit on the LV side, turned into its pi form by the
 * star-delta transformation; the same model as pandapower's `trafo_model="t"` (pandapower
 * documentation, "Transformer", electric model).
 */
export function transformerTwoPort(t: Transformer, vnHvBusKv: number, vnLvBusKv: number): TwoPort {
  const { vLvKv } = tappedVoltages(t);
  const perUnit = (vLvKv / vnLvBusKv) ** 2;
  const r = t.vkrPercent / 100;
  const x = Math.sqrt(Math.max(0, (t.vkPercent / 100) ** 2 - r * r));
  const z = scale({ re: r, im: x }, perUnit / t.snMva);
  const g = t.pfeKw / 1000;
  const b = Math.sqrt(Math.max(0, ((t.i0Percent / 100) * t.snMva) ** 2 - g * g));
  const magnetising = scale({ re: g, im: -b }, 1 / perUnit);

  let series = divide(one, z);
  let end = zero;
  if (g !== 0 || b !== 0) {
    const d = add(scale(multiply(z, z), 0.25), divide(z, magnetising));
    series = divide(one, multiply(d, magnetising));
    end = divide(scale(z, 0.5), d);
  }
  const ratio = transformerRatio(t, vnHvBusKv, vnLvBusKv);
  const self = add(series, end);
  return {
    ff: scale(self, 1 / (ratio.re * ratio.re + ratio.im * ratio.im)),
    ft: divide(scale(series, -1), conjugate(ratio)),
    tf: divide(scale(series, -1), ratio),
    tt: self,
  };
}

/** Rated voltages at the present tap, kV. */
function tappedVoltages(t: Transformer): { vHvKv: number; vLvKv: number } {
  const factor = 1 + ((t.tapPos - t.tapNeutral) * t.tapStepPercent) / 100;
  return {
    vHvKv: t.tapSide === 'hv' ? t.vnHvKv * factor : t.vnHvKv,
    vLvKv: t.tapSide === 'lv' ? t.vnLvKv * factor : t.vnLvKv,
  };
}
