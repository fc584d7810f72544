import type { GridDraft } from './imported-grid';
import { isMatrix, type MatlabValue } from './matlab-expression';
import type { Matrix } from './matlab-matrix';
import { busColumn } from './matpower-columns';

/** Fields that are read elsewhere. */
const carried = ['version', 'baseMVA', 'bus', 'gen', 'branch', 'dcline', 'bus_name'];
/** Elements of extensions of the format: PowerModels, MATACDC, MATPOWER's three-phase prototype. */
const electrical = [
  ...['storage', 'switch', 'shunt', 'load', 'branch_oltc_pst', 'pst', 'svc', 'statcom', 'facts'],
  ...['busdc', 'convdc', 'branchdc', 'bus3p', 'line3p', 'xfmr3p', 'load3p', 'gen3p', 'buslink'],
];
/** Column of those that have a status, 0-based. */
const statusColumn: Readonly<Record<string, number>> = { storage: 16, switch: 6 };
/** Fields that describe, whatever their columns. */
const describing = /cost|coord|geo|loc|area|zone|name|limit|reserve|type|fuel|profile|^if$|iflims/i;

/** Tells of all that no other reader takes: elements in service are refused unless they may be left out. */
export function tellOfTheRest(
  draft: GridDraft,
  fields: ReadonlyMap<string, MatlabValue>,
  bus: Matrix,
): void {
  const numbers = new Set(bus.map((row) => row[busColumn.number]!));
  for (const [name, value] of fields) {
    if (carried.includes(name)) continue;
    const kind = `mpc.${name}`;
    if (!isMatrix(value) || !isOfElements(name, value, numbers)) {
      const count = typeof value === 'string' ? 1 : value.length;
      draft.leaveOut(kind, 'no part of the network model', count);
      continue;
    }
    value.forEach((row, index) => {
      const status = row[statusColumn[name] ?? row.length];
      if (status !== undefined && !(status > 0)) return draft.leaveOut(kind, 'out of service');
      draft.lack({
        kind,
        element: `${kind} row ${index + 1}`,
        reason: 'the network model has no such element',
        remedy: 'Put its power into mpc.bus or mpc.gen and remove the row',
      });
    });
  }
}

/** A matrix of elements that are known, or of rows that each begin with a bus and say more of it. */
function isOfElements(name: string, value: Matrix, buses: ReadonlySet<number>): boolean {
  if (electrical.includes(name)) return true;
  if (describing.test(name.split('.')[0]!)) return false;
  return value.length > 0 && value.every((row) => row.length > 2 && buses.has(row[0]!));
}
