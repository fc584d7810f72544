import type { GridDraft } from './imported-grid';
import type { Matrix } from './matlab-matrix';
import { busColumn, busType, dcLineColumn } from './matpower-columns';

/**
 * Adds the DC lines in service, each as two injections: PF drawn at its from bus, what arrives of
 * it fed in at its to bus (MATPOWER User's Manual, "DC Transmission Lines"). At a PV or
 * reference bus an end holds VF or VT, at any other it feeds in QF or QT.
 */
export function addDcLines(draft: GridDraft, rows: Matrix, bus: Matrix): void {
  const typeOf = new Map(bus.map((row) => [row[busColumn.number]!, row[busColumn.type]!]));
  rows.forEach((row, index) => {
    const id = `dcline${index + 1}`;
    if (!(row[dcLineColumn.status]! > 0)) {
      return draft.leaveOut('mpc.dcline', 'out of service');
    }
    const buses = [row[dcLineColumn.from]!, row[dcLineColumn.to]!] as const;
    const lost = buses.find(
      (number) => (typeOf.get(number) ?? busType.isolated) === busType.isolated,
    );
    if (lost !== undefined) {
      return draft.lack({
        kind: 'mpc.dcline',
        element: id,
        reason: `its bus ${lost} is isolated or not in mpc.bus`,
        remedy: 'Add the bus, correct the number, or put the DC line out of service',
      });
    }
    const pFromMw = row[dcLineColumn.pFromMw]!;
    const pToMw = fedInMw(draft, row);
    addEnd(draft, `${id} from`, buses[0], typeOf, {
      pMw: 0 - pFromMw,
      qMvar: row[dcLineColumn.qFromMvar]!,
      vmPu: row[dcLineColumn.vmFromPu]!,
    });
    addEnd(draft, `${id} to`, buses[1], typeOf, {
      pMw: pToMw,
      qMvar: row[dcLineColumn.qToMvar]!,
      vmPu: row[dcLineColumn.vmToPu]!,
    });
  });
}

/**
 * What arrives at the to bus. The loss formula says it, as in MATPOWER; but where the file gives no
 * losses and a PT of its own, the two flows do.
 */
function fedInMw(draft: GridDraft, row: readonly number[]): number {
  const pFromMw = row[dcLineColumn.pFromMw]!;
  const pToMw = row[dcLineColumn.pToMw]!;
  const [loss0Mw, loss1] = [row[dcLineColumn.loss0Mw]!, row[dcLineColumn.loss1]!];
  const byFormulaMw = pFromMw - (loss0Mw + loss1 * pFromMw);
  if (Math.abs(pToMw - byFormulaMw) < 1e-6 || pToMw === 0) return byFormulaMw;
  if (loss0Mw === 0 && loss1 === 0) {
    const says = `LOSS0 and LOSS1 are 0, PF ${pFromMw} and PT ${pToMw} MW`;
    draft.assume('mpc.dcline', `${says}: PT is fed in (toggle_dcline would feed in PF)`);
    return pToMw;
  }
  const says = `PT ${pToMw} MW is not PF less LOSS0 and LOSS1 of it`;
  draft.assume('mpc.dcline', `${says}: ${byFormulaMw} MW are fed in, as by toggle_dcline`);
  return byFormulaMw;
}

function addEnd(
  draft: GridDraft,
  id: string,
  bus: number,
  typeOf: ReadonlyMap<number, number>,
  { pMw, qMvar, vmPu }: { readonly pMw: number; readonly qMvar: number; readonly vmPu: number },
): void {
  const type = typeOf.get(bus);
  const holds = type === busType.pv || type === busType.reference;
  if (!holds) {
    draft.assume(
      'mpc.dcline',
      'an end at a PQ bus feeds in its QF or QT; toggle_dcline would hold VF or VT there (make the bus PV)',
    );
  }
  const about = { id, name: id, bus: `bus${bus}` };
  draft.staticGenerators.push({ ...about, pMw, qMvar, vmPu: holds ? vmPu : null });
}
