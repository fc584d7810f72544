/** A MATLAB matrix, row by row; a number is a matrix of one element. */
export type Matrix = readonly (readonly number[])[];

/** The functions a case file may call, all element by element. */
const functions: Readonly<Record<string, (value: number) => number>> = {
  sqrt: Math.sqrt,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
};

const constants: Readonly<Record<string, number>> = {
  pi: Math.PI,
  Inf: Infinity,
  inf: Infinity,
  NaN: NaN,
  nan: NaN,
  eps: Number.EPSILON,
};

export const scalar = (value: number): Matrix => [[value]];

/** The value of a matrix of one element; undefined for any other. */
export const scalarOf = (matrix: Matrix): number | undefined =>
  matrix.length === 1 && matrix[0]!.length === 1 ? matrix[0]![0] : undefined;

/** A named constant of MATLAB, or undefined. */
export const constantNamed = (name: string): Matrix | undefined =>
  Object.hasOwn(constants, name) ? scalar(constants[name]!) : undefined;

/** A function of MATLAB applied to each element, or undefined where it is not known here. */
export function functionNamed(name: string): ((matrix: Matrix) => Matrix) | undefined {
  if (!Object.hasOwn(functions, name)) return undefined;
  return (matrix) => matrix.map((row) => row.map(functions[name]!));
}

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
};

/**
 * `a operator b`: element by element, a number applies to every element. The matrix product,
 * quotient and power are not among what case files need.
 *
 * @returns undefined where the shapes do not allow it.
 */
export function combine(operator: string, a: Matrix, b: Matrix): Matrix | undefined {
  const operation = operations[operator.replace('.', '')]!;
  const ofA = scalarOf(a);
  const ofB = scalarOf(b);
  const isMatrixOperation = ['*', '/', '^'].includes(operator);
  if (ofB !== undefined && !(operator === '^' && ofA === undefined)) {
    return a.map((row) => row.map((value) => operation(value, ofB)));
  }
  if (ofA !== undefined && operator !== '/' && operator !== '^') {
    return b.map((row) => row.map((value) => operation(ofA, value)));
  }
  if (isMatrixOperation || !sameShape(a, b)) return undefined;
  return a.map((row, i) => row.map((value, j) => operation(value, b[i]![j]!)));
}

export const sameShape = (a: Matrix, b: Matrix): boolean =>
  a.length === b.length && (a[0]?.length ?? 0) === (b[0]?.length ?? 0);

/** Rows below each other; undefined where their lengths differ. Empty rows vanish, as in MATLAB. */
export function stack(rows: readonly (readonly number[])[]): Matrix | undefined {
  const filled = rows.filter((row) => row.length > 0);
  return filled.every((row) => row.length === filled[0]!.length) ? filled : undefined;
}
