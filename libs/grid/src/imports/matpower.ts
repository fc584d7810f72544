import { GridModelError } from '../model/grid-model-error';
import type { ExternalGrid } from '../model/network';
import { createDraft, finishDraft, type ImportedGrid, type ImportOptions } from './imported-grid';
import { isMatrix, type MatlabValue } from './matlab-expression';
import { scalarOf, type Matrix } from './matlab-matrix';
import { runCaseScript, type CaseVariables } from './matlab-script';
import { addBranch, type CaseReading } from './matpower-branch';
import { busColumn, busType, dcLineColumnCount, generatorColumn } from './matpower-columns';
import { addDcLines } from './matpower-dc-line';
import { tellOfTheRest } from './matpower-rest';

/** MATPOWER cases have no frequency; only reactances count, and they come out right with any. */
const frequencyHz = 50;

/**
 * Reads a MATPOWER case file (format 2, and 1), as MATPOWER's power flow understands it: the
 * reference bus becomes the external grid, generators at PV buses hold their voltage, branches with
 * a ratio, a shift or two nominal voltages are transformers, a DC line is an injection at either end.
 * What else a case has in service is refused, unless `options` let it be left out. Conversions at the end of the file
 * (ohm to per unit, kW to MW) are carried out.
 *
 * Ids: `bus7`, `load7`, `shunt7` by bus number, `gen2`, `branch5`, `dcline1 from` by row.
 *
 * Source of the model: MATPOWER User's Manual, chapter 3 and appendix B.
 *
 * @throws GridModelError naming the line of a script that is not understood, or the element.
 */
export function importMatpower(text: string, options: ImportOptions = {}): ImportedGrid {
  const script = runCaseScript(text);
  const fields = caseFields(script);
  const bus = requireMatrix(fields.get('bus'), 'bus', 13);
  const generators = requireMatrix(fields.get('gen'), 'gen', 8);
  const branches = requireMatrix(fields.get('branch'), 'branch', 11);
  const baseMva = requireBase(fields.get('baseMVA'));
  const reading: CaseReading = {
    baseMva,
    frequencyHz,
    vnKv: new Map(
      bus
        .filter((row) => row[busColumn.type] !== busType.isolated)
        .map((row) => [row[busColumn.number]!, row[busColumn.baseKv]! || 1]),
    ),
    draft: createDraft(options),
  };
  addBuses(reading, bus, fields.get('bus_name'));
  const externalGrid = addGenerators(reading, bus, generators);
  branches.forEach((row, index) => addBranch(reading, `branch${index + 1}`, row));
  if (fields.has('dcline')) {
    const rows = requireMatrix(fields.get('dcline'), 'dcline', dcLineColumnCount);
    addDcLines(reading.draft, rows, bus);
  }
  tellOfTheRest(reading.draft, fields, bus);
  const name = script.functionName ?? 'case';
  const about = { name, title: '', source: `MATPOWER case ${name}`, frequencyHz, externalGrid };
  return finishDraft(about, reading.draft);
}

/** Fields of the case, whether it is one structure (format 2) or a variable each (format 1). */
function caseFields({ outputs, variables }: CaseVariables): ReadonlyMap<string, MatlabValue> {
  if (outputs.length > 1) {
    return new Map([...variables].filter(([name]) => outputs.includes(name)));
  }
  const prefix = `${outputs[0] ?? 'mpc'}.`;
  const inCase = [...variables].filter(([name]) => name.startsWith(prefix));
  return new Map(inCase.map(([name, value]) => [name.slice(prefix.length), value]));
}

function requireMatrix(value: MatlabValue | undefined, name: string, columns: number): Matrix {
  if (value === undefined || !isMatrix(value)) {
    throw new GridModelError(
      `mpc.${name}`,
      value === undefined ? 'is missing' : 'is not a matrix',
      'Give a MATPOWER case with baseMVA, bus, gen and branch',
    );
  }
  const width = value[0]?.length ?? columns;
  if (width < columns) {
    throw new GridModelError(
      `mpc.${name}`,
      `has ${width} columns`,
      `Give at least the ${columns} columns of the case format`,
    );
  }
  return value;
}

function requireBase(value: MatlabValue | undefined): number {
  const baseMva = value !== undefined && isMatrix(value) ? scalarOf(value) : undefined;
  if (baseMva !== undefined && baseMva > 0 && baseMva < Infinity) return baseMva;
  throw new GridModelError('mpc.baseMVA', 'is not a number above 0', 'Give the base in MVA');
}

