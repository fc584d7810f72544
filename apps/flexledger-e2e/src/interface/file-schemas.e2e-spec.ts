/**
 * The schemas of files accept what the project ships and shows, and refuse what its parsers refuse: a sound
 * document is spoilt member by member, and schema and parser are asked of each.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCosts } from '@flexledger/aggregator-platform';
import {
  type RandomInstanceOptions,
  costsDecider,
  parseClearingInstance,
  randomClearingDocument,
} from '@flexledger/domain';
import {
  gridFileOf,
  parseMeasurements,
  parseNetwork,
  parseProfiles,
  parseWeatherJson,
  shippedGridNames,
} from '@flexledger/grid';
import { fileSchema, repositoryRoot, shippedRulePacks } from '@flexledger/service-kit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { parse as parseYaml } from 'yaml';

const read = (file: string): string => readFileSync(path.join(repositoryRoot(), file), 'utf8');

const ajv = new Ajv2020({ strictTypes: false });
const compiled = new Map<string, ValidateFunction>();

function schemaOf(name: string): ValidateFunction {
  if (!compiled.has(name)) compiled.set(name, ajv.compile(fileSchema(name)!));
  return compiled.get(name)!;
}

/** What a schema says against a document; empty when it accepts it. */
function objections(name: string, document: unknown): string {
  const valid = schemaOf(name);
  return valid(document) ? '' : ajv.errorsText(valid.errors);
}

