import { checkNetwork } from './check-network';
import { Fields } from './fields';
import { GridModelError } from './grid-model-error';
import type {
  Bus,
  ExternalGrid,
  ImportRemarks,
  Line,
  Load,
  Network,
  Remark,
  Shunt,
  StaticGenerator,
  Switch,
  Transformer,
} from './network';

const referenceSchema = 'reference-grid/1';
const ownSchema = 'flexledger-grid/1';

/**
 * Reads a network from the JSON of a `flexledger-grid/1` or `reference-grid/1` file (README.md
 * beside this project). A field that `flexledger-grid/1` does not know is refused; in
 * `reference-grid/1` it is informative and skipped, unless it is a table; and there every bus is
 * supplied.
 *
 * @throws GridModelError naming the first element that does not hold, the reason and the remedy.
 */
export function parseNetwork(json: unknown): Network {
  const file = Fields.of(json, 'grid file');
  const schema = file.oneOf('schema', [ownSchema, referenceSchema]);
  const rowsSeen: Fields[] = [file];
  const table = <T>(
    name: string,
    kind: string,
    row: (fields: Fields) => T,
    optional = false,
  ): T[] => {
    const rows = file.table(name, kind, optional);
    rowsSeen.push(...rows);
    return rows.map(row);
  };
  const externalGridFields = oneExternalGrid(file.value('externalGrid'));
  rowsSeen.push(externalGridFields);
  const network: Network = {
    name: file.text('name'),
    title: file.textOr('title', ''),
    source: file.textOr('source', ''),
    frequencyHz: file.positive('frequencyHz'),
    buses: table('buses', 'bus', bus),
    lines: table('lines', 'line', (row) => line(row, schema === ownSchema)),
    transformers: table('transformers', 'transformer', transformer),
    loads: table('loads', 'load', load),
    staticGenerators: table('staticGenerators', 'generator', staticGenerator),
    shunts: table('shunts', 'shunt', shunt, true),
    switches: table('switches', 'switch', switchRow, true),
    externalGrid: externalGrid(externalGridFields),
    pods: table('pods', 'PoD', (row) => ({ id: row.text('id'), bus: row.text('bus') }), true),
    ...importRemarks(file, rowsSeen),
  };
  if (schema === ownSchema) {
    for (const informative of ['note', 'licence', 'baseMVA']) file.value(informative);
    for (const row of rowsSeen) row.refuseUnknown();
  } else {
    // A table of elements that nobody reads, such as further slacks, would be missing unseen.
    file.refuseUnknown(Array.isArray);
  }
  checkNetwork(network, { everyBusSupplied: schema === referenceSchema });
  return network;
}

/**
 * The `flexledger-grid/1` file of a network, as plain data; `parseNetwork` reads it back unchanged.
 */
export function gridFileOf(network: Network): Network & { readonly schema: string } {
  return { schema: ownSchema, ...network };
}

/** What an import has written of itself, if it has. */
function importRemarks(file: Fields, rowsSeen: Fields[]): { readonly remarks?: ImportRemarks } {
  const json = file.value('remarks');
  if (json === undefined) return {};
  const fields = Fields.of(json, 'remarks');
  const list = (name: string): Remark[] => {
    const rows = fields.table(name, name);
    rowsSeen.push(...rows);
    return rows.map((row) => ({
      what: row.text('what'),
      count: row.integer('count'),
      reason: row.text('reason'),
    }));
  };
  const remarks = { leftOut: list('leftOut'), assumed: list('assumed') };
  rowsSeen.push(fields);
  return { remarks };
}

/** The name; the id where there is none. */
const nameOf = (row: Fields): string => row.textOr('name', row.text('id'));

function bus(row: Fields): Bus {
  const parsed = {
    id: row.text('id'),
    name: nameOf(row),
    vnKv: row.positive('vnKv'),
    vMinPu: row.positiveOrNull('vMinPu'),
    vMaxPu: row.positiveOrNull('vMaxPu'),
  };
  if (parsed.vMinPu !== null && parsed.vMaxPu !== null && parsed.vMinPu > parsed.vMaxPu) {
    row.refuse('vMinPu', `is ${parsed.vMinPu}, vMaxPu ${parsed.vMaxPu}`, 'Swap the two');
  }
  return parsed;
}

function line(row: Fields, mayBeEquivalent: boolean): Line {
  const parsed = {
    id: row.text('id'),
    name: nameOf(row),
    from: row.text('from'),
    to: row.text('to'),
    rOhm: row.number('rOhm'),
    xOhm: row.number('xOhm'),
    cNf: row.notNegative('cNf'),
    maxIKa: row.positiveOrNull('maxIKa'),
    inService: row.boolean('inService'),
  };
  // Both may be negative in the series element of an import's equivalent; one alone is a slip.
  if (parsed.rOhm < 0 && !(mayBeEquivalent && parsed.xOhm < 0)) row.notNegative('rOhm');
  if (parsed.inService && parsed.rOhm === 0 && parsed.xOhm === 0) {
    row.refuse('rOhm and xOhm', 'are 0', 'Give an impedance, or use a closed busToBus switch');
  }
  return parsed;
}

