import { GridModelError } from '../model/grid-model-error';
import {
  combine,
  constantNamed,
  functionNamed,
  scalar,
  scalarOf,
  stack,
  type Matrix,
} from './matlab-matrix';
import type { Token } from './matlab-tokens';

/** What a variable holds; a cell array of texts (bus names) is a list. */
export type MatlabValue = Matrix | string | readonly string[];

/** Where the reading of a script stands, and what its variables hold so far. */
export interface Script {
  readonly tokens: readonly Token[];
  at: number;
  readonly variables: Map<string, MatlabValue>;
}

const end: Token = { kind: 'newline', text: '\n', line: 0, spaceBefore: false };
export const peek = (script: Script, ahead = 0): Token => script.tokens[script.at + ahead] ?? end;
export const next = (script: Script): Token => script.tokens[script.at++] ?? end;
export const isSymbol = ({ kind, text }: Token, symbol: string): boolean =>
  kind === 'symbol' && text === symbol;

export function refuse(script: Script, reason: string, remedy: string): never {
  const line = peek(script).line || script.tokens.at(-1)?.line || 1;
  throw new GridModelError(`line ${line}`, reason, remedy);
}

export function expect(script: Script, symbol: string): void {
  if (isSymbol(peek(script), symbol)) script.at++;
  else
    refuse(script, `"${peek(script).text.trim()}" stands where "${symbol}" should`, 'Correct it');
}

export const isMatrix = (value: MatlabValue): value is Matrix =>
  typeof value !== 'string' && typeof value[0] !== 'string';

/**
 * Evaluates an expression: numbers, variables and their parts, matrices, `+ - * / ^` and the
 * functions of `matlab-matrix.ts`.
 *
 * @param inBrackets whether white space ends the expression, as it does between matrix elements.
 * @throws GridModelError naming the line of what is not understood.
 */
export function expression(script: Script, inBrackets = false): Matrix {
  return sum(script, inBrackets);
}

/** An operator of the level at hand; inside brackets `[1 -2]` are two elements, `[1 - 2]` one. */
function takeOperator(
  script: Script,
  operators: readonly string[],
  inBrackets: boolean,
): string | undefined {
  const token = peek(script);
  if (token.kind !== 'symbol' || !operators.includes(token.text)) return undefined;
  if (inBrackets && token.spaceBefore && !peek(script, 1).spaceBefore) return undefined;
  script.at++;
  return token.text;
}

function apply(script: Script, operator: string, a: Matrix, b: Matrix): Matrix {
  return (
    combine(operator, a, b) ??
    refuse(
      script,
      `"${operator}" joins matrices in a way that is not understood`,
      'Write numbers out, or use the element-by-element operator',
    )
  );
}

function sum(script: Script, inBrackets: boolean): Matrix {
  let value = product(script, inBrackets);
  for (;;) {
    const operator = takeOperator(script, ['+', '-'], inBrackets);
    if (operator === undefined) return value;
    value = apply(script, operator, value, product(script, inBrackets));
  }
}

function product(script: Script, inBrackets: boolean): Matrix {
  let value = signed(script, inBrackets);
  for (;;) {
    const operator = takeOperator(script, ['*', '/', '.*', './'], inBrackets);
    if (operator === undefined) return value;
    value = apply(script, operator, value, signed(script, inBrackets));
  }
}

/** A sign binds weaker than a power: -2^2 is -4. */
function signed(script: Script, inBrackets: boolean): Matrix {
  const token = peek(script);
  if (isSymbol(token, '-') || isSymbol(token, '+')) {
    script.at++;
    return apply(script, '*', scalar(token.text === '-' ? -1 : 1), signed(script, inBrackets));
  }
  let value = primary(script, inBrackets);
  for (;;) {
    const operator = takeOperator(script, ['^', '.^'], inBrackets);
    if (operator === undefined) return value;
    const negative = isSymbol(peek(script), '-');
    if (negative) script.at++;
    const exponent = primary(script, inBrackets);
    value = apply(
      script,
      operator,
      value,
      negative ? apply(script, '*', scalar(-1), exponent) : exponent,
    );
  }
}

