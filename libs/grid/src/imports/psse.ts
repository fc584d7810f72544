/**
 * Reads a PSS/E RAW file of version 33, as far as this subset of it goes: buses, loads (constant power, current and
 * impedance), fixed and switched shunts, generators, branches, transformers of two windings. What else a case has in
 * service is refused, unless `options` let it be left out.
 *
 * Its rows become those of a MATPOWER case, whose branch is the same: an ideal transformer at the from end with the ratio
 * of both taps, the impedance referred to the to end by the square of its tap.
 *
 * Ids: `bus7`, `load7 1`, `shunt7 1` by bus number and id, `branch1-4 1` by ends and circuit, `gen2` by row.
 *
 * Source of the model: PSS/E 33 Program Application Guide, volume 1, chapter 5.
 */
import {
  type GridDraft,
  type ImportedGrid,
  type ImportOptions,
  createDraft,
  finishDraft,
} from './imported-grid';
import { addBuses, addGenerators } from './matpower';
import { type CaseReading, addBranch } from './matpower-branch';
import { busType } from './matpower-columns';
import {
  type RawFile,
  type RawRecord,
  type RawSection,
  at,
  numberAt,
  rawFileOf,
  textAt,
} from './psse-records';

/** Sections whose rows would carry power. */
const LACKING: readonly RawSection[] = [
  'two-terminal dc',
  'vsc dc',
  'multi-terminal dc',
  'facts device',
  'gne device',
  'induction machine',
];
/** Sections that say nothing a power flow needs. */
const NEEDLESS: readonly RawSection[] = [
  'area',
  'impedance correction',
  'multi-section line',
  'zone',
  'inter-area transfer',
  'owner',
];

/** @throws GridModelError naming the line that cannot be read, or the element that does not hold */
export function importPsse(text: string, options: ImportOptions = {}): ImportedGrid {
  const file = rawFileOf(text);
  const { baseMva, frequencyHz, title, records } = file;
  const draft = createDraft(options);
  const isIn = (record: RawRecord): boolean => numberAt(record, 3, 'IDE', 1) !== busType.isolated;
  const reading: CaseReading = {
    baseMva,
    frequencyHz,
    vnKv: new Map(
      records.bus
        .filter(isIn)
        .map((record) => [numberAt(record, 0, 'I'), numberAt(record, 2, 'BASKV', 0) || 1]),
    ),
    draft,
  };
  const buses = records.bus.map(busRow);
  requireEachOnce(records.bus);
  const numbers = new Set(buses.map(([number]) => number!));
  for (const section of ['load', 'fixed shunt', 'generator', 'switched shunt'] as const) {
    for (const record of records[section]) requireBus(record, numbers);
  }
  addBuses(
    reading,
    buses,
    records.bus.map((record) => textAt(record, 1)),
  );
  for (const record of records.load) addLoads(reading, record);
  addShunts(reading, file);
  const externalGrid = addGenerators(reading, buses, records.generator.map(generatorRow));
  if (
    records.generator.some(
      (record) => ![0, numberAt(record, 0, 'I')].includes(numberAt(record, 7, 'IREG', 0)),
    )
  ) {
    draft.assume('generator', 'regulates another bus: it holds its own terminal at that voltage');
  }
  for (const record of records.branch) addLine(reading, record);
  addTransformers(reading, records.transformer);
  tellOfTheRest(draft, file);
  const about = { name: 'case', title, source: 'PSS/E RAW 33', frequencyHz, externalGrid };
  return finishDraft(about, draft);
}

/** As a row of `mpc.bus`. */
function busRow(record: RawRecord): number[] {
  return [
    numberAt(record, 0, 'I'),
    numberAt(record, 3, 'IDE', 1),
    ...[0, 0, 0, 0],
    numberAt(record, 4, 'AREA', 1),
    numberAt(record, 7, 'VM', 1),
    numberAt(record, 8, 'VA', 0),
    numberAt(record, 2, 'BASKV', 0),
    numberAt(record, 5, 'ZONE', 1),
    numberAt(record, 9, 'NVHI', 0),
    numberAt(record, 10, 'NVLO', 0),
  ];
}