function transformer(row: Fields): Transformer {
  const inService = row.boolean('inService');
  const unrated = row.value('unrated') !== undefined && row.boolean('unrated');
  const parsed: Transformer = {
    id: row.text('id'),
    name: nameOf(row),
    hv: row.text('hv'),
    lv: row.text('lv'),
    snMva: row.positive('snMva'),
    ...(unrated ? { unrated } : {}),
    vnHvKv: row.positive('vnHvKv'),
    vnLvKv: row.positive('vnLvKv'),
    vkPercent: inService ? row.positive('vkPercent') : row.notNegative('vkPercent'),
    vkrPercent: row.notNegative('vkrPercent'),
    pfeKw: row.notNegative('pfeKw'),
    i0Percent: row.number('i0Percent'),
    tapPos: row.integer('tapPos'),
    tapNeutral: row.integer('tapNeutral'),
    tapMin: row.integerOrNull('tapMin'),
    tapMax: row.integerOrNull('tapMax'),
    tapStepPercent: row.number('tapStepPercent'),
    tapSide: row.oneOf('tapSide', ['hv', 'lv', null] as const),
    shiftDegree: row.number('shiftDegree'),
    inService,
  };
  if (parsed.vkrPercent > parsed.vkPercent) {
    row.refuse('vkrPercent', `is above vkPercent ${parsed.vkPercent}`, 'Check the two figures');
  }
  const { tapPos, tapMin, tapMax } = parsed;
  if ((tapMin !== null && tapPos < tapMin) || (tapMax !== null && tapPos > tapMax)) {
    row.refuse(
      'tapPos',
      `is ${tapPos}, outside ${tapMin} to ${tapMax}`,
      'Move the tap into its range',
    );
  }
  if (
    parsed.tapSide !== null &&
    1 + ((tapPos - parsed.tapNeutral) * parsed.tapStepPercent) / 100 <= 0
  ) {
    row.refuse('tapPos', 'leaves no voltage', 'Check tapPos, tapNeutral and tapStepPercent');
  }
  return parsed;
}

/** SimBench profile name and technology: informative, allowed in both formats. */
function skipProfileAndType(row: Fields): void {
  row.textOr('profile', '');
  row.textOr('type', '');
}

function load(row: Fields): Load {
  skipProfileAndType(row);
  const constantCurrentPercent = row.numberOr('constantCurrentPercent', 0);
  const constantImpedancePercent = row.numberOr('constantImpedancePercent', 0);
  if (
    constantCurrentPercent < 0 ||
    constantImpedancePercent < 0 ||
    constantCurrentPercent + constantImpedancePercent > 100
  ) {
    row.refuse(
      'constantCurrentPercent and constantImpedancePercent',
      `are ${constantCurrentPercent} and ${constantImpedancePercent}`,
      'Give shares of at least 0 that add up to at most 100',
    );
  }
  return {
    id: row.text('id'),
    name: nameOf(row),
    bus: row.text('bus'),
    pMw: row.number('pMw'),
    qMvar: row.number('qMvar'),
    constantCurrentPercent,
    constantImpedancePercent,
  };
}

function staticGenerator(row: Fields): StaticGenerator {
  row.textOr('profile', '');
  const type = row.textOr('type', '');
  const vmPu = row.numberOr('vmPu', null);
  if (vmPu !== null && vmPu <= 0) row.refuse('vmPu', `is ${vmPu}`, 'Give a voltage above 0');
  return {
    id: row.text('id'),
    name: nameOf(row),
    bus: row.text('bus'),
    pMw: row.number('pMw'),
    qMvar: row.number('qMvar'),
    vmPu,
    ...(type === '' ? {} : { type }),
  };
}

function shunt(row: Fields): Shunt {
  return {
    id: row.text('id'),
    name: nameOf(row),
    bus: row.text('bus'),
    pMw: row.number('pMw'),
    qMvar: row.number('qMvar'),
  };
}

function switchRow(row: Fields): Switch {
  const common = { id: row.text('id'), name: nameOf(row), closed: row.boolean('closed') };
  const kind = row.oneOf('kind', ['busToBus', 'line', 'transformer'] as const);
  switch (kind) {
    case 'busToBus':
      return { ...common, kind, from: row.text('from'), to: row.text('to') };
    case 'line':
      return { ...common, kind, line: row.text('line') };
    case 'transformer':
      return { ...common, kind, transformer: row.text('transformer') };
  }
}

/** The external grid's object; a list is what a file with several slack buses has. */
function oneExternalGrid(json: unknown): Fields {
  if (Array.isArray(json)) {
    const buses = json.map((entry: { bus?: unknown } | null) => String(entry?.bus)).join(', ');
    throw new GridModelError(
      `external grid at ${buses || 'no bus'}`,
      `${json.length} slack buses are given as a list`,
      'Give one object; join further buses to its bus by closed busToBus switches',
    );
  }
  return Fields.of(json, 'external grid');
}

function externalGrid(fields: Fields): ExternalGrid {
  return {
    bus: fields.text('bus'),
    vmPu: fields.positive('vmPu'),
    vaDegree: fields.number('vaDegree'),
  };
}
