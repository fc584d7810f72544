/** Tables as a person sees them: every word is there and no line is too long. */
import fc from 'fast-check';
import { COLUMNS, euro, table } from './output';

const lengths = (text: string): number[] => text.split('\n').map((line) => line.length);

it('a table is as wide as its cells ask for', () => {
  expect(table([['PoDs', 3]]).split('\n')).toEqual([
    '┌──────┬───┐',
    '│ PoDs │ 3 │',
    '└──────┴───┘',
  ]);
});

it('long cells go on below, word by word, and the short ones keep their width', () => {
  const words =
    'settle a window of many PoDs and tell how long that takes on this machine, in seconds';
  const text = table([['flexledger bench', words]], ['command', 'what it does']);
  expect(Math.max(...lengths(text))).toBeLessThanOrEqual(COLUMNS);
  expect(text).toContain('│ flexledger bench │ settle a window');
  const told = text.split('\n').map((line) => line.split('│')[2]?.trim() ?? '');
  expect(told.join(' ')).toContain(words);
});

it('a word that no line has room for is there whole', () => {
  const pod = 'IT002E60000001';
  const cells = [pod, 'AGG1', 'a'.repeat(40), 'b'.repeat(40)];
  const [, ...lines] = table([cells]).split('\n');
  const told = cells.map((_, column) =>
    lines.map((line) => line.split('│')[column + 1]?.trim() ?? '').join(''),
  );
  expect(told).toEqual(cells);
});

it('no line is longer than the columns of a terminal, whatever stands in the cells', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 200 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '.')),
    fc.integer(),
  );
  const row = fc.integer({ min: 1, max: 8 }).chain((columns) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
      minLength: 1,
      maxLength: 5,
    }),
  );
  fc.assert(
    fc.property(row, (rows) => {
      const text = table(rows);
      expect(Math.max(...lengths(text))).toBeLessThanOrEqual(COLUMNS);
      expect(text).not.toContain('…');
    }),
  );
});

it('euro are exact', () => {
  expect([euro(1_324_786), euro(-5), euro(0)]).toEqual([
    '1.324786 EUR',
    '-0.000005 EUR',
    '0.000000 EUR',
  ]);
});
