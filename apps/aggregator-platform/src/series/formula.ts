/**
 * Formulas over series: `max(roofs.baseline - roofs.measured, 0 * kW)`. Read by a parser of JavaScript's
 * expressions and never run: of its grammar numbers, names, `+ - * /`, parentheses and calls of the functions
 * below are taken, everything else is refused at its place.
 */
import { type Expression, type Node, type SpreadElement, parseExpressionAt } from 'acorn';
import { FORMULA_MAX } from '@flexledger/domain';
import { UNIT_NAMES, VARIABLES, type UnitName, type Variable } from './variables';

/** A formula as it is read; `at` is the place of each part in its text, from 0. */
export type Formula = { readonly at: number } & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'unit'; readonly unit: UnitName }
  | { readonly kind: 'series'; readonly of: string; readonly variable: Variable }
  | { readonly kind: 'negated'; readonly operand: Formula }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Formula;
      readonly right: Formula;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly given: readonly Formula[] }
);

export const OPERATORS = ['+', '-', '*', '/'] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * `sum`, `min`, `max`, `mean`: of several, in each quarter-hour; of one, over the whole period. `energy`: of a
 * power, in each quarter-hour. `abs`: without its sign.
 */
export const FUNCTIONS = ['sum', 'min', 'max', 'mean', 'energy', 'abs'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** What is wrong with a formula, and where. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError';

  constructor(
    /** Place in the formula's text, from 0. */
    readonly at: number,
    readonly reason: string,
  ) {
    super(`at character ${at + 1}: ${reason}`);
  }
}

/** Reads a formula. @throws FormulaError */
export function parseFormula(text: string): Formula {
  if (text.trim() === '') throw new FormulaError(0, 'the formula is empty');
  if (text.length > FORMULA_MAX) {
    throw new FormulaError(
      FORMULA_MAX,
      `the formula goes on; ${FORMULA_MAX} characters are the most`,
    );
  }
  const parsed = expressionOf(text);
  const rest = text.slice(parsed.end);
  if (rest.trim() !== '') {
    const at = parsed.end + rest.search(/\S/);
    throw new FormulaError(at, `"${text[at]}" is not expected here`);
  }
  return formulaOf(parsed, text);
}

/** Whether formulas can begin a series with a name: not with a word of the language whose grammar they borrow, as `class`. */
export function canName(name: string): boolean {
  try {
    return seriesIn(parseFormula(`${name}.measured`))[0]?.of === name;
  } catch (error) {
    if (error instanceof FormulaError) return false;
    throw error;
  }
}

/** The series that a formula names, each once. */
export function seriesIn(formula: Formula): readonly Extract<Formula, { kind: 'series' }>[] {
  switch (formula.kind) {
    case 'series':
      return [formula];
    case 'negated':
      return seriesIn(formula.operand);
    case 'operation':
      return [formula.left, formula.right].flatMap(seriesIn);
    case 'call':
      return formula.given.flatMap(seriesIn);
    default:
      return [];
  }
}

function expressionOf(text: string): Expression {
  try {
    return parseExpressionAt(text, 0, { ecmaVersion: 2022, preserveParens: true });
  } catch (error) {
    const { pos = 0, message } = error as { readonly pos?: number; readonly message: string };
    const isAtEnd = pos >= text.trimEnd().length;
    const reason = isAtEnd
      ? 'the formula ends where something is still expected'
      : /^Unexpected token/.test(message)
        ? `"${text[pos]}" is not expected here`
        : message.replace(/ \(\d+:\d+\)$/, '');
    throw new FormulaError(Math.min(pos, text.length), reason);
  }
}

/** A part of a formula; what is none of those that there are is refused. */
function formulaOf(node: Node, text: string): Formula {
  const expression = node as Expression | SpreadElement;
  const found = leafOf(expression) ?? compositeOf(expression, text);
  if (found) return found;
  const shown = text.slice(node.start, node.end).slice(0, 40);
  throw new FormulaError(
    node.start,
    `"${shown}" is nothing that a formula may hold: numbers, series, ${OPERATORS.join(' ')}, ` +
      `parentheses and ${FUNCTIONS.join(', ')}`,
  );
}

/** A number, a unit or a series. */
function leafOf(expression: Expression | SpreadElement): Formula | undefined {
  const at = expression.start;
  switch (expression.type) {
    case 'Literal': {
      const { value } = expression;
      const isPlain = typeof value === 'number' && Number.isFinite(value);
      return isPlain ? { kind: 'number', value, at } : undefined;
    }
    case 'Identifier': {
      const unit = UNIT_NAMES.find((name) => name === expression.name);
      if (unit) return { kind: 'unit', unit, at };
      throw new FormulaError(
        at,
        `"${expression.name}" is no series: write an asset or a PoD, a point and a variable, as ` +
          `${expression.name}.measured; units are ${UNIT_NAMES.join(', ')}`,
      );
    }
    case 'MemberExpression': {
      const { object, property, computed, optional } = expression;
      const isNamed = object.type === 'Identifier' && property.type === 'Identifier';
      if (!isNamed || computed || optional) return undefined;
      const variable = VARIABLES.find((name) => name === property.name);
      if (variable) return { kind: 'series', of: object.name, variable, at };
      throw new FormulaError(
        property.start,
        `"${property.name}" is no variable; there are ${VARIABLES.join(', ')}`,
      );
    }
    default:
      return undefined;
  }
}

/** What is made of other parts. */
function compositeOf(expression: Expression | SpreadElement, text: string): Formula | undefined {
  const at = expression.start;
  switch (expression.type) {
    case 'ParenthesizedExpression':
      return formulaOf(expression.expression, text);
    case 'UnaryExpression': {
      const operand = (): Formula => formulaOf(expression.argument, text);
      if (expression.operator === '+') return operand();
      return expression.operator === '-' ? { kind: 'negated', operand: operand(), at } : undefined;
    }
    case 'BinaryExpression': {
      const operator = OPERATORS.find((one) => one === expression.operator);
      if (!operator) return undefined;
      const [left, right] = [formulaOf(expression.left, text), formulaOf(expression.right, text)];
      return { kind: 'operation', operator, left, right, at };
    }
    case 'CallExpression': {
      const { callee, arguments: given, optional } = expression;
      if (callee.type !== 'Identifier' || optional) return undefined;
      const name = FUNCTIONS.find((one) => one === callee.name);
      if (!name) {
        throw new FormulaError(
          at,
          `"${callee.name}" is no function; there are ${FUNCTIONS.join(', ')}`,
        );
      }
      if (given.length === 0) throw new FormulaError(at, `${name}() is given nothing`);
      return { kind: 'call', name, given: given.map((one) => formulaOf(one, text)), at };
    }
    default:
      return undefined;
  }
}
