/** What a formula comes to: first its unit, by which nonsense is refused before anything is read, then its values. */
import { type Formula, FormulaError, type FunctionName, type Operator } from './formula';
import {
  NO_UNIT,
  UNITS,
  type Unit,
  type Variable,
  isSameUnit,
  unitOfVariable,
  unitText,
} from './variables';

/** A value by quarter-hour, null where there is none. */
export type Series = readonly (number | null)[];

/** What a formula comes to, before any value is known. */
export interface FormulaForm {
  readonly unit: Unit;
  /** One value a quarter-hour, or one for the whole period. */
  readonly isSeries: boolean;
}

const HOURS_OF_AN_MTU = 0.25;
/** No sensible unit has more. */
const EXPONENT_MAX = 3;

/** The unit of a formula, and whether it is a series. @throws FormulaError where units do not fit */
export function formOf(formula: Formula): FormulaForm {
  switch (formula.kind) {
    case 'number':
      return { unit: NO_UNIT, isSeries: false };
    case 'unit':
      return { unit: UNITS[formula.unit], isSeries: false };
    case 'series':
      return { unit: unitOfVariable(formula.variable), isSeries: true };
    case 'negated':
      return formOf(formula.operand);
    case 'operation':
      return operationForm(formula);
    case 'call':
      return callForm(formula);
  }
}

function operationForm(formula: Extract<Formula, { kind: 'operation' }>): FormulaForm {
  const { operator, left, right } = formula;
  const [one, other] = [formOf(left), formOf(right)];
  const isSeries = one.isSeries || other.isSeries;
  if (operator === '+' || operator === '-') {
    requireSameUnit(one.unit, other.unit, right.at);
    return { unit: one.unit, isSeries };
  }
  const sign = operator === '*' ? 1 : -1;
  const unit = {
    power: one.unit.power + sign * other.unit.power,
    time: one.unit.time + sign * other.unit.time,
    money: one.unit.money + sign * other.unit.money,
  };
  if (Object.values(unit).some((exponent) => Math.abs(exponent) > EXPONENT_MAX)) {
    throw new FormulaError(formula.at, `${unitText(unit)} is no unit of anything`);
  }
  return { unit, isSeries };
}

function callForm({ name, given, at }: Extract<Formula, { kind: 'call' }>): FormulaForm {
  const forms = given.map(formOf);
  const [{ unit, isSeries }] = forms as [FormulaForm];
  if (name === 'abs' || name === 'energy') {
    if (given.length > 1) throw new FormulaError(given[1]!.at, `${name}() takes one argument`);
    if (name === 'abs') return { unit, isSeries };
    if (!isSameUnit(unit, UNITS.kW)) {
      throw new FormulaError(
        given[0]!.at,
        `energy() is of a power in kW, not of ${unitText(unit)}`,
      );
    }
    return { unit: UNITS.kWh, isSeries };
  }
  for (const [index, form] of forms.entries()) requireSameUnit(unit, form.unit, given[index]!.at);
  if (given.length > 1) return { unit, isSeries: forms.some((form) => form.isSeries) };
  if (!isSeries) {
    throw new FormulaError(
      given[0]!.at,
      `${name}() of one number is that number; give it a series`,
    );
  }
  if (name === 'sum' && isSameUnit(unit, UNITS.kW)) {
    throw new FormulaError(
      at,
      'powers of different quarter-hours do not add up to anything: write sum(energy(...)) or mean(...)',
    );
  }
  return { unit, isSeries: false };
}

function requireSameUnit(one: Unit, other: Unit, at: number): void {
  if (isSameUnit(one, other)) return;
  const written = (unit: Unit): string =>
    isSameUnit(unit, NO_UNIT) ? 'a bare number' : unitText(unit);
  throw new FormulaError(at, `${written(one)} and ${written(other)} cannot be put together`);
}

/**
 * The values of a formula whose form was found: a series, or one value; null where a value that it needs is not
 * known, or something is divided by zero.
 */
export function valuesOf(
  formula: Formula,
  seriesOf: (of: string, variable: Variable) => Series,
): Series | number | null {
  const values = (of: Formula): Series | number | null => valuesOf(of, seriesOf);
  switch (formula.kind) {
    case 'number':
      return formula.value;
    case 'unit':
      return 1;
    case 'series':
      return seriesOf(formula.of, formula.variable);
    case 'negated':
      return each(([value]) => -value!, [values(formula.operand)]);
    case 'operation': {
      const { operator, left, right } = formula;
      return each(([one, other]) => operate(operator, one!, other!), [values(left), values(right)]);
    }
    case 'call': {
      const given = formula.given.map(values);
      return call(formula.name, given);
    }
  }
}

function call(
  name: FunctionName,
  given: readonly (Series | number | null)[],
): Series | number | null {
  if (name === 'energy') return each(([powerKw]) => powerKw! * HOURS_OF_AN_MTU, given);
  if (name === 'abs') return each(([value]) => Math.abs(value!), given);
  const together = TOGETHER[name];
  const [first] = given;
  if (given.length > 1 || !isSeries(first!)) return each(together, given);
  const known = first.filter((value) => value !== null);
  return known.length === 0 ? null : together(known);
}

const TOGETHER: Readonly<
  Record<'sum' | 'min' | 'max' | 'mean', (values: readonly number[]) => number>
> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  min: (values) => values.reduce((least, value) => Math.min(least, value), Infinity),
  max: (values) => values.reduce((most, value) => Math.max(most, value), -Infinity),
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};

/** In each quarter-hour where one of them is a series; what is not known makes nothing known. */
function each(
  of: (values: readonly number[]) => number | null,
  given: readonly (Series | number | null)[],
): Series | number | null {
  const at = (mtu: number): number | null => {
    const values = given.map((one) => (isSeries(one) ? (one[mtu] ?? null) : one));
    return values.every((value) => value !== null) ? of(values) : null;
  };
  const series = given.find(isSeries);
  return series ? series.map((_, mtu) => at(mtu)) : at(0);
}

function operate(operator: Operator, one: number, other: number): number | null {
  switch (operator) {
    case '+':
      return one + other;
    case '-':
      return one - other;
    case '*':
      return one * other;
    case '/':
      return other === 0 ? null : one / other;
  }
}

function isSeries(values: Series | number | null): values is Series {
  return typeof values === 'object' && values !== null;
}
