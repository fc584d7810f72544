/** Three formats, one meaning; what is wrong is named with its place. */
import { hostname } from 'node:os';
import type { UnitCosts } from '@flexledger/domain';
import { CostFileError, type CostFormat, costFormatOf, parseCosts } from './parse-costs';
import { COST_UNITS_MAX } from './plant-costs';

const battery: UnitCosts = {
  podId: 'IT002E60000001',
  marketMicroEurPerKwh: 60_000,
  weatherMicroEurPerKwh: 0,
  maintenanceMicroEurPerKwh: 2_000,
  operationMicroEurPerKwh: 0,
  strategyMicroEurPerKwh: -1_000,
  fixedMicroEurPerMtu: 10,
  feedInW: 1_500,
  limits: { responseMinutes: 1, startUpMinutes: 0, rampWPerMinute: null, energyWh: 4_000 },
};
const heater: UnitCosts = {
  ...battery,
  podId: 'IT002E60000002',
  maintenanceMicroEurPerKwh: 0,
  strategyMicroEurPerKwh: 0,
  fixedMicroEurPerMtu: 0,
  feedInW: 0,
  limits: null,
};

const files: Record<CostFormat, string> = {
  csv:
    'podId;marketMicroEurPerKwh;maintenanceMicroEurPerKwh;strategyMicroEurPerKwh;' +
    'fixedMicroEurPerMtu;feedInW;responseMinutes;energyWh\n' +
    'IT002E60000001;60000;2000;-1000;10;1500;1;4000\n' +
    'IT002E60000002;60000;;;;;;\n',
  json: JSON.stringify({
    units: [battery, { podId: heater.podId, marketMicroEurPerKwh: 60_000, limits: null }],
  }),
  xml: `<?xml version="1.0"?><units>
    <unit podId="IT002E60000001" marketMicroEurPerKwh="60000" feedInW="1500">
      <maintenanceMicroEurPerKwh>2000</maintenanceMicroEurPerKwh>
      <strategyMicroEurPerKwh>-1000</strategyMicroEurPerKwh>
      <fixedMicroEurPerMtu>10</fixedMicroEurPerMtu>
      <responseMinutes>1</responseMinutes><energyWh>4000</energyWh>
    </unit>
    <unit podId="IT002E60000002" marketMicroEurPerKwh="60000"/>
  </units>`,
};

it.each(Object.entries(files) as [CostFormat, string][])('%s is read', (format, text) => {
  expect(parseCosts(text, format).map(({ unit }) => unit)).toEqual([battery, heater]);
});

it('what reactive power costs is absent unless it is given, as 0 too', () => {
  const text = 'podId,reactiveMicroEurPerKvarh\nIT002E60000001,0\nIT002E60000002,\n';
  const units = parseCosts(text, 'csv').map(({ unit }) => unit);
  expect(units.map((unit) => unit.reactiveMicroEurPerKvarh)).toEqual([0, undefined]);
});