function requireEachOnce(buses: readonly RawRecord[]): void {
  const seen = new Set<number>();
  for (const record of buses) {
    const number = numberAt(record, 0, 'I');
    if (seen.has(number)) throw at(record, `bus ${number} is given twice`, 'Give each number once');
    seen.add(number);
  }
}

/** As a row of `mpc.gen`. */
function generatorRow(record: RawRecord): number[] {
  return [
    numberAt(record, 0, 'I'),
    numberAt(record, 2, 'PG', 0),
    numberAt(record, 3, 'QG', 0),
    numberAt(record, 4, 'QT', 9_999),
    numberAt(record, 5, 'QB', -9_999),
    numberAt(record, 6, 'VS', 1),
    numberAt(record, 8, 'MBASE', 100),
    numberAt(record, 14, 'STAT', 1),
  ];
}

function requireBus(record: RawRecord, numbers: ReadonlySet<number>): void {
  const number = numberAt(record, 0, 'I');
  if (numbers.has(number)) return;
  throw at(record, `bus ${number} is not in the bus data`, 'Add the bus or correct the number');
}

/** The bus of a record that hangs at one, undefined where that is isolated. */
function busOf({ vnKv, draft }: CaseReading, record: RawRecord, what: string): number | undefined {
  const number = numberAt(record, 0, 'I');
  if (vnKv.has(number)) return number;
  draft.leaveOut(what, 'at an isolated bus');
  return undefined;
}

/** Constant power, current and impedance, each a load of its own. */
function addLoads(reading: CaseReading, record: RawRecord): void {
  const bus = busOf(reading, record, 'load');
  if (bus === undefined) return;
  if (numberAt(record, 2, 'STATUS', 1) === 0)
    return reading.draft.leaveOut('load', 'out of service');
  const id = `load${bus} ${textAt(record, 1, '1')}`;
  const parts = [
    ['', numberAt(record, 5, 'PL', 0), numberAt(record, 6, 'QL', 0), 0, 0],
    [' constant current', numberAt(record, 7, 'IP', 0), numberAt(record, 8, 'IQ', 0), 100, 0],
    // A load's susceptance: below 0 where it is inductive.
    [
      ' constant impedance',
      numberAt(record, 9, 'YP', 0),
      0 - numberAt(record, 10, 'YQ', 0),
      0,
      100,
    ],
  ] as const;
  for (const [kind, pMw, qMvar, constantCurrentPercent, constantImpedancePercent] of parts) {
    if (pMw === 0 && qMvar === 0) continue;
    const name = `${id}${kind}`;
    const shares = { constantCurrentPercent, constantImpedancePercent };
    reading.draft.loads.push({ id: name, name, bus: `bus${bus}`, pMw, qMvar, ...shares });
  }
}

/** What MW and Mvar a shunt gives at 1 pu; a switched one stands as it is set in the file. */
function addShunts(reading: CaseReading, { records }: RawFile): void {
  const { draft } = reading;
  const add = (id: string, bus: number, pMw: number, bMvar: number): void => {
    if (pMw === 0 && bMvar === 0) return;
    draft.shunts.push({ id, name: id, bus: `bus${bus}`, pMw, qMvar: 0 - bMvar });
  };
  for (const record of records['fixed shunt']) {
    const bus = busOf(reading, record, 'fixed shunt');
    if (bus === undefined) continue;
    if (numberAt(record, 2, 'STATUS', 1) === 0) draft.leaveOut('fixed shunt', 'out of service');
    else {
      const [gMw, bMvar] = [numberAt(record, 3, 'GL', 0), numberAt(record, 4, 'BL', 0)];
      add(`shunt${bus} ${textAt(record, 1, '1')}`, bus, gMw, bMvar);
    }
  }
  for (const record of records['switched shunt']) {
    const bus = busOf(reading, record, 'switched shunt');
    if (bus === undefined) continue;
    if (numberAt(record, 3, 'STAT', 1) === 0) draft.leaveOut('switched shunt', 'out of service');
    else {
      draft.assume('switched shunt', 'stands at BINIT: nothing switches it');
      add(`switched shunt${bus}`, bus, 0, numberAt(record, 9, 'BINIT', 0));
    }
  }
}

