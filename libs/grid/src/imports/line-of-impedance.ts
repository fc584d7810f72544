import type { Line } from '../model/network';
import type { GridDraft } from './imported-grid';

/**
 * Adds a line whose figures may be those of an equivalent of a reduced grid: a resistance below 0 is
 * in a second line, with a reactance below 0 too; a capacitance below 0 is in shunts at the ends.
 * One in service without impedance is a closed switch between its buses.
 */
export function addLineOfImpedance(
  draft: GridDraft,
  line: Line,
  { vnKv, frequencyHz }: { readonly vnKv: number; readonly frequencyHz: number },
): void {
  const isJoin = line.inService && line.rOhm === 0 && line.xOhm === 0;
  const isPlain = line.rOhm >= 0 && line.cNf >= 0 && !isJoin;
  if (isPlain || (line.rOhm < 0 && line.xOhm < 0 && line.cNf >= 0)) {
    draft.lines.push(line);
    return;
  }
  if (line.inService && line.cNf !== 0) {
    const qMvar = -Math.PI * frequencyHz * line.cNf * 1e-9 * vnKv ** 2;
    for (const bus of [line.from, line.to]) {
      const id = `${line.id} charging at ${bus}`;
      draft.shunts.push({ id, name: id, bus, pMw: 0, qMvar });
    }
  }
  if (isJoin) {
    const { id, name, from, to } = line;
    draft.assume('line', 'in service without impedance: a closed switch joins its two buses');
    draft.switches.push({ id, name, kind: 'busToBus', from, to, closed: true });
    return;
  }
  const series = { ...line, cNf: 0 };
  if (line.rOhm >= 0) {
    draft.lines.push(series);
    return;
  }
  const middle = `${line.id} middle`;
  const shiftedOhm = Math.max(Math.abs(line.rOhm), Math.abs(line.xOhm)) / 1e3;
  draft.buses.push({ id: middle, name: middle, vnKv, vMinPu: null, vMaxPu: null });
  draft.lines.push(
    { ...series, to: middle, rOhm: 0, xOhm: line.xOhm + shiftedOhm },
    { ...series, id: `${line.id} rest`, from: middle, xOhm: -shiftedOhm },
  );
}
