/** A report as rows: what its table shows and its downloads carry. */
import type { Schemas } from '@flexledger/api-client';
import { locale } from '../language/texts';
import type { Cell } from '../parts/download';

export type Report = Schemas['Report'];

/** What a report holds by quarter-hour, under names with their units; constants stand in every row. */
export function rowsByMtu(report: Report): {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
} {
  const { mtuStarts, lines } = report;
  return {
    columns: ['mtuStart', ...lines.map(({ label, unit }) => headed(label, unit))],
    rows: mtuStarts.map((mtuStart, mtu) => [
      mtuStart,
      ...lines.map(({ values, value }) => (values ? (values[mtu] ?? null) : value)),
    ]),
  };
}

/** What a report holds as one number a line. */
export function rowsByLine(report: Report): {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
} {
  return {
    columns: ['label', 'value', 'unit', 'formula', 'day', 'days'],
    rows: report.lines.map(({ label, value, unit, formula }) => [
      label,
      value,
      unit,
      formula,
      report.day,
      report.days,
    ]),
  };
}

/** `deviation, kW`; a bare number has no unit. */
export const headed = (label: string, unit: string): string =>
  unit === '1' ? label : `${label}, ${unit}`;

/** A figure with at most three decimals; `–` where it is not known. */
export function figure(value: number | null): string {
  if (value === null) return '–';
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 3 })
    .format(value)
    .replace('-', '−');
}
