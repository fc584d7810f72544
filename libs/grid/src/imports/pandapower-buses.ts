import { GridModelError } from '../model/grid-model-error';
import type { GridDraft } from './imported-grid';
import { flagOr, nameOf, type PandapowerRow, type PandapowerTables } from './pandapower-tables';

/** A bus of the pandapower network; one out of service is not in the draft. */
export interface PandapowerBus {
  readonly id: string;
  readonly vnKv: number;
  readonly inService: boolean;
}

/** Adds the buses in service; gives back all, by index. */
export function addBuses(
  draft: GridDraft,
  tables: PandapowerTables,
): ReadonlyMap<number, PandapowerBus> {
  const buses = new Map<number, PandapowerBus>();
  for (const { index, fields } of tables.rows('bus')) {
    const id = `bus${index}`;
    const vnKv = fields.positive('vn_kv');
    const inService = flagOr(fields, 'in_service', true);
    buses.set(index, { id, vnKv, inService });
    if (!inService) {
      draft.leaveOut('bus', 'out of service');
      continue;
    }
    draft.buses.push({
      id,
      name: nameOf(fields, id),
      vnKv,
      vMinPu: limit(fields.numberOr('min_vm_pu', null)),
      vMaxPu: limit(fields.numberOr('max_vm_pu', null)),
    });
  }
  return buses;
}

/** pandapower writes 0 and 2 pu where it must fill in a limit that nobody gave. */
const limit = (vmPu: number | null): number | null =>
  vmPu === null || vmPu <= 0 || vmPu >= 2 ? null : vmPu;

/** The bus of an index. @throws GridModelError naming the element that refers to no bus. */
export function busAt(
  buses: ReadonlyMap<number, PandapowerBus>,
  label: string,
  index: number,
): PandapowerBus {
  const bus = buses.get(index);
  if (bus !== undefined) return bus;
  throw new GridModelError(
    label,
    `bus ${index} is not in the network`,
    'Add the bus or correct it',
  );
}

/** A row with the bus it is connected to. */
export type ConnectedRow = PandapowerRow & { readonly bus: string; readonly vnKv: number };

/** Rows of a table that are in service at a bus in service; the others are left out, counted. */
export function inService(
  draft: GridDraft,
  tables: PandapowerTables,
  table: string,
  buses: ReadonlyMap<number, PandapowerBus>,
): ConnectedRow[] {
  return tables.rows(table).flatMap((row) => {
    const bus = busAt(buses, `${table} ${row.index}`, row.fields.integer('bus'));
    if (bus.inService && flagOr(row.fields, 'in_service', true)) {
      return [{ ...row, bus: bus.id, vnKv: bus.vnKv }];
    }
    draft.leaveOut(table, 'out of service');
    return [];
  });
}
