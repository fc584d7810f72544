import { GridModelError } from '../model/grid-model-error';
import type { ExternalGrid } from '../model/network';
import type { GridDraft } from './imported-grid';
import { busAt, inService, type PandapowerBus } from './pandapower-buses';
import { flagOr, nameOf, numberOrDefault, type PandapowerTables } from './pandapower-tables';

type Slack = ExternalGrid & { readonly label: string };

/** Adds generators that hold their voltage and DC lines, and gives back the external grid. */
export function addMachines(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): ExternalGrid {
  const slacks: Slack[] = [];
  for (const { index, fields, bus } of inService(draft, tables, 'ext_grid', buses)) {
    const vaDegree = fields.numberOr('va_degree', 0);
    const vmPu = numberOrDefault(fields, 'vm_pu', 1);
    if (vmPu <= 0) fields.positive('vm_pu');
    slacks.push({ label: `ext_grid ${index}`, bus, vmPu, vaDegree });
  }
  const gridBuses = slacks.map(({ bus }) => bus);
  for (const { index, fields, bus } of inService(draft, tables, 'gen', buses)) {
    const vmPu = numberOrDefault(fields, 'vm_pu', 1);
    if (fields.value('slack') === true && !gridBuses.includes(bus)) {
      slacks.push({ label: `gen ${index}`, bus, vmPu, vaDegree: 0 });
      continue;
    }
    const id = `gen${index}`;
    const name = nameOf(fields, id);
    const pMw = fields.number('p_mw') * fields.numberOr('scaling', 1);
    draft.staticGenerators.push({ id, name, bus, pMw, qMvar: 0, vmPu });
    if (['min_q_mvar', 'max_q_mvar'].some((limit) => fields.numberOr(limit, null) !== null)) {
      draft.assume('gen', 'its limits of Q are not enforced: it holds its voltage by any Q');
    }
  }
  addDcLines(draft, tables, buses);
  return theExternalGrid(draft, slacks);
}

/**
 * A DC line is what `runpp` makes of it: a generator at either end that holds its voltage, with
 * `p_mw` drawn at `from_bus` (below 0: at `to_bus`) and what the losses leave of it fed in at the
 * other end.
 */
function addDcLines(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): void {
  for (const { index, fields } of tables.rows('dcline')) {
    const label = `dcline ${index}`;
    if (!flagOr(fields, 'in_service', true)) {
      draft.leaveOut('dcline', 'out of service');
      continue;
    }
    const from = busAt(buses, label, fields.integer('from_bus'));
    const to = busAt(buses, label, fields.integer('to_bus'));
    if (!from.inService || !to.inService) {
      draft.lack({
        kind: 'dcline',
        element: label,
        reason: `its ${from.inService ? to.id : from.id} is not`,
        remedy: 'Set its in_service to False too, or the bus in service',
      });
      continue;
    }
    const pMw = fields.number('p_mw');
    const keptShare = 1 - fields.numberOr('loss_percent', 0) / 100;
    const sentMw = Math.abs(pMw);
    const receivedMw = sentMw * keptShare - fields.numberOr('loss_mw', 0);
    const [fromMw, toMw] = pMw > 0 ? [-sentMw, receivedMw] : [receivedMw, -sentMw];
    if (pMw < 0) {
      draft.assume('dcline', 'p_mw below 0: drawn at to_bus, its losses come off at from_bus');
    }
    const id = `dcline${index}`;
    const name = nameOf(fields, id);
    for (const [end, bus, fedInMw] of [
      ['from', from, fromMw],
      ['to', to, toMw],
    ] as const) {
      const vmPu = fields.positive(`vm_${end}_pu`);
      const about = { id: `${id} ${end}`, name: `${name} ${end}`, bus: bus.id };
      draft.staticGenerators.push({ ...about, pMw: fedInMw, qMvar: 0, vmPu });
    }
  }
}

function theExternalGrid(draft: GridDraft, slacks: readonly Slack[]): ExternalGrid {
  const [slack] = slacks;
  if (slack === undefined || new Set(slacks.map(({ bus }) => bus)).size > 1) {
    throw new GridModelError(
      slacks.map(({ label }) => label).join(' and ') || 'ext_grid',
      `${slacks.length} slack buses are in service`,
      'Leave one external grid in service, or export each part of the grid for itself',
    );
  }
  const { bus, vmPu, vaDegree } = slack;
  for (const other of slacks.slice(1)) {
    if (other.vmPu === vmPu && other.vaDegree === vaDegree) continue;
    draft.assume(
      other.label.split(' ')[0]!,
      `${other.vmPu} pu, ${other.vaDegree} degree at the bus of ${slack.label}: its ${vmPu} pu, ${vaDegree} degree stand`,
    );
  }
  return { bus, vmPu, vaDegree };
}
