/** A body of lines -> its rows, or what is wrong with it and where. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { linesOf } from './json-lines';

async function rowsOf(body: string, mostRows = 10, chunkBytes = 7): Promise<unknown[]> {
  const bytes = Buffer.from(body);
  const chunks = function* () {
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      yield bytes.subarray(from, from + chunkBytes);
    }
  };
  const rows: unknown[] = [];
  for await (const row of linesOf(Readable.from(chunks()), mostRows)) rows.push(row);
  return rows;
}

it.each([
  ['with an end of the last line', '{"a":1}\n{"b":"è"}\n'],
  ['without one', '{"a":1}\n{"b":"è"}'],
  ['with empty lines and returns', '\r\n{"a":1}\r\n\n{"b":"è"}\r\n'],
])('are rows, however they are cut: %s', async (_, body) => {
  expect(await rowsOf(body)).toEqual([{ a: 1 }, { b: 'è' }]);
});

it('are as many as are asked for, far beyond what a text may be', async () => {
  const row = { index: 1, permittedW: new Array<number>(96).fill(1_000) };
  const body = `${JSON.stringify(row)}\n`.repeat(8_000);
  expect(body.length).toBeGreaterThan(2 * 1_024 * 1_024);
  expect(await rowsOf(body, 8_000, 65_536)).toHaveLength(8_000);
});

it.each([
  ['a line that is no JSON', '{"a":1}\n{"a":', 'Line 2 of the body is no JSON'],
  ['a text that cannot be kept', '"\\u0000"', 'Line 1: The text'],
  ['a line without end', `["${'x'.repeat(70_000)}`, 'Line 1 of the body has more than 65536 bytes'],
  ['too many rows', '1\n'.repeat(11), 'more than 10 rows'],
  ['rows that are all long', `"${'x'.repeat(60_000)}"\n`.repeat(10), 'longer than 10 rows can be'],
  ['lines that are all empty', '\n'.repeat(200_000), 'longer than 10 rows can be'],
])('%s is refused', async (_, body, reason) => {
  await expect(rowsOf(body, 10, 1_000)).rejects.toThrow(reason);
});

it('is read off where it was refused before its end, so that its connection is free', async () => {
  const body = Readable.from(Array.from({ length: 100 }, () => Buffer.from('1\n'.repeat(1_000))));
  const ended = once(body, 'end');
  await expect(linesOf(body, 0).next()).rejects.toThrow('more than 0 rows');
  await ended;
});