/** The text between two fences of a page, after the line that begins it. */
function shown(page: string, opening: string): string {
  const [, after] = read(page).split(opening);
  return after!.split(/^(?:```|JSON|CSV)$/m)[0]!;
}

const problem = JSON.parse(shown('docs/file-formats.md', "cat > problem.json <<'JSON'\n"));
const network = JSON.parse(shown('libs/grid/README.md', '```json\n'));

const weather = {
  schema: 'flexledger-weather/1',
  source: 'forecast.example',
  hours: shown('docs/file-formats.md', "cat > weather.csv <<'CSV'\n")
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [time, ...values] = line.split(',');
      const [globalIrradianceWPerM2, temperatureC, windSpeedMPerS] = values.map(Number);
      return { time, globalIrradianceWPerM2, temperatureC, windSpeedMPerS };
    }),
};

const measurements = {
  schema: 'flexledger-measurements/1',
  note: 'control room',
  measurements: [
    { id: 'v', source: 'scada', kind: 'vmPu', bus: 'lv', value: 1.02, sigma: 0.003 },
    { id: 'i', kind: 'iKa', element: 'cable', side: 'from', value: 0.11, sigma: 0.0005 },
  ],
};

const profiles = {
  schema: 'reference-grid-profiles/1',
  grid: 'example',
  stepMinutes: 15,
  steps: 2,
  loadIds: ['shop'],
  generatorIds: ['pv'],
  busIds: ['lv', 'end'],
  lineIds: ['cable'],
  days: [
    {
      id: 'monday',
      externalGridVmPu: 1.01,
      loadPMw: [[0.01], [0.02]],
      loadQMvar: [[0], [0.001]],
      generatorPMw: [[0], [0.004]],
      generatorQMvar: [[0], [0]],
    },
  ],
};

const costs = {
  units: [
    {
      podId: 'IT002E60000001',
      marketMicroEurPerKwh: 60_000,
      weatherMicroEurPerKwh: 1,
      maintenanceMicroEurPerKwh: 2_000,
      operationMicroEurPerKwh: '500',
      strategyMicroEurPerKwh: -1_000,
      fixedMicroEurPerMtu: 10,
      feedInW: 1_500,
      limits: { responseMinutes: 1, startUpMinutes: 0, rampWPerMinute: null, energyWh: 4_000 },
    },
    { podId: 'IT002E60000002', marketMicroEurPerKwh: 60_000, energyWh: 4_000, limits: null },
  ],
};

/** Singles and blocks, scopes of both kinds, limits by MTU, caps. */
const problems = [1, 2, 3, 4, 5].map((seed): RandomInstanceOptions => ({
  seed,
  mtus: 4,
  pods: 5,
  requests: 4,
  offers: 9,
  scopes: seed % 2 === 0 ? 'nested' : 'overlapping',
  hasCaps: true,
  hardShare: 0.7,
  hasReactive: seed > 2,
  priceLevels: 4,
  hasMtuLimits: true,
}));

const block = {
  ...{ id: 'o3', pod: 'P1', pom: 'PS1', aggregator: 'A', product: 'P', direction: 'up' },
  ...{ kind: 'block', divisible: true, minQuantityW: 5, reliability: 700, quantityW: 500 },
  ...{ priceMicroEurPerKwh: 80_000, durationMtus: 2, window: [0, 1], energyLimitWh: 250 },
};

const wholeNetwork = {
  ...network,
  title: 'Example',
  buses: network.buses.map((bus: { id: string }) => ({ ...bus, name: `bus ${bus.id}` })),
  loads: [{ ...network.loads[0], profile: 'G1', type: 'shop' }],
  staticGenerators: [{ ...network.staticGenerators[0], type: 'PV' }],
  switches: [
    ...network.switches,
    { id: 'lvBreaker', kind: 'transformer', transformer: 't1', closed: true },
  ],
};

interface Format {
  readonly sound: unknown;
  readonly parse: (document: unknown) => unknown;
  /** Faults that only the parser sees: what an element refers to, or how two numbers go together. */
  readonly beyondSchema: readonly string[];
}

const FORMATS: Readonly<Record<string, Format>> = {
  'clearing-problem': {
    sound: {
      ...problem,
      podLimits: {
        P1: { upW: [1, 2], downW: 3, upVar: 4, downVar: [5, 6] },
        P2: problem.podLimits.P2,
      },
      requests: [
        { ...problem.requests[0], priceCapMicroEurPerKwh: 100_000 },
        { ...problem.requests[0], id: 'r2', requester: 'TSO', pods: null, pom: 'PS1' },
      ],
      offers: [...problem.offers, block],
    },
    parse: parseClearingInstance,
    beyondSchema: ['without podLimits.P1', 'without podLimits.P2'],
  },
  weather: { sound: weather, parse: parseWeatherJson, beyondSchema: [] },
  network: {
    sound: wholeNetwork,
    parse: parseNetwork,
    // The coupler between two buses is the way by which one of them is supplied.
    beyondSchema: ['without switches'],
  },
  measurements: { sound: measurements, parse: parseMeasurements, beyondSchema: [] },
  profiles: {
    sound: profiles,
    parse: (document) => parseProfiles(document, parseNetwork(network)),
    beyondSchema: [],
  },
  costs: {
    sound: costs,
    parse: (document) => {
      const units = parseCosts(JSON.stringify(document), 'json').map(({ unit }) => unit);
      const command = { kind: 'declareCosts', aggregatorId: 'AGG1', units } as const;
      return costsDecider.decide(command, costsDecider.initialState);
    },
    beyondSchema: [],
  },
};

type Path = readonly (string | number)[];

interface Fault {
  readonly name: string;
  readonly document: unknown;
}

/** Every object and value of a document, with its path. */
function* nodesOf(value: unknown, at: Path = []): Generator<{ at: Path; value: unknown }> {
  yield { at, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* nodesOf(member, [...at, key]);
}

/** A copy with one value replaced, or taken away where it is undefined. */
function changed(document: unknown, at: Path, value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const last = at.at(-1)!;
  let holder = copy as Record<string, unknown>;
  for (const key of at.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

const isList = (value: unknown): boolean => Array.isArray(value);

/** Each member away, each number a text, and in each object a member too many. */
function faultsOf(sound: unknown): Fault[] {
  return [...nodesOf(sound)].flatMap(({ at, value }): Fault[] => {
    const place = at.join('.');
    const holder = at.slice(0, -1).reduce<unknown>((all, key) => (all as never)[key], sound);
    const isMember = at.length > 0 && !isList(holder);
    const isObject = typeof value === 'object' && value !== null && !isList(value);
    return [
      ...(isMember ? [{ name: `without ${place}`, document: changed(sound, at, undefined) }] : []),
      ...(typeof value === 'number'
        ? [{ name: `text at ${place}`, document: changed(sound, at, 'some') }]
        : []),
      ...(isObject
        ? [
            {
              name: `more in ${place}`,
              document:
                at.length === 0
                  ? { ...(sound as object), unheardOf: 1 }
                  : changed(sound, [...at, 'unheardOf'], 1),
            },
          ]
        : []),
    ];
  });
}

/** Each value another of JSON's, and each number below its range; a schema may know less of these than the parser. */
function moreFaultsOf(sound: unknown): Fault[] {
  return [...nodesOf(sound)]
    .filter(({ at }) => at.length > 0)
    .flatMap(({ at, value }) =>
      [null, true, '', 0, -1, 0.5, 1e300, [], {}]
        .filter((other) => other !== value)
        .map((other) => ({
          name: `${JSON.stringify(other)} at ${at.join('.')}`,
          document: changed(sound, at, other),
        })),
    );
}

function isRefused(parse: Format['parse'], document: unknown): boolean {
  try {
    parse(document);
    return false;
  } catch (error) {
    expect((error as Error).name).toMatch(/DomainError|GridModelError|CostFileError/);
    return true;
  }
}

describe.each(Object.entries(FORMATS))('%s', (name, { sound, parse, beyondSchema }) => {
  it('a sound one is accepted by both', () => {
    expect(objections(name, sound)).toBe('');
    expect(() => parse(sound)).not.toThrow();
  });

  it('what is missing, no number or too much, both refuse or both take', () => {
    const faults = faultsOf(sound).map(({ name: fault, document }) => ({
      fault,
      bySchema: objections(name, document) !== '',
      byParser: isRefused(parse, document),
    }));
    expect(faults.filter(({ bySchema }) => bySchema).length).toBeGreaterThan(5);
    expect(faults.filter(({ bySchema, byParser }) => bySchema !== byParser)).toEqual(
      beyondSchema.map((fault) => ({ fault, bySchema: false, byParser: true })),
    );
  });

  it('the schema refuses nothing that the parser takes', () => {
    const wrongly = moreFaultsOf(sound).filter(
      ({ document }) => objections(name, document) !== '' && !isRefused(parse, document),
    );
    expect(wrongly.map(({ name: fault }) => fault)).toEqual([]);
  });
});

describe('the schemas accept', () => {
  it.each(shippedGridNames)('the network %s, as a file and as it is written', (name) => {
    const json: unknown = JSON.parse(read(`libs/grid/data/${name}.json`));
    expect(objections('network', json)).toBe('');
    expect(objections('network', gridFileOf(parseNetwork(json)))).toBe('');
  });

  it('a reference-grid/1 network with more than is read, but no further table', () => {
    const reference = { ...network, schema: 'reference-grid/1', expected: {}, tries: 3 };
    const line = { ...network.lines[0], length: 2 };
    expect(objections('network', { ...reference, lines: [line] })).toBe('');
    for (const document of [
      { ...reference, storages: [] },
      { ...reference, lines: [{ ...line, rOhm: -1, xOhm: -1 }] },
    ]) {
      expect(objections('network', document)).not.toBe('');
      expect(() => parseNetwork(document)).toThrow();
    }
  });

  it.each([
    ['both without impedance', { rOhm: 0, xOhm: 0 }, false],
    ['both without impedance, out of service', { rOhm: 0, xOhm: 0, inService: false }, true],
    ['both below 0', { rOhm: -1, xOhm: -1 }, true],
    ['one below 0', { rOhm: -1, xOhm: 1 }, false],
  ])('a line only as the parser does: %s', (_, impedance, isSound) => {
    const spare = { ...network.lines[0], id: 'spare', ...impedance };
    const document = { ...network, lines: [...network.lines, spare] };
    expect(objections('network', document) === '').toBe(isSound);
    expect(isRefused(parseNetwork, document)).toBe(!isSound);
  });

  it.each([
    ['in service', { vkPercent: 0, vkrPercent: 0 }, false],
    ['out of service', { vkPercent: 0, vkrPercent: 0, inService: false }, true],
    ['unrated', { unrated: true }, true],
    ['unrated in words', { unrated: 'yes' }, false],
  ])('a transformer only as the parser does: %s', (_, values, isSound) => {
    const spare = { ...network.transformers[0], id: 'spare', ...values };
    const document = { ...network, transformers: [...network.transformers, spare] };
    expect(objections('network', document) === '').toBe(isSound);
    expect(isRefused(parseNetwork, document)).toBe(!isSound);
  });

  it.each([
    ['whole', { leftOut: [{ what: 'svc', count: 1, reason: 'as asked' }], assumed: [] }, true],
    ['of one list', { leftOut: [] }, false],
    ['with more', { leftOut: [], assumed: [], tried: [] }, false],
    ['without a reason', { leftOut: [], assumed: [{ what: 'svc', count: 1 }] }, false],
  ])('remarks of an import only as the parser does: %s', (_, remarks, isSound) => {
    const document = { ...network, remarks };
    expect(objections('network', document) === '').toBe(isSound);
    expect(isRefused(parseNetwork, document)).toBe(!isSound);
  });

  it('the clearing problem of the page, and random ones of every kind', () => {
    expect(objections('clearing-problem', problem)).toBe('');
    for (const options of problems) {
      const document = JSON.parse(JSON.stringify(randomClearingDocument(options)));
      expect(objections('clearing-problem', document)).toBe('');
    }
  });

  it('costs as a list', () => expect(objections('costs', costs.units)).toBe(''));

  it.each([
    ['a limit twice', { energyWh: 1, limits: { energyWh: 1 } }],
    ['no PoD code', { podId: 'X' }],
    ['more than a kWh is worth', { feedInW: 1_000_000_001 }],
    ['a text that is no number', { feedInW: '1.5' }],
  ])('no costs with %s, like the import', (_, member) => {
    const document = [{ podId: 'IT002E60000001', ...member }];
    expect(objections('costs', document)).not.toBe('');
    expect(isRefused(FORMATS['costs']!.parse, document)).toBe(true);
  });

  it.each(shippedRulePacks())('the rule pack %s', (name) => {
    const pack: unknown = parseYaml(read(`libs/domain/rule-packs/${name}.yaml`));
    expect(objections('rule-pack', pack)).toBe('');
  });

  it('the configuration and the trust file of their pages', () => {
    const page = read('docs/reference/configuration.md');
    const settings: unknown = parseYaml(/```yaml\n([^]*?)```/.exec(page)![1]!);
    expect(objections('configuration', settings)).toBe('');
    expect(objections('configuration', { nothing: 1 })).not.toBe('');
    expect(objections('trust-file', {})).not.toBe('');
  });
});