it.each<[string, CostFormat, string, string]>([
  ['no unit', 'csv', 'podId\n', 'the file: it names no unit'],
  ['a member of another name', 'csv', 'podId,cost\nX,1\n', 'line 1: "cost" is none of podId'],
  ['no whole number', 'csv', 'podId,feedInW\nX,1.5\n', 'line 2: feedInW is no whole number: "1.5"'],
  ['a number of another base', 'csv', 'podId,feedInW\nX,0x10\n', 'line 2: feedInW is no whole'],
  ['a field too much', 'csv', 'podId\nX,1\n', 'line 2: has 2 fields where line 1 names 1'],
  ['a line cut off', 'csv', 'podId,feedInW\nX\n', 'line 2: has 1 fields where line 1 names 2'],
  ['a column twice', 'csv', 'podId,feedInW,feedInW\nX,1,2\n', 'line 1: the column "feedInW" comes'],
  ['an open quote', 'csv', 'podId\n"X\n', 'quote'],
  ['no JSON', 'json', '{', 'is not JSON'],
  ['no list', 'json', '{"units":{}}', 'holds no list'],
  ['nothing', 'json', 'null', 'holds no list'],
  ['more than units', 'json', '{"units":[{"podId":"X"}],"margin":5}', 'holds "margin" beside'],
  ['a unit that is none', 'json', '[1]', 'unit 1: is no object'],
  ['a unit without a PoD', 'json', '[{}]', 'unit 1: names no podId'],
  [
    'a number that is true',
    'json',
    '[{"podId":"X","feedInW":true}]',
    'unit 1: feedInW is no whole',
  ],
  ['limits that are none', 'json', '[{"podId":"X","limits":7}]', 'unit 1: limits is no object'],
  [
    'a limit that is none',
    'json',
    '[{"podId":"X","limits":{"feedInW":7}}]',
    'unit 1: "feedInW" is no limit',
  ],
  [
    'a limit twice',
    'json',
    '[{"podId":"X","energyWh":1,"limits":{"energyWh":2}}]',
    'unit 1: energyWh comes twice',
  ],
  ['no XML', 'xml', '<units>', 'is not XML'],
  ['another root', 'xml', '<costs/>', 'no root element units'],
  ['a second root', 'xml', '<units><unit podId="X"/></units><more/>', 'holds "more" beside'],
  ['more than units', 'xml', '<units><unit podId="X"/><plant/></units>', 'holds "plant" beside'],
  ['a text', 'xml', '<units><unit podId="X"/>and more</units>', 'holds a text beside'],
  [
    'a member twice',
    'xml',
    '<units>\n<unit podId="X"><feedInW>1</feedInW><feedInW>2</feedInW></unit></units>',
    'line 2: feedInW is no whole number: ["1","2"]',
  ],
  ['an empty unit', 'xml', '<units><unit podId="X"/><unit/></units>', 'unit 2: is no object'],
])('%s is refused', (_, format, text, reason) => {
  const parse = () => parseCosts(text, format);
  expect(parse).toThrow(CostFileError);
  expect(parse).toThrow(reason);
});

it('is taken whole or not at all, and each line at fault is named', () => {
  const lines = ['podId,feedInW', 'A,1', 'B,x', ',3', 'D,4', 'E,5,6', ''];
  let error: unknown;
  try {
    parseCosts(lines.join('\n'), 'csv');
  } catch (thrown) {
    error = thrown;
  }
  expect((error as CostFileError).faults).toEqual([
    { at: 'line 3', reason: 'feedInW is no whole number: "x"' },
    { at: 'line 4', reason: 'names no podId' },
    { at: 'line 6', reason: 'has 3 fields where line 1 names 2' },
  ]);
  expect((error as CostFileError).message).toBe(
    'The costs cannot be imported: line 3: feedInW is no whole number: "x"; line 4: names no podId; ' +
      'line 6: has 3 fields where line 1 names 2. Nothing has been declared.',
  );
});

it('has the bound of units that the other ways have', () => {
  const text = (units: number) => `podId\n${'X\n'.repeat(units)}`;
  expect(parseCosts(text(COST_UNITS_MAX), 'csv')).toHaveLength(COST_UNITS_MAX);
  expect(() => parseCosts(text(COST_UNITS_MAX + 1), 'csv')).toThrow(
    'it names 5001 units; give at most 5000 at once',
  );
});

it('knows a format by the end of a name or address', () => {
  expect(costFormatOf('/a/b.CSV')).toBe('csv');
  expect(costFormatOf('https://x.example/costs.xml?day=1')).toBe('xml');
  expect(() => costFormatOf('costs.txt')).toThrow('say which it is');
});

describe('entities of XML', () => {
  const withEntities = (entities: string, podId: string): string =>
    `<!DOCTYPE units [${entities}]>\n<units><unit podId="${podId}"/></units>`;
  /** What a file comes to, or why it is refused. */
  const readAs = (text: string): string => {
    try {
      return JSON.stringify(parseCosts(text, 'xml'));
    } catch (error) {
      if (!(error instanceof CostFileError)) throw error;
      return error.message;
    }
  };

  it('are not looked up on this machine', () => {
    const read = readAs(withEntities('<!ENTITY host SYSTEM "file:///etc/hostname">', '&host;'));
    expect(read).not.toContain(hostname());
  });

  it('do not make a small file a large one', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? '<!ENTITY l0 "xxxxxxxxxx">'
        : `<!ENTITY l${level} "${`&l${level - 1};`.repeat(10)}">`,
    );
    expect(readAs(withEntities(levels.join(''), '&l11;')).length).toBeLessThan(2_000);
  });
});
