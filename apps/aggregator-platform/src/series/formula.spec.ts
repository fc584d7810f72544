/** Formulas over series: read, refused at the place that is wrong, held to their units, and worked out. */
import { formOf, type Series, valuesOf } from './evaluate';
import { FormulaError, canName, parseFormula, seriesIn } from './formula';
import { type Variable, unitText } from './variables';

const SERIES: Readonly<Record<string, Series>> = {
  'roofs.baseline': [2, 4, null],
  'roofs.measured': [1, 5, 3],
  'north.settled': [0, 0.5, 0.25],
};
const seriesOf = (of: string, variable: Variable): Series => SERIES[`${of}.${variable}`]!;
const worked = (text: string): unknown => valuesOf(parseFormula(text), seriesOf);
const unitOf = (text: string): string => unitText(formOf(parseFormula(text)).unit);
const faultOf = (text: string): [at: number, reason: string] => {
  try {
    formOf(parseFormula(text));
    return [-1, 'none'];
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    return [error.at, error.reason];
  }
};

it.each<[string, unknown, string]>([
  ['roofs.baseline - roofs.measured', [1, -1, null], 'kW'],
  ['2 * (roofs.measured + 0.5 * kW)', [3, 11, 7], 'kW'],
  ['-roofs.measured / roofs.baseline', [-0.5, -1.25, null], '1'],
  ['abs(-roofs.measured)', [1, 5, 3], 'kW'],
  ['max(roofs.baseline, roofs.measured)', [2, 5, null], 'kW'],
  ['sum(roofs.measured, roofs.measured, 1 * kW)', [3, 11, 7], 'kW'],
  ['mean(roofs.measured)', 3, 'kW'],
  ['mean(roofs.baseline)', 3, 'kW'],
  ['min(roofs.measured)', 1, 'kW'],
  ['sum(energy(roofs.measured))', 2.25, 'kWh'],
  ['sum(north.settled) / sum(energy(roofs.measured))', 0.75 / 2.25, 'EUR/kWh'],
  ['north.settled / (roofs.measured - roofs.measured)', [null, null, null], 'EUR/kW'],
  ['roofs.measured * roofs.measured', [1, 25, 9], 'kW^2'],
  ['1 - 2 - 3', -4, '1'],
  ['1 + 2 * 3', 7, '1'],
])('%s is %j %s', (text, values, unit) => {
  expect(worked(text)).toEqual(values);
  expect(unitOf(text)).toBe(unit);
});

it.each<[string, number, RegExp]>([
  ['', 0, /empty/],
  ['roofs.baseline +', 16, /ends where something is still expected/],
  ['(roofs.baseline', 15, /ends where/],
  ['roofs.baseline ) 1', 15, /"\)" is not expected/],
  ['1 + * 2', 4, /"\*" is not expected/],
  ['roofs', 0, /"roofs" is no series/],
  ['1 * roofs.power', 10, /"power" is no variable; there are baseline,/],
  ['roofs.baseline + 5', 17, /kW and a bare number cannot be put together/],
  ['roofs.measured - north.settled', 17, /kW and EUR cannot/],
  ['min(roofs.measured, north.settled)', 20, /kW and EUR cannot/],
  ['2 * sum(roofs.measured)', 4, /do not add up to anything/],
  ['energy(north.settled)', 7, /of a power in kW, not of EUR/],
  ['abs(roofs.measured, 1)', 20, /takes one argument/],
  ['mean(3)', 5, /give it a series/],
  ['mean()', 0, /is given nothing/],
  ['median(roofs.measured)', 0, /"median" is no function/],
  ['kW * kW * kW * kW', 0, /is no unit of anything/],
])('refuses %j at %i', (text, at, reason) => {
  expect(faultOf(text)).toEqual([at, expect.stringMatching(reason)]);
});

it.each([
  'process.exit(1)',
  'roofs["constructor"]',
  'roofs.baseline.constructor',
  'a => a',
  '(function () {})()',
  'x = 1',
  '1n',
  '"text"',
  '`text`',
  'new Date()',
  'import("fs")',
  'sum(...roofs)',
  'roofs?.baseline',
  '2 ** 8',
  '1 < 2',
  'this',
  '1, 2',
  '1e999',
  'true ? 1 : 2',
])('takes nothing of the language that it borrows its grammar from: %s', (text) => {
  expect(faultOf(text)[1]).not.toBe('none');
});

it('has an end, and holds as many parentheses as fit', () => {
  expect(faultOf('1'.repeat(501))).toEqual([500, expect.stringMatching(/500 characters/)]);
  expect(worked(`${'('.repeat(249)}1${')'.repeat(249)}`)).toBe(1);
});

it('names the series that it needs', () => {
  const formula = parseFormula('max(roofs.baseline, -north.measured) / (2 * kW)');
  const named = seriesIn(formula).map(({ of, variable }) => `${of}.${variable}`);
  expect(named).toEqual(['roofs.baseline', 'north.measured']);
});

it('can name what is no word of the language that it borrows its grammar from', () => {
  const words = ['class', 'new', 'this', 'null', 'true', 'default', 'await', 'roofs', 'sum', 'kW'];
  expect(words.filter(canName)).toEqual(['await', 'roofs', 'sum', 'kW']);
});
