/** Records of CSV, each with its line. */
import { csvRecords } from './csv-records';

it.each([
  ['commas', 'a,b\n1,2\n'],
  ['semicolons', 'a;b\n1;2\n'],
  ['lines of Windows and no last line break', 'a,b\r\n1,2'],
  ['a byte order mark', '\ufeffa,b\n1,2\n'],
  ['spaces and quotes', 'a , b\n"1", "2"\n'],
])('reads fields parted by or with %s', (_, text) => {
  expect(csvRecords(text)).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 2, fields: ['1', '2'] },
  ]);
});

it('leaves empty lines out and counts them', () => {
  expect(csvRecords('a,b\n\n\n1,2\n').map(({ line }) => line)).toEqual([1, 4]);
});

it('keeps a comma, a quote and a line break within quotes', () => {
  expect(csvRecords('a,b\n"1,5","say ""no""\nmore"\n3,4\n')).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 3, fields: ['1,5', 'say "no"\nmore'] },
    { line: 4, fields: ['3', '4'] },
  ]);
});

it('takes records with too few and too many fields as they are', () => {
  expect(csvRecords('a,b\n1\n1,2,3\n').map(({ fields }) => fields.length)).toEqual([2, 1, 3]);
});

it('has none in an empty text', () => {
  expect(csvRecords('')).toEqual([]);
});

it.each([
  ['within a field', 'a,b\n1,2\n3,x"y\n'],
  ['that is not closed', 'a,b\n1,2\n"3,4\n'],
])('names the line of a quote %s', (_, text) => {
  expect(() => csvRecords(text)).toThrow(/^Line [34] has a quote where none may stand/);
});
