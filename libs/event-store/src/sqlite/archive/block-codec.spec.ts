import fc from 'fast-check';
import { canonicalJson, eventHash, uuidFrom } from '@flexledger/identity';
import { rowChecksum, type StoredRow } from '../log-format';
import { readBlock, writeBlock } from './block-codec';
import { ByteReader, ByteWriter } from './bytes';
import { putTogether, takeApart } from './json-shape';
import { expectationsOf, readNumbers, writeNumbers } from './number-columns';

const wholeNumbers = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });

describe('JSON taken apart', () => {
  it('is the same text when it is put together, whatever it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { shape, values } = takeApart(text);
        expect(putTogether(shape, (index) => values[index]!)).toBe(text);
      }),
    );
  });

  it('has its names in the shape and all else in its values', () => {
    const { shape, values } = takeApart('{"a:1":"x\\"\\u00e9","b":[-1.5e3,true,{"c":"1"}]}');
    expect(values).toEqual(['"x\\"\\u00e9"', '-1.5e3', 'true', '1']);
    expect(shape.isText).toEqual([false, false, false, true]);
    expect(shape.pieces).toEqual(['{"a:1":', ',"b":[', ',', ',{"c":', '}]}']);
  });
});

it('columns of numbers come back, whatever they are expected from', () => {
  const rows = fc.integer({ min: 1, max: 30 });
  const columns = rows.chain((length) =>
    fc.array(fc.array(wholeNumbers, { minLength: length, maxLength: length }), {
      minLength: 1,
      maxLength: 6,
    }),
  );
  fc.assert(
    fc.property(columns, (given) => {
      // A counter of the first, so that one column leans on another.
      let total = 0;
      const all = [...given, given[0]!.map((value) => (total += value % 1_000))];
      const expectations = expectationsOf(all);
      const writer = new ByteWriter();
      writeNumbers(writer, all, expectations);
      const read = readNumbers(new ByteReader(writer.taken()), all[0]!.length, expectations);
      expect(read.map((column) => [...column])).toEqual(
        all.map((column) => column.map((it) => it + 0)),
      );
    }),
  );
});

describe('a block', () => {
  const instant = fc
    .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter((it) => !/[\ud800-\udfff]/.test(it)),
    instant,
    fc.uuid(),
    fc.constantFrom('0a1b2c3d4e5f6071', '00ff00ff00ff00ff', '12', '-7', '007', '1e5', ''),
  );
  const data = fc.oneof(
    fc.dictionary(text, fc.jsonValue()).map((value) => value as object),
    fc.record({
      podId: text,
      sequence: fc.nat(),
      signed: fc.string(),
      at: instant,
      power: fc.double({ noNaN: true, noDefaultInfinity: true }),
    }),
    fc.record({ podId: text, total: wholeNumbers }),
  );
  const row = fc
    .record({
      id: fc.uuid(),
      streamId: text,
      revision: fc.nat(),
      type: text,
      schemaVersion: fc.nat({ max: 3 }),
      occurredAt: instant,
      recordedAt: instant,
      correlationId: text,
      causationId: fc.oneof(text, fc.uuid()),
      actor: text,
      data: data.map((value) => canonicalJson(value)),
    })
    .map((given): StoredRow => {
      const hash = eventHash({ ...given, dataJson: given.data });
      const position = given.revision;
      const { recordedAt } = given;
      return { ...given, position, hash, checksum: rowChecksum({ position, recordedAt, hash }) };
    });

  it('gives back every row, byte by byte, whatever the events hold', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        const block = readBlock(writeBlock(rows));
        expect(block.rows).toBe(rows.length);
        rows.forEach((given, at) => {
          expect(block.rowAt(at, given.position)).toEqual(given);
          expect(block.typeAt(at)).toBe(given.type);
        });
      }),
    );
  });

  it('is refused when it is cut', () => {
    const [one] = fc.sample(row, { numRuns: 1, seed: 1 });
    const bytes = writeBlock([{ ...one!, id: uuidFrom('one') }]);
    expect(() => readBlock(bytes.subarray(0, bytes.length - 1))).toThrow();
    expect(() => readBlock(bytes.subarray(0, 5))).toThrow();
  });
});