function primary(script: Script, inBrackets: boolean): Matrix {
  const token = peek(script);
  if (token.kind === 'number') {
    script.at++;
    return scalar(Number(token.text.replace(/[dD]/, 'e')));
  }
  if (isSymbol(token, '(')) {
    script.at++;
    const value = expression(script);
    expect(script, ')');
    return value;
  }
  if (isSymbol(token, '[')) return matrixLiteral(script);
  if (token.kind === 'name') return named(script, inBrackets);
  return refuse(
    script,
    `"${token.text.trim()}" is not understood here`,
    'Write the value as a number or a plain formula',
  );
}

function named(script: Script, inBrackets: boolean): Matrix {
  const token = next(script);
  const value = script.variables.get(token.text) ?? constantNamed(token.text);
  const follows = isSymbol(peek(script), '(') && !(inBrackets && peek(script).spaceBefore);
  if (value !== undefined) {
    if (!isMatrix(value)) refuse(script, `${token.text} is a text`, 'Use a number');
    if (!follows) return value;
    const { rows, columns } = indices(script, value);
    return rows.map((row) => columns.map((column) => elementAt(script, value, row, column)));
  }
  const call = functionNamed(token.text);
  if (call === undefined || !follows) {
    refuse(
      script,
      `${token.text} is neither a variable set before nor a function known here`,
      'Write its value out',
    );
  }
  expect(script, '(');
  const argument = expression(script);
  expect(script, ')');
  return call(argument);
}

function elementAt(script: Script, matrix: Matrix, row: number, column: number): number {
  return (
    matrix[row - 1]?.[column - 1] ??
    refuse(script, `row ${row}, column ${column} is outside the matrix`, 'Correct the index')
  );
}

/** `(rows, columns)` behind the name of a matrix, 1-based; `:` takes all there are. */
export function indices(
  script: Script,
  matrix: Matrix,
): { rows: readonly number[]; columns: readonly number[] } {
  expect(script, '(');
  const rows = indexList(script, matrix.length);
  if (!isSymbol(peek(script), ',')) {
    refuse(script, 'a matrix is indexed by one number', 'Give row and column');
  }
  script.at++;
  const columns = indexList(script, matrix[0]?.length ?? 0);
  expect(script, ')');
  return { rows, columns };
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

function indexList(script: Script, size: number): readonly number[] {
  if (isSymbol(peek(script), ':')) {
    script.at++;
    return count(1, size);
  }
  const first = expression(script);
  if (!isSymbol(peek(script), ':')) return first.flat();
  script.at++;
  const from = scalarOf(first);
  const to = scalarOf(expression(script));
  if (from === undefined || to === undefined || isSymbol(peek(script), ':')) {
    refuse(script, 'a range is not of the form "from:to"', 'Write its numbers out');
  }
  return count(from, to);
}

function matrixLiteral(script: Script): Matrix {
  expect(script, '[');
  const rows: number[][] = [[]];
  for (;;) {
    const token = peek(script);
    if (script.at >= script.tokens.length) refuse(script, 'a matrix is not closed', 'Add "]"');
    if (isSymbol(token, ']')) break;
    if (token.kind === 'newline' || isSymbol(token, ';')) {
      script.at++;
      rows.push([]);
      continue;
    }
    if (isSymbol(token, ',')) {
      script.at++;
      continue;
    }
    const element = expression(script, true);
    if (element.length > 1) {
      refuse(script, 'a matrix stands inside a matrix', 'Write its numbers out');
    }
    rows.at(-1)!.push(...(element[0] ?? []));
  }
  const matrix = stack(rows);
  if (matrix === undefined) {
    refuse(
      script,
      'the rows of the matrix that ends here have different lengths',
      'Give every row the same number of columns',
    );
  }
  script.at++;
  return matrix;
}
