import { GridModelError } from '../model/grid-model-error';
import type { GridDraft } from './imported-grid';
import { addLineOfImpedance } from './line-of-impedance';
import { busAt, type PandapowerBus } from './pandapower-buses';
import { flagOr, nameOf, type PandapowerRow, type PandapowerTables } from './pandapower-tables';
import { addImpedance } from './pandapower-impedance';
import { impedanceOf, transformerOf } from './pandapower-transformer';
import { addThreeWinding, sides, type WindingEnds } from './pandapower-transformer3w';
import { addTransformerOfImpedance } from './transformer-of-impedance';

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
  readonly buses: ReadonlyMap<number, PandapowerBus>;
}

/** Adds lines, transformers and switches, with the open ends that switches make. */
export function addBranchesAndSwitches(
  draft: GridDraft,
  tables: PandapowerTables,
  buses: ReadonlyMap<number, PandapowerBus>,
): void {
  const reading = { draft, tables, buses };
  const atLine = new Map<number, ElementSwitch[]>();
  const atTransformer = new Map<number, ElementSwitch[]>();
  const atThreeWinding = new Map<number, ElementSwitch[]>();
  for (const row of tables.rows('switch')) {
    const { index, fields } = row;
    const kind = fields.oneOf('et', ['b', 'l', 't', 't3'] as const);
    if (kind === 'b') {
      addBusSwitch(reading, row);
      continue;
    }
    const switches = { l: atLine, t: atTransformer, t3: atThreeWinding }[kind];
    const element = fields.integer('element');
    if (!switches.has(element)) switches.set(element, []);
    const id = `switch${index}`;
    const name = nameOf(fields, id);
    const item = { id, name, bus: fields.integer('bus'), closed: flagOr(fields, 'closed', true) };
    switches.get(element)!.push(item);
  }
  for (const row of tables.rows('line')) addLine(reading, row, atLine.get(row.index) ?? []);
  for (const row of tables.rows('trafo')) {
    addTransformer(reading, row, atTransformer.get(row.index) ?? []);
  }
  for (const row of tables.rows('impedance')) addImpedance(draft, buses, row);
  for (const row of tables.rows('trafo3w')) {
    addThreeWindingAt(reading, row, atThreeWinding.get(row.index) ?? []);
  }
  refuseLooseSwitches('line', atLine, tables);
  refuseLooseSwitches('trafo', atTransformer, tables);
  refuseLooseSwitches('trafo3w', atThreeWinding, tables);
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
  const from = busAt(buses, `switch ${index}`, fields.integer('bus'));
  const to = busAt(buses, `switch ${index}`, fields.integer('element'));
  if (!from.inService || !to.inService) {
    draft.leaveOut('switch', 'at a bus out of service');
    return;
  }
  const id = `switch${index}`;
  const name = nameOf(fields, id);
  const closed = flagOr(fields, 'closed', true);
  const zOhm = fields.numberOr('z_ohm', 0);
  if (!closed || zOhm === 0) {
    draft.switches.push({ id, name, kind: 'busToBus', from: from.id, to: to.id, closed });
    return;
  }
  draft.assume('switch', 'closed with an impedance: a line of R/X = 2 stands for it');
  const xOhm = zOhm / Math.hypot(1, switchRxRatio);
  draft.lines.push({
    id,
    name,
    from: from.id,
    to: to.id,
    rOhm: xOhm * switchRxRatio,
    xOhm,
    cNf: 0,
    maxIKa: fields.numberOr('in_ka', null),
    inService: true,
  });
}

/** Buses at the two ends of an element; `live` = not switched off at both. */
interface Ends {
  readonly from: string;
  readonly to: string;
  readonly live: boolean;
}

/**
 * Connects an element. An end behind an open switch, or at a bus out of service, has a bus of its
 * own, live from the other end. What is off at both ends keeps its buses, and its switches stay open.
 *
 * @returns null for an element off at both ends of which one has no bus to be drawn at.
 */
function endsOf(
  { draft, buses }: Reading,
  kind: 'line' | 'transformer',
  id: string,
  ends: readonly [PandapowerBus, PandapowerBus],
  switches: readonly ElementSwitch[],
): Ends | null {
  const at = (item: ElementSwitch): PandapowerBus => busAt(buses, `switch "${item.id}"`, item.bus);
  const isOff = (bus: PandapowerBus): boolean =>
    !bus.inService || switches.some((item) => at(item) === bus && !item.closed);
  const bothOff = isOff(ends[0]) && isOff(ends[1]);
  if (bothOff && !ends.every((bus) => bus.inService)) return null;
  const connected = ends.map((bus) => {
    if (bothOff || !isOff(bus)) return bus.id;
    const openEnd = `${id} open end`;
    const limits = { vMinPu: null, vMaxPu: null };
    draft.buses.push({ id: openEnd, name: openEnd, vnKv: bus.vnKv, ...limits });
    return openEnd;
  });
  for (const item of switches) {
    const bus = at(item);
    requireEnd(item, `${kind} "${id}"`, bus, ends);
    if (!bus.inService) continue;
    const { name, closed } = item;
    if (bothOff || closed) {
      const target = kind === 'line' ? { kind, line: id } : { kind, transformer: id };
      draft.switches.push({ id: item.id, name, closed, ...target });
    } else {
      const [from, to] = [bus.id, connected[ends.indexOf(bus)]!];
      draft.switches.push({ id: item.id, name, kind: 'busToBus', from, to, closed });
    }
  }
  return { from: connected[0]!, to: connected[1]!, live: !bothOff };
}

