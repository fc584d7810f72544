import { GridModelError } from '../model/grid-model-error';
import type { ExternalGrid } from '../model/network';
import { createDraft, finishDraft, type GridDraft, type ImportedGrid } from './imported-grid';
import { addBranchesAndSwitches } from './pandapower-branches';
import { addInjections } from './pandapower-injections';
import { addBuses, inService, type PandapowerBus } from './pandapower-buses';
import { nameOf, pandapowerTables, type PandapowerTables } from './pandapower-tables';

const carried = [
  ...['bus', 'line', 'impedance', 'trafo', 'trafo3w', 'switch', 'ext_grid', 'gen', 'sgen', 'load'],
  ...['motor', 'storage', 'shunt', 'ward', 'asymmetric_load', 'asymmetric_sgen'],
];
/** Elements that carry or exchange power and have no counterpart in the network model. */
const electrical = [
  ...['xward', 'tcsc', 'svc', 'ssc', 'dcline', 'vsc', 'vsc_stacked'],
  ...['vsc_bipolar', 'bus_dc', 'line_dc', 'load_dc', 'source_dc'],
];

/**
 * Reads a network as pandapower's `to_json` writes it (formats of pandapower 2 and 3), as its
 * `runpp` understands it with the transformers' T model: scaling, parallel elements, taps, shifts and
 * switches included. An open switch at one end of a line or transformer leaves that end open and the
 * element live from its other end, as in pandapower.
 *
 * Ids are table and index, such as `bus7`, `line3`, `trafo0`; names are kept.
 *
 * Source of the model: pandapower documentation, "Datastructure and elements" (pandapower 3.5).
 *
 * @throws GridModelError naming the element that does not hold.
 */
export function importPandapower(json: unknown): ImportedGrid {
  const tables = pandapowerTables(json);
  const draft = createDraft();
  const buses = addBuses(draft, tables);
  const frequencyHz = tables.network.numberOr('f_hz', 50);
  addBranchesAndSwitches(draft, tables, buses);
  addInjections(draft, tables, buses);
  const externalGrid = addMachines(draft, tables, buses);
  for (const [table, count] of tables.sizes) {
    if (electrical.includes(table))
      draft.leaveOut(table, 'not supported: the grid lacks it', count);
    else if (!carried.includes(table) && !table.startsWith('res_') && !table.startsWith('_')) {
      draft.leaveOut(table, 'no part of the network model', count);
    }
  }
  const name = tables.network.textOr('name', '') || 'pandapower';
  return finishDraft({ name, title: '', source: 'pandapower', frequencyHz, externalGrid }, draft);
}

/** External grid, and generators that hold their voltage. */
function addMachines(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): ExternalGrid {
  const slacks: (ExternalGrid & { readonly label: string })[] = [];
  for (const { index, fields, bus } of inService(draft, tables, 'ext_grid', buses)) {
    const vaDegree = fields.numberOr('va_degree', 0);
    slacks.push({ label: `ext_grid ${index}`, bus, vmPu: fields.positive('vm_pu'), vaDegree });
  }
  const gridBuses = slacks.map(({ bus }) => bus);
  for (const { index, fields, bus } of inService(draft, tables, 'gen', buses)) {
    const vmPu = fields.positive('vm_pu');
    if (fields.value('slack') === true && !gridBuses.includes(bus)) {
      slacks.push({ label: `gen ${index}`, bus, vmPu, vaDegree: 0 });
      continue;
    }
    const id = `gen${index}`;
    const name = nameOf(fields, id);
    const pMw = fields.number('p_mw') * fields.numberOr('scaling', 1);
    draft.staticGenerators.push({ id, name, bus, pMw, qMvar: 0, vmPu });
  }
  const [slack] = slacks;
  if (slack === undefined || new Set(slacks.map(({ bus }) => bus)).size > 1) {
    throw new GridModelError(
      slacks.map(({ label }) => label).join(' and ') || 'ext_grid',
      `${slacks.length} slack buses are in service`,
      'Leave one external grid in service, or export each part of the grid for itself',
    );
  }
  return { bus: slack.bus, vmPu: slack.vmPu, vaDegree: slack.vaDegree };
}
