import { GridModelError } from '../model/grid-model-error';
import type { GridDraft } from './imported-grid';
import { addLineOfImpedance } from './line-of-impedance';
import { branchColumn } from './matpower-columns';
import { addTransformerOfImpedance } from './transformer-of-impedance';

/** What the rows of one case are converted with. */
export interface CaseReading {
  readonly baseMva: number;
  readonly frequencyHz: number;
  /** Nominal voltage by bus number, kV; isolated buses are absent. */
  readonly vnKv: ReadonlyMap<number, number>;
  readonly draft: GridDraft;
}

/**
 * Adds a branch as a line, or as a transformer where it has a ratio, a shift or joins two nominal
 * voltages.
 *
 * MATPOWER's pi model with an ideal transformer at the from end is the network's transformer without
 * iron, plus its charging: b/2 at the to bus and (b/2)/ratio^2 at the from bus, which stand as shunts
 * there. So node voltages are MATPOWER's; the charging is in the shunts, not in the branch's flows.
 */
export function addBranch(reading: CaseReading, id: string, row: readonly number[]): void {
  const { vnKv, draft } = reading;
  const from = row[branchColumn.from]!;
  const to = row[branchColumn.to]!;
  if (!(row[branchColumn.status]! > 0) && !(vnKv.has(from) && vnKv.has(to))) {
    draft.leaveOut('branch', 'out of service, to an isolated bus');
    return;
  }
  const [fromKv, toKv] = [nominalKv(reading, id, from), nominalKv(reading, id, to)];
  const ratio = row[branchColumn.ratio]!;
  const shiftDegree = row[branchColumn.shiftDegree]!;
  const inService = row[branchColumn.status]! > 0;
  const bPu = row[branchColumn.bPu]!;
  const isLine = ratio === 0 && shiftDegree === 0 && fromKv === toKv;
  const chargingMvar = (bPu / 2) * reading.baseMva;
  if (!isLine && inService && bPu !== 0) {
    const atFrom = chargingMvar / (ratio || 1) ** 2;
    for (const [bus, qMvar] of [
      [`bus${from}`, -atFrom],
      [`bus${to}`, -chargingMvar],
    ] as const) {
      const shunt = `${id} charging at ${bus}`;
      draft.shunts.push({ id: shunt, name: shunt, bus, pMw: 0, qMvar });
    }
  }
  if (isLine) addLine(reading, id, row, fromKv);
  else addTransformer(reading, id, row, [fromKv * (ratio || 1), toKv]);
}

function nominalKv({ vnKv }: CaseReading, id: string, bus: number): number {
  const kv = vnKv.get(bus);
  if (kv !== undefined) return kv;
  throw new GridModelError(
    id,
    `bus ${bus} is isolated or not in mpc.bus`,
    'Add the bus, correct the number, or put the branch out of service',
  );
}

function addLine(
  { baseMva, frequencyHz, draft }: CaseReading,
  id: string,
  row: readonly number[],
  vnKv: number,
): void {
  const baseOhm = vnKv ** 2 / baseMva;
  const bSiemens = row[branchColumn.bPu]! / baseOhm;
  const rateMva = row[branchColumn.rateAMva]!;
  const line = {
    id,
    name: id,
    from: `bus${row[branchColumn.from]}`,
    to: `bus${row[branchColumn.to]}`,
    rOhm: row[branchColumn.rPu]! * baseOhm,
    xOhm: row[branchColumn.xPu]! * baseOhm,
    cNf: (bSiemens / (2 * Math.PI * frequencyHz)) * 1e9,
    maxIKa: isRated(rateMva) ? rateMva / (Math.sqrt(3) * vnKv) : null,
    inService: row[branchColumn.status]! > 0,
  };
  addLineOfImpedance(draft, line, { vnKv, frequencyHz });
}

const isRated = (rateMva: number): boolean => rateMva > 0 && rateMva < Infinity;

function addTransformer(
  { baseMva, draft }: CaseReading,
  id: string,
  row: readonly number[],
  [vnHvKv, vnLvKv]: readonly [number, number],
): void {
  const rPu = row[branchColumn.rPu]!;
  const xPu = row[branchColumn.xPu]!;
  const rateMva = row[branchColumn.rateAMva]!;
  if (!isRated(rateMva)) {
    draft.assume('transformer', 'no rating in the file: its loading stays unrated');
  }
  if (rPu === 0 && xPu === 0 && row[branchColumn.status]! > 0) {
    draft.assume('transformer', 'in service without impedance: an ideal transformer');
  }
  const snMva = isRated(rateMva) ? rateMva : baseMva;
  const percentPerPu = (100 * snMva) / baseMva;
  const transformer = {
    id,
    name: id,
    hv: `bus${row[branchColumn.from]}`,
    lv: `bus${row[branchColumn.to]}`,
    snMva,
    ...(isRated(rateMva) ? {} : { unrated: true as const }),
    vnHvKv,
    vnLvKv,
    pfeKw: 0,
    i0Percent: 0,
    tapPos: 0,
    tapNeutral: 0,
    tapMin: null,
    tapMax: null,
    tapStepPercent: 0,
    tapSide: null,
    shiftDegree: row[branchColumn.shiftDegree]!,
    inService: row[branchColumn.status]! > 0,
  };
  const impedance = { rPercent: rPu * percentPerPu, xPercent: xPu * percentPerPu };
  addTransformerOfImpedance(draft, transformer, 'lv', impedance);
}