function requireEnd(
  item: ElementSwitch,
  element: string,
  bus: PandapowerBus,
  ends: readonly PandapowerBus[],
): void {
  if (ends.includes(bus)) return;
  throw new GridModelError(
    `switch "${item.id}"`,
    `${element} does not end at ${bus.id}`,
    'Correct the bus',
  );
}

function addLine(
  reading: Reading,
  { index, fields }: PandapowerRow,
  switches: readonly ElementSwitch[],
): void {
  const { draft, tables, buses } = reading;
  const id = `line${index}`;
  const ends = [
    busAt(buses, `line ${index}`, fields.integer('from_bus')),
    busAt(buses, `line ${index}`, fields.integer('to_bus')),
  ] as const;
  const at = endsOf(reading, 'line', id, ends, switches);
  if (at === null) return draft.leaveOut('line', 'off at both ends, at a bus out of service');
  const { from, to, live } = at;
  const parallel = fields.numberOr('parallel', 1);
  const lengthKm = fields.notNegative('length_km');
  const maxIKa = fields.numberOr('max_i_ka', null);
  const inService = flagOr(fields, 'in_service', true);
  const rOhm = (fields.number('r_ohm_per_km') * lengthKm) / parallel;
  const xOhm = (fields.number('x_ohm_per_km') * lengthKm) / parallel;
  const isJoin = rOhm === 0 && xOhm === 0 && inService;
  // Its closed switches go with it; what is off at both ends needs no impedance.
  if (isJoin && live) dropClosedSwitches(draft, id);
  const line = {
    id,
    name: nameOf(fields, id),
    from,
    to,
    inService: inService && (live || !isJoin),
    rOhm,
    xOhm,
    cNf: fields.number('c_nf_per_km') * lengthKm * parallel,
    maxIKa: maxIKa === null ? null : maxIKa * fields.numberOr('df', 1) * parallel,
  };
  const frequencyHz = tables.network.numberOr('f_hz', 50);
  addLineOfImpedance(draft, line, { vnKv: ends[0].vnKv, frequencyHz });
  const gMicroSiemens = fields.numberOr('g_us_per_km', 0) * lengthKm * parallel;
  if (gMicroSiemens === 0 || !inService || !live) return;
  for (const bus of [from, to]) {
    const shunt = `${id} conductance at ${bus}`;
    const pMw = (gMicroSiemens / 2) * 1e-6 * ends[0].vnKv ** 2;
    draft.shunts.push({ id: shunt, name: shunt, bus, pMw, qMvar: 0 });
  }
}

function dropClosedSwitches({ switches }: GridDraft, line: string): void {
  const kept = switches.filter((item) => item.kind !== 'line' || item.line !== line);
  switches.splice(0, switches.length, ...kept);
}

function addTransformer(
  reading: Reading,
  row: PandapowerRow,
  switches: readonly ElementSwitch[],
): void {
  const { draft, buses } = reading;
  const { index, fields } = row;
  const id = `trafo${index}`;
  const ends = [
    busAt(buses, `trafo ${index}`, fields.integer('hv_bus')),
    busAt(buses, `trafo ${index}`, fields.integer('lv_bus')),
  ] as const;
  const at = ends.every((bus) => bus.inService)
    ? endsOf(reading, 'transformer', id, ends, switches)
    : null;
  if (at === null) return draft.leaveOut('trafo', 'at a bus out of service');
  const transformer = { id, hv: at.from, lv: at.to, ...transformerOf(draft, row) };
  const impedance = impedanceOf(row);
  if (transformer.inService && impedance.rPercent === 0 && impedance.xPercent === 0) {
    draft.assume('trafo', 'in service without impedance: an ideal transformer');
  }
  addTransformerOfImpedance(draft, transformer, 'lv', impedance);
}

/**
 * Connects the windings of a three-winding transformer: one behind an open switch has an end of its
 * own, live from the star; one at a bus out of service is not there.
 */
function addThreeWindingAt(
  { draft, buses }: Reading,
  row: PandapowerRow,
  switches: readonly ElementSwitch[],
): void {
  const { index, fields } = row;
  const id = `trafo3w${index}`;
  const busOf = (side: string): PandapowerBus =>
    busAt(buses, `trafo3w ${index}`, fields.integer(`${side}_bus`));
  const all = sides.map(busOf);
  if (!all.some((bus) => bus.inService)) {
    return draft.leaveOut('trafo3w', 'at buses out of service');
  }
  const ends: Record<string, string | null> = {};
  for (const side of sides) {
    const bus = busOf(side);
    ends[side] = bus.inService ? bus.id : null;
    if (!bus.inService) draft.leaveOut('winding of a trafo3w', 'at a bus out of service');
  }
  for (const item of switches) {
    const bus = busAt(buses, `switch "${item.id}"`, item.bus);
    requireEnd(item, `three-winding transformer "${id}"`, bus, all);
    if (!bus.inService) continue;
    const side = sides.find((one) => busOf(one) === bus)!;
    const winding = `${id} ${side}`;
    const { name, closed } = item;
    if (closed) {
      draft.switches.push({ id: item.id, name, kind: 'transformer', transformer: winding, closed });
      continue;
    }
    const openEnd = `${winding} open end`;
    if (ends[side] !== openEnd) {
      const limits = { vMinPu: null, vMaxPu: null };
      draft.buses.push({ id: openEnd, name: openEnd, vnKv: bus.vnKv, ...limits });
      ends[side] = openEnd;
    }
    const [from, to] = [bus.id, openEnd];
    draft.switches.push({ id: item.id, name, kind: 'busToBus', from, to, closed });
  }
  addThreeWinding(draft, row, ends as WindingEnds);
}
