import { GridModelError } from '../model/grid-model-error';
import type { GridDraft } from './imported-grid';
import type { BusesInService } from './pandapower';
import type { PandapowerRow, PandapowerTables } from './pandapower-tables';
import { transformerOf } from './pandapower-transformer';

/** Resistance over reactance of a switch with an impedance: the default of pandapower's `runpp`. */
const switchRxRatio = 2;

interface ElementSwitch {
  readonly id: string;
  readonly name: string;
  readonly bus: number;
  readonly closed: boolean;
}

interface Reading {
  readonly draft: GridDraft;
  readonly tables: PandapowerTables;
  readonly buses: BusesInService;
  readonly frequencyHz: number;
}

/** Adds lines, transformers and switches, with the open ends that switches make. */
export function addBranchesAndSwitches(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: BusesInService,
  frequencyHz: number,
): void {
  const reading = { draft, tables, buses, frequencyHz };
  const atLine = new Map<number, ElementSwitch[]>();
  const atTransformer = new Map<number, ElementSwitch[]>();
  for (const row of tables.rows('switch')) {
    const { index, fields } = row;
    const kind = fields.oneOf('et', ['b', 'l', 't', 't3'] as const);
    if (kind === 'b') {
      addBusSwitch(reading, row);
      continue;
    }
    if (kind === 't3') {
      draft.leaveOut('switch', 'at a three-winding transformer');
      continue;
    }
    const switches = kind === 'l' ? atLine : atTransformer;
    const element = fields.integer('element');
    if (!switches.has(element)) switches.set(element, []);
    const id = `switch${index}`;
    const name = fields.textOr('name', '') || id;
    const item = { id, name, bus: fields.integer('bus'), closed: fields.boolean('closed') };
    switches.get(element)!.push(item);
  }
  for (const row of tables.rows('line')) addLine(reading, row, atLine.get(row.index) ?? []);
  for (const row of tables.rows('trafo')) {
    addTransformer(reading, row, atTransformer.get(row.index) ?? []);
  }
  refuseLooseSwitches('line', atLine, tables);
  refuseLooseSwitches('trafo', atTransformer, tables);
}

function refuseLooseSwitches(
  table: string,
  switches: ReadonlyMap<number, readonly ElementSwitch[]>,
  tables: PandapowerTables,
): void {
  const known = new Set(tables.rows(table).map(({ index }) => index));
  for (const [element, [first]] of switches) {
    if (known.has(element)) continue;
    throw new GridModelError(
      `switch "${first!.id}"`,
      `${table} ${element} is not in the network`,
      'Remove the switch or add the element',
    );
  }
}

function addBusSwitch({ draft, buses }: Reading, { index, fields }: PandapowerRow): void {
  const [from, to] = [buses.get(fields.integer('bus')), buses.get(fields.integer('element'))];
  if (from === undefined || to === undefined) {
    draft.leaveOut('switch', 'at a bus out of service');
    return;
  }
  const id = `switch${index}`;
  const name = fields.textOr('name', '') || id;
  const closed = fields.boolean('closed');
  const zOhm = fields.numberOr('z_ohm', 0);
  if (!closed || zOhm === 0) {
    draft.switches.push({ id, name, kind: 'busToBus', from: from.id, to: to.id, closed });
    return;
  }
  draft.assume('switch', 'closed with an impedance: a line of R/X = 2 stands for it');
  const xOhm = zOhm / Math.hypot(1, switchRxRatio);
  draft.lines.push({
    ...{ id, name, from: from.id, to: to.id, rOhm: xOhm * switchRxRatio, xOhm, cNf: 0 },
    ...{ maxIKa: fields.numberOr('in_ka', null), inService: true },
  });
}

/** Where an end of an element is connected, and the switches that stand for themselves there. */
interface Ends {
  readonly buses: readonly [string, string];
  readonly inService: boolean;
}

/**
 * Puts an end behind an open switch, or at a bus out of service, to a bus of its own. Elements that
 * are off at both ends keep their buses and are out of service.
 *
 * @returns null when an end has no bus to be drawn at.
 */
