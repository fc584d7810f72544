/** Three formats, one meaning; what is wrong is named with its place. */
import type { UnitCosts } from '@flexledger/domain';
import { CostFileError, type CostFormat, costFormatOf, parseCosts } from './parse-costs';

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
  expect(parseCosts(text, format)).toEqual([battery, heater]);
});

it.each<[string, CostFormat, string, string]>([
  ['no unit', 'csv', 'podId\n', 'names no unit'],
  ['a member of another name', 'csv', 'podId,cost\nX,1\n', 'line 2: "cost" is none of podId'],
  ['no whole number', 'csv', 'podId,feedInW\nX,1.5\n', 'line 2: feedInW of X is no whole number'],
  ['an open quote', 'csv', 'podId\n"X\n', 'quote'],
  ['no JSON', 'json', '{', 'is not JSON'],
  ['no list', 'json', '{"units":{}}', 'holds no list'],
  ['a unit that is none', 'json', '[1]', 'unit 1 is no object'],
  ['a unit without a PoD', 'json', '[{}]', 'unit 1 names no podId'],
  ['no XML', 'xml', '<units>', 'is not XML'],
  ['another root', 'xml', '<costs/>', 'no root element units'],
])('%s is refused', (_, format, text, reason) => {
  const parse = () => parseCosts(text, format);
  expect(parse).toThrow(CostFileError);
  expect(parse).toThrow(reason);
});

it('knows a format by the end of a name or address', () => {
  expect(costFormatOf('/a/b.CSV')).toBe('csv');
  expect(costFormatOf('https://x.example/costs.xml?day=1')).toBe('xml');
  expect(() => costFormatOf('costs.txt')).toThrow('say which it is');
});
