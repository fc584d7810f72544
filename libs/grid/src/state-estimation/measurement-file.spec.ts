/** What a measurement file says is read as it stands; what it should not say is refused by name. */
import { parseMeasurements } from './measurement-file';

const file = (...measurements: unknown[]): object => ({
  schema: 'flexledger-measurements/1',
  measurements,
});
const voltage = { id: 'v', kind: 'vmPu', bus: 'b', value: 1, sigma: 0.01 };
const current = { id: 'i', kind: 'iKa', element: 'l', side: 'to', value: 0.1, sigma: 0.001 };

it('reads measurements of control room, meters and phasor units together', () => {
  const phasor = { ...current, source: 'pmu' };
  const energy = { ...voltage, id: 'p', source: 'amr', kind: 'pInjectionMw', value: -0.004 };
  expect(parseMeasurements(file(voltage, phasor, energy))).toEqual([
    { ...voltage, source: 'scada' },
    phasor,
    energy,
  ]);
});

it.each<[string, unknown, string]>([
  ['another schema', { ...file(), schema: 'x' }, 'measurement file: schema is "x"'],
  ['no list', { ...file(), measurements: {} }, 'measurement file: measurements is not a list'],
  ['no object', file(1), 'measurements[0]: 1 is not an object'],
  ['no id', file({ ...voltage, id: undefined }), 'measurements[0]: id is missing'],
  ['another kind', file({ ...voltage, kind: 'vm' }), 'measurement "v": kind is "vm". Give one of'],
  ['no bus', file({ ...voltage, bus: undefined }), 'measurement "v": bus is missing'],
  ['no element', file({ ...current, element: 3 }), 'measurement "i": element is 3'],
  ['a side that is none', file({ ...current, side: 'hv' }), 'measurement "i": side is "hv"'],
  ['a source that is none', file({ ...voltage, source: 'x' }), 'measurement "v": source is "x"'],
  ['text for a number', file({ ...voltage, value: '1' }), 'measurement "v": value is "1"'],
  ['a sigma of 0', file({ ...voltage, sigma: 0 }), 'measurement "v": sigma is 0'],
  ['a bus beside an element', file(voltage, { ...current, bus: 'b' }), '"i": bus is not a field'],
  ['a misspelt field', file({ ...voltage, weigth: 2 }), 'measurement "v": weigth is not a field'],
])('refuses %s', (_, json, message) => {
  expect(() => parseMeasurements(json)).toThrow(message);
});