function endsOf(
  { draft, buses }: Reading,
  kind: 'line' | 'transformer',
  id: string,
  ends: readonly [number, number],
  switches: readonly ElementSwitch[],
): Ends | null {
  const isOff = (bus: number): boolean =>
    !buses.has(bus) || switches.some((item) => item.bus === bus && !item.closed);
  const bothOff = isOff(ends[0]) && isOff(ends[1]);
  if (ends.every((bus) => !buses.has(bus))) return null;
  if (bothOff && ends.some((bus) => !buses.has(bus))) return null;
  const connected = ends.map((bus, side) => {
    if (bothOff || !isOff(bus)) return buses.get(bus)!.id;
    const openEnd = `${id} open end`;
    const vnKv = (buses.get(bus) ?? buses.get(ends[1 - side]!)!).vnKv;
    draft.buses.push({ id: openEnd, name: openEnd, vnKv, vMinPu: null, vMaxPu: null });
    return openEnd;
  });
  for (const { id: item, name, bus, closed } of switches) {
    const side = ends.indexOf(bus);
    if (side < 0) {
      throw new GridModelError(
        `switch "${item}"`,
        `${kind} "${id}" does not end at bus ${bus}`,
        'Correct the bus',
      );
    }
    if (!buses.has(bus)) continue;
    if (bothOff || closed) {
      const target = kind === 'line' ? { kind, line: id } : { kind, transformer: id };
      draft.switches.push({ id: item, name, closed, ...target });
    } else {
      const [from, to] = [buses.get(bus)!.id, connected[side]!];
      draft.switches.push({ id: item, name, kind: 'busToBus', from, to, closed });
    }
  }
  return { buses: [connected[0]!, connected[1]!], inService: true };
}

function addLine(
  reading: Reading,
  { index, fields }: PandapowerRow,
  switches: readonly ElementSwitch[],
): void {
  const { draft, buses, frequencyHz } = reading;
  const id = `line${index}`;
  const ends = [fields.integer('from_bus'), fields.integer('to_bus')] as const;
  const at = endsOf(reading, 'line', id, ends, switches);
  if (at === null) return draft.leaveOut('line', 'between buses out of service');
  const parallel = fields.numberOr('parallel', 1);
  const lengthKm = fields.positive('length_km');
  const maxIKa = fields.numberOr('max_i_ka', null);
  const inService = fields.boolean('in_service');
  draft.lines.push({
    id,
    name: fields.textOr('name', '') || id,
    from: at.buses[0],
    to: at.buses[1],
    rOhm: (fields.number('r_ohm_per_km') * lengthKm) / parallel,
    xOhm: (fields.number('x_ohm_per_km') * lengthKm) / parallel,
    cNf: fields.number('c_nf_per_km') * lengthKm * parallel,
    maxIKa: maxIKa === null ? null : maxIKa * fields.numberOr('df', 1) * parallel,
    inService,
  });
  const gMicroSiemens = fields.numberOr('g_us_per_km', 0) * lengthKm * parallel;
  if (gMicroSiemens === 0 || !inService) return;
  const vnKv = (buses.get(ends[0]) ?? buses.get(ends[1]))!.vnKv;
  at.buses.forEach((bus, side) => {
    const shunt = `${id} conductance ${side === 0 ? 'from' : 'to'}`;
    const pMw = (gMicroSiemens / 2) * 1e-6 * vnKv ** 2;
    draft.shunts.push({ id: shunt, name: shunt, bus, pMw, qMvar: 0 });
  });
  void frequencyHz;
}

function addTransformer(
  reading: Reading,
  row: PandapowerRow,
  switches: readonly ElementSwitch[],
): void {
  const { draft, buses } = reading;
  const { index, fields } = row;
  const id = `trafo${index}`;
  const ends = [fields.integer('hv_bus'), fields.integer('lv_bus')] as const;
  if (ends.some((bus) => !buses.has(bus))) {
    return draft.leaveOut('trafo', 'at a bus out of service');
  }
  const at = endsOf(reading, 'transformer', id, ends, switches)!;
  draft.transformers.push({ id, ...transformerOf(row), hv: at.buses[0], lv: at.buses[1] });
}
