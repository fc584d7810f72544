/** Long messages are read beside the process, which answers others meanwhile; what is read is the same. */
import { SHORT_MESSAGE_BYTES } from '@flexledger/service-kit';
import { work } from './message-thread';
import { readMessage } from './read-message';

const AT = '2026-03-16T08:30:00Z';
const PLACES = { buses: [{ id: 'mv', vnKv: 20 }], lines: [], transformers: [] };
const network = () => Promise.resolve(PLACES);

const cimOf = (count: number, inside: (index: number) => string): Buffer =>
  Buffer.from(
    '<rdf:RDF xmlns:rdf="r" xmlns:cim="c">' +
      '<cim:Analog rdf:ID="_a"><cim:IdentifiedObject.name>mv</cim:IdentifiedObject.name>' +
      '<cim:Measurement.measurementType>Voltage</cim:Measurement.measurementType>' +
      '<cim:Measurement.unitMultiplier rdf:resource="c#UnitMultiplier.k"/>' +
      '<cim:Measurement.PowerSystemResource rdf:resource="#mv"/></cim:Analog>' +
      Array.from({ length: count }, (_, index) => inside(index)).join('') +
      '</rdf:RDF>',
  );
const value = (index: number): string =>
  `<cim:AnalogValue rdf:ID="_v${index}"><cim:AnalogValue.value>20.${index}</cim:AnalogValue.value>` +
  `<cim:MeasurementValue.timeStamp>${AT}</cim:MeasurementValue.timeStamp>` +
  '<cim:AnalogValue.Analog rdf:resource="#_a"/></cim:AnalogValue>';

/** The longest that nothing else had its turn while something was waited for. */
async function longestHoldUpMs(waited: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const turning = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await waited;
  clearInterval(turning);
  return Math.max(longest, performance.now() - last);
}

it('a long one says the same as in the process', async () => {
  const payload = cimOf(400, value);
  expect(payload.length).toBeGreaterThan(SHORT_MESSAGE_BYTES);
  const apart = await readMessage('scada', payload, network);
  expect(apart).toHaveLength(400);
  expect(apart).toEqual(work({ kind: 'scada', bytes: payload, places: PLACES }));
});

it.each<[string, Buffer, string]>([
  ['CIM', cimOf(30_000, (index) => `<cim:A rdf:ID="${index}"/>`), 'it holds no AnalogValue'],
  ['XML', Buffer.from(`<scada>${'<a/>'.repeat(100_000)}</scada>`), 'instant'],
])('%s of tiny elements is refused, and holds nobody up', async (_, payload, reason) => {
  const inProcess = performance.now();
  expect(() => work({ kind: 'scada', bytes: payload, places: PLACES })).toThrow(reason);
  const heldUpMs = performance.now() - inProcess;
  const refused = expect(readMessage('scada', payload, network)).rejects.toThrow(reason);
  expect(await longestHoldUpMs(refused)).toBeLessThan(heldUpMs / 2);
});
