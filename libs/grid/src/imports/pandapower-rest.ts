import type { GridDraft } from './imported-grid';
import type { PandapowerBus } from './pandapower-buses';
import { flagOr, type PandapowerRow, type PandapowerTables } from './pandapower-tables';

/** Tables that are read elsewhere. */
const carried = [
  ...['bus', 'line', 'impedance', 'trafo', 'trafo3w', 'switch', 'ext_grid', 'gen', 'sgen', 'load'],
  ...['motor', 'storage', 'shunt', 'ward', 'xward', 'dcline', 'asymmetric_load', 'asymmetric_sgen'],
];
/** Elements that carry or exchange power and have no counterpart in the network model. */
const electrical = [
  ...['tcsc', 'svc', 'ssc', 'vsc', 'vsc_stacked', 'vsc_bipolar', 'b2b_vsc', 'bi_vsc'],
  ...['bus_dc', 'line_dc', 'load_dc', 'source_dc'],
];
/** Tables that describe, whatever their columns. */
const describing = /geodata|cost|measurement|characteristic|capability|group|controller|profile/;
/** Columns by which an element of a table that is not known is connected. */
const acBusColumns = ['bus', 'from_bus', 'to_bus', 'hv_bus', 'mv_bus', 'lv_bus'];
const busColumns = [...acBusColumns, 'bus_dc', 'from_bus_dc', 'to_bus_dc', 'bus_dc_plus'];

/** Settings of `runpp` that a file may keep, and what stands here. */
const powerFlowOptions: Readonly<Record<string, unknown>> = {
  calculate_voltage_angles: true,
  trafo_model: 't',
  trafo_loading: 'current',
  enforce_q_lims: false,
  enforce_p_lims: false,
  voltage_depend_loads: true,
  consider_line_temperature: false,
  run_control: false,
  distributed_slack: false,
  tdpf: false,
  switch_rx_ratio: 2,
  neglect_open_switch_branches: false,
};

/** Tells of all that no other reader takes: elements in service are refused unless they may be left out. */
export function tellOfTheRest(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): void {
  for (const table of tables.sizes.keys()) {
    if (carried.includes(table) || table.startsWith('res_') || table.startsWith('_')) continue;
    for (const row of tables.rows(table)) {
      if (electrical.includes(table) || isConnected(table, row))
        lackElement(draft, table, row, buses);
      else if (table === 'controller' && flagOr(row.fields, 'in_service', true)) {
        draft.assume(table, 'not run: taps and powers stand where the file has them');
      } else draft.leaveOut(table, 'no part of the network model');
    }
  }
  for (const table of ['line', 'trafo', 'trafo3w']) {
    for (const { fields } of tables.rows(table)) {
      const percent = fields.numberOr('max_loading_percent', 100);
      if (percent === 100) continue;
      draft.assume(
        table,
        `max_loading_percent ${percent} is no limit here: loading is of the rating`,
      );
    }
  }
  tellOfOptions(draft, tables);
}

const isConnected = (table: string, { fields }: PandapowerRow): boolean =>
  !describing.test(table) && busColumns.some((column) => fields.value(column) !== undefined);

function lackElement(
  draft: GridDraft,
  table: string,
  { index, fields }: PandapowerRow,
  buses: ReadonlyMap<number, PandapowerBus>,
): void {
  const isOff = acBusColumns.some((column) => {
    const bus = fields.value(column);
    return typeof bus === 'number' && buses.get(bus)?.inService === false;
  });
  if (isOff || !flagOr(fields, 'in_service', true)) return draft.leaveOut(table, 'out of service');
  draft.lack({
    kind: table,
    element: `${table} ${index}`,
    reason: 'the network model has no such element',
    remedy:
      'Put loads and generators that do the same in its place, or set its in_service to False',
  });
}

/** Options that a file keeps for `runpp` (`set_user_pf_options`) and that would change its result. */
function tellOfOptions(draft: GridDraft, { network }: PandapowerTables): void {
  const options = network.value('user_pf_options');
  if (typeof options !== 'object' || options === null) return;
  for (const [name, value] of Object.entries(options)) {
    const here = powerFlowOptions[name];
    if (here === undefined || value === here || value === 'auto') continue;
    const [asked, stands] = [JSON.stringify(value), JSON.stringify(here)];
    draft.assume('user_pf_options', `${name} ${asked} is not applied: solved with ${stands}`);
  }
}
