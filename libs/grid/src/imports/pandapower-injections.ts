import { GridModelError } from '../model/grid-model-error';
import { addLoad, type GridDraft, type VoltageShares } from './imported-grid';
import { addLineOfImpedance } from './line-of-impedance';
import { inService, type ConnectedRow, type PandapowerBus } from './pandapower-buses';
import { nameOf, numberOrDefault, type PandapowerTables } from './pandapower-tables';

const constantPower: VoltageShares = { currentPercent: 0, impedancePercent: 0 };

/** Adds loads, motors, static generators, storage, shunts, wards and extended wards. */
export function addInjections(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): void {
  const rows = (table: string): ConnectedRow[] => inService(draft, tables, table, buses);
  for (const row of rows('load')) {
    addLoad(draft, consumer(row, 'load'), shares(row, 'p'), shares(row, 'q'));
  }
  // A storage unit counts what it charges positive, like a load.
  for (const row of rows('storage')) {
    addLoad(draft, consumer(row, 'storage'), constantPower, constantPower);
  }
  for (const row of rows('motor')) addLoad(draft, motor(row), constantPower, constantPower);
  for (const row of rows('asymmetric_load')) {
    addLoad(draft, sumOfPhases(row, 'asymmetric_load'), constantPower, constantPower);
  }
  for (const row of rows('sgen')) {
    draft.staticGenerators.push({ ...consumer(row, 'sgen'), vmPu: null });
  }
  for (const row of rows('asymmetric_sgen')) {
    draft.staticGenerators.push({ ...sumOfPhases(row, 'asymmetric_sgen'), vmPu: null });
  }
  for (const row of rows('shunt')) addShunt(draft, row);
  for (const row of rows('ward')) addWard(draft, row, 'ward');
  for (const row of rows('xward')) {
    addWard(draft, row, 'xward');
    addSourceOfWard(draft, row);
  }
}

interface Power {
  readonly id: string;
  readonly name: string;
  readonly bus: string;
  readonly pMw: number;
  readonly qMvar: number;
}

function about({ index, fields, bus }: ConnectedRow, table: string): Omit<Power, 'pMw' | 'qMvar'> {
  const id = `${table}${index}`;
  return { id, name: nameOf(fields, id), bus };
}

function consumer(row: ConnectedRow, table: string): Power {
  const scaling = row.fields.numberOr('scaling', 1);
  return {
    ...about(row, table),
    pMw: row.fields.number('p_mw') * scaling,
    qMvar: numberOrDefault(row.fields, 'q_mvar', 0) * scaling,
  };
}

/** Rated mechanical power, loading and efficiency give P, the power factor gives Q. */
function motor(row: ConnectedRow): Power {
  const { fields } = row;
  const loading =
    (numberOrDefault(fields, 'loading_percent', 100) / 100) * fields.numberOr('scaling', 1);
  const pMw =
    (fields.number('pn_mech_mw') / (numberOrDefault(fields, 'efficiency_percent', 100) / 100)) *
    loading;
  const cosPhi = fields.positive('cos_phi');
  if (cosPhi > 1) fields.refuse('cos_phi', `is ${cosPhi}`, 'Give a number up to 1');
  return { ...about(row, 'motor'), pMw, qMvar: pMw * Math.tan(Math.acos(cosPhi)) };
}

/** The balanced model carries the three phases together, as `runpp` does. */
function sumOfPhases(row: ConnectedRow, table: string): Power {
  const { fields } = row;
  const scaling = fields.numberOr('scaling', 1);
  const sum = (quantity: 'p' | 'q', unit: 'mw' | 'mvar'): number =>
    ['a', 'b', 'c'].reduce(
      (total, phase) => total + fields.number(`${quantity}_${phase}_${unit}`) * scaling,
      0,
    );
  return { ...about(row, table), pMw: sum('p', 'mw'), qMvar: sum('q', 'mvar') };
}

/** Up to pandapower 3.0 P and Q share one pair of columns. */
function shares({ fields }: ConnectedRow, quantity: 'p' | 'q'): VoltageShares {
  const percent = (kind: 'i' | 'z'): number =>
    fields.numberOr(
      `const_${kind}_${quantity}_percent`,
      fields.numberOr(`const_${kind}_percent`, 0),
    );
  return { currentPercent: percent('i'), impedancePercent: percent('z') };
}

/** Power at the shunt's own rated voltage, turned to the bus's. */
function addShunt(draft: GridDraft, row: ConnectedRow): void {
  const { fields } = row;
  if (fields.value('step_dependency_table') === true) {
    throw new GridModelError(
      `shunt ${row.index}`,
      'its steps follow a characteristic table',
      'Write p_mw and q_mvar of a step and set step_dependency_table to False',
    );
  }
  const ratedKv = fields.numberOr('vn_kv', row.vnKv);
  const factor = fields.numberOr('step', 1) * (row.vnKv / ratedKv) ** 2;
  draft.shunts.push({
    ...about(row, 'shunt'),
    pMw: numberOrDefault(fields, 'p_mw', 0) * factor,
    qMvar: fields.number('q_mvar') * factor,
  });
}

/** A ward is a constant power and a constant impedance at one bus. */
function addWard(draft: GridDraft, row: ConnectedRow, table: 'ward' | 'xward'): void {
  const { fields } = row;
  const ward = about(row, table);
  const power = { pMw: fields.number('ps_mw'), qMvar: fields.number('qs_mvar') };
  addLoad(draft, { ...ward, ...power }, constantPower, constantPower);
  draft.shunts.push({ ...ward, pMw: fields.number('pz_mw'), qMvar: fields.number('qz_mvar') });
}

/** An extended ward is a ward and, behind an impedance, a source that holds its voltage without P. */
function addSourceOfWard(draft: GridDraft, row: ConnectedRow): void {
  const { fields, vnKv } = row;
  const { id, name, bus } = about(row, 'xward');
  const [inner, source] = [`${id} inner`, `${id} source`];
  draft.buses.push({ id: inner, name: inner, vnKv, vMinPu: null, vMaxPu: null });
  const line = {
    id,
    name,
    from: bus,
    to: inner,
    rOhm: fields.number('r_ohm'),
    xOhm: fields.number('x_ohm'),
    cNf: 0,
    maxIKa: null,
    inService: true,
  };
  addLineOfImpedance(draft, line, { vnKv, frequencyHz: 50 });
  const vmPu = fields.positive('vm_pu');
  draft.staticGenerators.push({ id: source, name: source, bus: inner, pMw: 0, qMvar: 0, vmPu });
}