function addLine(reading: CaseReading, record: RawRecord): void {
  // An older way to name the metered end: the other bus below 0.
  const from = numberAt(record, 0, 'I');
  const to = Math.abs(numberAt(record, 1, 'J'));
  const id = `branch${from}-${to} ${textAt(record, 2, '1')}`;
  const inService = numberAt(record, 13, 'ST', 1);
  addBranch(reading, id, [
    ...[from, to],
    numberAt(record, 3, 'R', 0),
    numberAt(record, 4, 'X'),
    numberAt(record, 5, 'B', 0),
    ...[numberAt(record, 6, 'RATEA', 0), 0, 0],
    ...[0, 0, inService],
  ]);
  if (inService === 0) return;
  for (const [bus, first] of [
    [from, 9],
    [to, 11],
  ] as const) {
    const [g, b] = [numberAt(record, first, 'G', 0), numberAt(record, first + 1, 'B', 0)];
    if (g === 0 && b === 0) continue;
    const shunt = `${id} line shunt at bus${bus}`;
    const [pMw, qMvar] = [g * reading.baseMva, 0 - b * reading.baseMva];
    reading.draft.shunts.push({ id: shunt, name: shunt, bus: `bus${bus}`, pMw, qMvar });
  }
}

/** Lines of a transformer of two windings, and of three. */
const TWO_WINDINGS = 4;
const THREE_WINDINGS = 5;

function addTransformers(reading: CaseReading, records: readonly RawRecord[]): void {
  for (let next = 0; next < records.length;) {
    const first = records[next]!;
    const isOfThree = numberAt(first, 2, 'K', 0) !== 0;
    const lines = records.slice(next, next + (isOfThree ? THREE_WINDINGS : TWO_WINDINGS));
    next += isOfThree ? THREE_WINDINGS : TWO_WINDINGS;
    if (lines.length < (isOfThree ? THREE_WINDINGS : TWO_WINDINGS)) {
      throw at(
        first,
        'the transformer has too few lines',
        'Give four of two windings, five of three',
      );
    }
    if (!isOfThree) addTransformer(reading, lines);
    else if (numberAt(first, 11, 'STAT', 1) === 0) {
      reading.draft.leaveOut('transformer of three windings', 'out of service');
    } else {
      reading.draft.lack({
        kind: 'three-winding-transformer',
        element: `line ${first.line}`,
        reason: 'transformers of three windings are not read',
        remedy: 'Give it as three transformers of two windings at a star point',
      });
    }
  }
}

function addTransformer(
  reading: CaseReading,
  [first, impedance, winding1, winding2]: readonly RawRecord[],
): void {
  const { baseMva, vnKv } = reading;
  const from = numberAt(first!, 0, 'I');
  const to = numberAt(first!, 1, 'J');
  const id = `transformer${from}-${to} ${textAt(first!, 3, '1')}`;
  const [fromKv, toKv] = [vnKv.get(from) ?? 1, vnKv.get(to) ?? 1];
  const cw = numberAt(first!, 4, 'CW', 1);
  const nominal1Kv = numberAt(winding1!, 1, 'NOMV1', 0) || fromKv;
  const nominal2Kv = numberAt(winding2!, 1, 'NOMV2', 0) || toKv;
  const tap1 = tapOf(first!, cw, numberAt(winding1!, 0, 'WINDV1', 1), nominal1Kv, fromKv);
  const tap2 = tapOf(first!, cw, numberAt(winding2!, 0, 'WINDV2', 1), nominal2Kv, toKv);
  const isOnBase = nominal1Kv === fromKv && nominal2Kv === toKv;
  const { rPu, xPu } = impedanceOf(first!, impedance!, baseMva, isOnBase);
  const inService = numberAt(first!, 11, 'STAT', 1);
  addBranch(reading, id, [
    ...[from, to],
    ...[rPu * tap2 ** 2, xPu * tap2 ** 2, 0],
    ...[numberAt(winding1!, 3, 'RATA1', 0), 0, 0],
    ...[tap1 / tap2, numberAt(winding1!, 2, 'ANG1', 0), inService],
  ]);
  if (inService !== 0) addMagnetisation(reading, first!, id, from);
}

