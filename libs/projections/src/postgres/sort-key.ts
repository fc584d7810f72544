/** Values of indexed fields as texts that sort as they do: numbers by their size, before all texts, which go by their bytes. */
import { sqlText } from '../sqlite/sql-text';

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;

/** The key of a value; equal values have equal ones. */
export function sortKey(value: string | number): string {
  return typeof value === 'string' ? `s${sqlText(value)}` : `n${numberKey(value)}`;
}

/** The bits of a number: those of a negative one turned round, so that the bytes rise with it. */
function numberKey(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  // Zero is one number.
  view.setFloat64(0, value === 0 ? 0 : value);
  const bits = view.getBigUint64(0);
  const rising = bits & SIGN ? bits ^ ALL : bits | SIGN;
  return rising.toString(16).padStart(16, '0');
}
