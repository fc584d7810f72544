import { createDraft, finishDraft, type ImportedGrid, type ImportOptions } from './imported-grid';
import { addBranchesAndSwitches } from './pandapower-branches';
import { addBuses } from './pandapower-buses';
import { addInjections } from './pandapower-injections';
import { addMachines } from './pandapower-machines';
import { tellOfTheRest } from './pandapower-rest';
import { pandapowerTables } from './pandapower-tables';

/**
 * Reads a network as pandapower's `to_json` writes it (formats of pandapower 2 and 3), as its
 * `runpp` understands it with the transformers' T model: scaling, parallel elements, taps, shifts and
 * switches included. An open switch at one end of a line or transformer leaves that end open and the
 * element live from its other ends, as in pandapower. Elements in service without counterpart are
 * refused, unless `options` let them be left out.
 *
 * Ids are table and index, such as `bus7`, `line3`, `trafo0`; names are kept.
 *
 * Source of the model: pandapower documentation, "Datastructure and elements" (pandapower 3.5).
 *
 * @throws GridModelError naming the element that does not hold.
 */
export function importPandapower(json: unknown, options: ImportOptions = {}): ImportedGrid {
  const tables = pandapowerTables(json);
  const draft = createDraft(options);
  const buses = addBuses(draft, tables);
  const frequencyHz = tables.network.numberOr('f_hz', 50);
  addBranchesAndSwitches(draft, tables, buses);
  addInjections(draft, tables, buses);
  const externalGrid = addMachines(draft, tables, buses);
  tellOfTheRest(draft, tables, buses);
  const name = tables.network.textOr('name', '') || 'pandapower';
  return finishDraft({ name, title: '', source: 'pandapower', frequencyHz, externalGrid }, draft);
}