/** Buses with their loads and shunts. */
export function addBuses(
  { draft, vnKv }: CaseReading,
  bus: Matrix,
  names: MatlabValue | undefined,
): void {
  const unlimited = (value: number): number | null =>
    value > 0 && value < Infinity ? value : null;
  bus.forEach((row, index) => {
    const number = row[busColumn.number]!;
    const kv = vnKv.get(number);
    if (kv === undefined) {
      draft.leaveOut('bus', 'isolated (type 4), with its load and shunt');
      return;
    }
    if (row[busColumn.baseKv] === 0) {
      draft.assume('bus', 'no nominal voltage in the file: 1 kV, so currents in kA are MVA / 1.73');
    }
    const at = { bus: `bus${number}` };
    const named = Array.isArray(names) ? String(names[index] ?? '') : '';
    draft.buses.push({
      id: at.bus,
      name: named || at.bus,
      vnKv: kv,
      vMinPu: unlimited(row[busColumn.vMinPu]!),
      vMaxPu: unlimited(row[busColumn.vMaxPu]!),
    });
    const [pMw, qMvar] = [row[busColumn.pMw]!, row[busColumn.qMvar]!];
    if (pMw !== 0 || qMvar !== 0) {
      const shares = { constantCurrentPercent: 0, constantImpedancePercent: 0 };
      const id = `load${number}`;
      draft.loads.push({ id, name: id, ...at, pMw, qMvar, ...shares });
    }
    const [gsMw, bsMvar] = [row[busColumn.gsMw]!, row[busColumn.bsMvar]!];
    if (gsMw !== 0 || bsMvar !== 0) {
      const id = `shunt${number}`;
      draft.shunts.push({ id, name: id, ...at, pMw: gsMw, qMvar: 0 - bsMvar });
    }
  });
}

/** Generators in service; the first at the reference bus is the external grid. */
export function addGenerators(
  { draft, vnKv }: CaseReading,
  bus: Matrix,
  generators: Matrix,
): ExternalGrid {
  const rowOf = new Map(bus.map((row) => [row[busColumn.number]!, row]));
  const reference = theReferenceBus(bus);
  let externalGrid: ExternalGrid | undefined;
  generators.forEach((row, index) => {
    const number = row[generatorColumn.bus]!;
    const id = `gen${index + 1}`;
    if (!rowOf.has(number)) {
      throw new GridModelError(
        `generator "${id}"`,
        `bus ${number} is not in mpc.bus`,
        'Add the bus or correct the number',
      );
    }
    if (!(row[generatorColumn.status]! > 0) || !vnKv.has(number)) {
      draft.leaveOut('generator', 'out of service');
      return;
    }
    const type = rowOf.get(number)![busColumn.type];
    const vmPu = row[generatorColumn.vmPu]!;
    if (number === reference && externalGrid === undefined) {
      const vaDegree = rowOf.get(number)![busColumn.vaDegree]!;
      externalGrid = { bus: `bus${number}`, vmPu, vaDegree };
      return;
    }
    const holds = type === busType.pv || number === reference;
    const isLimited = [generatorColumn.qMaxMvar, generatorColumn.qMinMvar].some((column) =>
      Number.isFinite(row[column]),
    );
    if (holds && isLimited) {
      draft.assume('generator', 'its limits of Q are not enforced: it holds its voltage by any Q');
    }
    const power = { pMw: row[generatorColumn.pMw]!, qMvar: row[generatorColumn.qMvar]! };
    draft.staticGenerators.push({
      id,
      name: id,
      bus: `bus${number}`,
      ...power,
      vmPu: holds ? vmPu : null,
    });
  });
  const holding = new Set(draft.staticGenerators.map(({ bus: at, vmPu }) => vmPu !== null && at));
  for (const row of bus) {
    const isHeld = holding.has(`bus${row[busColumn.number]}`);
    if (row[busColumn.type] !== busType.pv || isHeld) continue;
    draft.assume('bus', 'of type PV without generator in service: nothing holds its voltage');
  }
  if (externalGrid !== undefined) return externalGrid;
  throw new GridModelError(
    `bus "bus${reference}"`,
    'the reference bus has no generator in service to give its voltage',
    'Add one, or make another bus the reference (type 3)',
  );
}

function theReferenceBus(bus: Matrix): number {
  const references = bus
    .filter((row) => row[busColumn.type] === busType.reference)
    .map((row) => row[busColumn.number]!);
  if (references.length === 1) return references[0]!;
  throw new GridModelError(
    references.length === 0 ? 'mpc.bus' : `buses ${references.join(', ')}`,
    `${references.length} slack buses (type 3) are given`,
    'Make one bus the reference',
  );
}