/** Turns of a winding over those of its bus's nominal voltage. */
function tapOf(
  record: RawRecord,
  cw: number,
  turns: number,
  nominalKv: number,
  busKv: number,
): number {
  const tap = cw === 1 ? turns : cw === 2 ? turns / busKv : (turns * nominalKv) / busKv;
  if (![1, 2, 3].includes(cw)) throw at(record, `CW is ${cw}`, 'Give 1, 2 or 3');
  if (tap > 0) return tap;
  throw at(
    record,
    `a winding has ${turns} turns`,
    'Give its turns ratio, or its voltage where CW is 2',
  );
}

/** On the system's base. */
function impedanceOf(
  first: RawRecord,
  record: RawRecord,
  baseMva: number,
  isOnBase: boolean,
): { readonly rPu: number; readonly xPu: number } {
  const cz = numberAt(first, 5, 'CZ', 1);
  const [r, x] = [numberAt(record, 0, 'R1-2', 0), numberAt(record, 1, 'X1-2')];
  if (cz === 1) return { rPu: r, xPu: x };
  const ownMva = numberAt(record, 2, 'SBASE1-2', baseMva);
  if (![2, 3].includes(cz)) throw at(first, `CZ is ${cz}`, 'Give 1, 2 or 3');
  if (!isOnBase) {
    throw at(
      first,
      `CZ is ${cz}, and the windings are rated for other voltages than their buses`,
      'Give the impedance on the system base (CZ 1)',
    );
  }
  if (!(ownMva > 0)) throw at(record, `SBASE1-2 is ${ownMva}`, 'Give the rated power in MVA');
  // Of 3, load loss in W and the absolute value of the impedance.
  const rOwn = cz === 2 ? r : r / 1e6 / ownMva;
  const xOwn = cz === 2 ? x : Math.sqrt(Math.max(0, x ** 2 - rOwn ** 2));
  return { rPu: (rOwn * baseMva) / ownMva, xPu: (xOwn * baseMva) / ownMva };
}

/** At the bus of the first winding, as the file has it. */
function addMagnetisation(
  { baseMva, draft }: CaseReading,
  first: RawRecord,
  id: string,
  bus: number,
): void {
  const [one, other] = [numberAt(first, 7, 'MAG1', 0), numberAt(first, 8, 'MAG2', 0)];
  if (one === 0 && other === 0) return;
  if (numberAt(first, 6, 'CM', 1) !== 1) {
    throw at(first, 'CM is not 1', 'Give the magnetising admittance on the system base (CM 1)');
  }
  const shunt = `${id} iron`;
  const at1Pu = { pMw: one * baseMva, qMvar: 0 - other * baseMva };
  draft.shunts.push({ id: shunt, name: shunt, bus: `bus${bus}`, ...at1Pu });
}

function tellOfTheRest(draft: GridDraft, { records }: RawFile): void {
  for (const section of NEEDLESS) {
    const { length } = records[section];
    if (length > 0) draft.leaveOut(section, 'no part of a power flow', length);
  }
  for (const section of LACKING) {
    const [first] = records[section];
    if (!first) continue;
    draft.lack({
      kind: section.replaceAll(' ', '-'),
      element: `line ${first.line}`,
      reason: `${section} data are not read`,
      remedy: 'Give what they draw as loads',
    });
  }
}
