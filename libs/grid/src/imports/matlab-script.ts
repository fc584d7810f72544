import { constantsOf } from './matpower-columns';
import {
  expect,
  expression,
  indices,
  isMatrix,
  isSymbol,
  next,
  peek,
  refuse,
  type MatlabValue,
  type Script,
} from './matlab-expression';
import { combine, sameShape, scalar, scalarOf, type Matrix } from './matlab-matrix';
import { matlabTokens } from './matlab-tokens';

/** What a case file has set when it ends. */
export interface CaseVariables {
  /** The name behind `function`; null in a file without one. */
  readonly functionName: string | null;
  /** Names the function gives back: one structure, or one variable per matrix (format 1). */
  readonly outputs: readonly string[];
  readonly variables: ReadonlyMap<string, MatlabValue>;
}

/**
 * Runs the part of MATLAB that case files use: assignments of numbers, matrices and texts, parts of
 * matrices on either side, plain arithmetic, and MATPOWER's column names (`idx_bus` and its like).
 *
 * @throws GridModelError naming the line of anything else (loops, conditions, calls).
 */
export function runCaseScript(text: string): CaseVariables {
  const script: Script = { tokens: matlabTokens(text), at: 0, variables: new Map() };
  let functionName: string | null = null;
  let outputs: readonly string[] = [];
  while (script.at < script.tokens.length) {
    const token = peek(script);
    if (token.kind === 'newline' || isSymbol(token, ';') || isSymbol(token, ',')) {
      script.at++;
    } else if (token.text === 'function' && functionName === null) {
      ({ functionName, outputs } = functionHead(script));
    } else if (['end', 'return', 'endfunction'].includes(token.text)) {
      script.at++;
    } else if (token.text === 'define_constants') {
      script.at++;
      for (const [name, value] of constantsOf('define_constants')!) {
        script.variables.set(name, scalar(value));
      }
    } else {
      statement(script);
    }
  }
  return { functionName, outputs, variables: script.variables };
}

function functionHead(script: Script): { functionName: string; outputs: readonly string[] } {
  script.at++;
  const outputs = isSymbol(peek(script), '[') ? nameList(script) : [next(script).text];
  expect(script, '=');
  return { functionName: next(script).text, outputs };
}

/** `[A, B, C]` on the left-hand side. */
function nameList(script: Script): string[] {
  expect(script, '[');
  const names: string[] = [];
  while (!isSymbol(peek(script), ']')) {
    const token = next(script);
    if (token.kind === 'name') names.push(token.text);
    else if (!isSymbol(token, ',') && token.kind !== 'newline') {
      script.at--;
      refuse(script, `"${token.text}" stands in a list of names`, 'Write names only');
    }
  }
  script.at++;
  return names;
}

function statement(script: Script): void {
  if (isSymbol(peek(script), '[')) return nameColumns(script);
  const token = peek(script);
  const following = peek(script, 1);
  if (token.kind !== 'name' || !(isSymbol(following, '=') || isSymbol(following, '('))) {
    refuse(
      script,
      `"${token.text.trim()}" starts a statement that is not understood`,
      'Run the file in MATPOWER and save the case it gives (savecase)',
    );
  }
  script.at++;
  if (isSymbol(following, '(')) assignPart(script, token.text);
  else {
    script.at++;
    script.variables.set(token.text, assigned(script));
  }
  endStatement(script);
}

/** `[PQ, PV, ...] = idx_bus`: names for columns, by their place. */
function nameColumns(script: Script): void {
  const names = nameList(script);
  expect(script, '=');
  const source = next(script);
  const columns = constantsOf(source.text);
  if (columns === undefined || names.length > columns.length) {
    script.at--;
    refuse(
      script,
      `${source.text} is not a list of names known here`,
      'Write column numbers in place of the names',
    );
  }
  names.forEach((name, index) => script.variables.set(name, scalar(columns[index]![1])));
  endStatement(script);
}

function assignPart(script: Script, name: string): void {
  const before = script.variables.get(name);
  if (before === undefined || !isMatrix(before)) {
    refuse(script, `${name} is not a matrix set before`, 'Set it first');
  }
  const { rows, columns } = indices(script, before);
  expect(script, '=');
  const value = expression(script);
  const shape = rows.map(() => columns.map(() => 0));
  const filled = scalarOf(value) === undefined ? value : combine('+', shape, value)!;
  if (!sameShape(filled, shape)) {
    refuse(
      script,
      `${rows.length} x ${columns.length} elements of ${name} are set to a matrix of ` +
        `${filled.length} x ${filled[0]?.length ?? 0}`,
      'Give as many on both sides',
    );
  }
  const copy = before.map((row) => [...row]);
  rows.forEach((row, i) =>
    columns.forEach((column, j) => {
      if (copy[row - 1]?.[column - 1] === undefined) {
        refuse(script, `${name} has no row ${row}, column ${column}`, 'Correct the index');
      }
      copy[row - 1]![column - 1] = filled[i]![j]!;
    }),
  );
  script.variables.set(name, copy);
}

/** The right-hand side of an assignment to a whole variable. */
function assigned(script: Script): Matrix | string | readonly string[] {
  if (peek(script).kind === 'text') return next(script).text;
  if (isSymbol(peek(script), '{')) return cellOfTexts(script);
  return expression(script);
}

/** `{'a'; 'b'}`: texts as they come; numbers in it become texts. */
function cellOfTexts(script: Script): readonly string[] {
  expect(script, '{');
  const texts: string[] = [];
  for (let depth = 1; depth > 0; script.at++) {
    const token = peek(script);
    if (script.at >= script.tokens.length) refuse(script, 'a cell array is not closed', 'Add "}"');
    if (isSymbol(token, '{')) depth++;
    else if (isSymbol(token, '}')) depth--;
    else if (token.kind === 'text' || token.kind === 'number') texts.push(token.text);
  }
  return texts;
}

function endStatement(script: Script): void {
  const token = peek(script);
  if (script.at >= script.tokens.length || token.kind === 'newline') return;
  if (isSymbol(token, ';') || isSymbol(token, ',')) return;
  refuse(script, `"${token.text}" follows a complete statement`, 'Correct the line');
}
