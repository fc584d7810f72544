/**
 * The yearly report of the indicators (D3.3 annex C: reporting period "yearly") as one page of HTML that needs
 * nothing else. A browser prints it, also to PDF; the page is laid out for A4.
 */
import { type KpiDefinition, type KpiRow, KPIS } from '@flexledger/domain';
import type { KpiExclusionDocument } from '@flexledger/projections';
import { escapedHtml } from '@flexledger/service-kit';

/** What a report is made of. */
export interface KpiReport {
  readonly year: number;
  /** Rows of days and of the total; those of sessions are left out. */
  readonly rows: readonly KpiRow[];
  /** PoDs that KPI_IT_02 leaves out. */
  readonly excluded: readonly KpiExclusionDocument[];
}

const STYLE = [
  'body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:52rem;color:#1a1a1a}',
  'table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem;font-size:.85rem}',
  'th,td{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}td.n{text-align:right}',
  '.met{color:#0a6b2d}.missed{color:#a11}svg{width:100%;height:7rem}',
  'section{break-inside:avoid}@page{size:A4;margin:15mm}@media print{body{margin:0;max-width:none}}',
].join('');

/** The page. Values in percent with two decimals; where there is none it says why. */
export function kpiReport({ year, rows, excluded }: KpiReport): string {
  const sections = KPIS.map((kpi) =>
    sectionOf(
      kpi,
      rows.filter((row) => row.kpi === kpi.id && row.scope !== 'session'),
    ),
  );
  const days = daysIn(rows);
  const left = excluded.map(
    ({ podId, reason, excludedBy, excludedAt }) =>
      `<tr>${[podId, reason, excludedBy, excludedAt].map(cell).join('')}</tr>`,
  );
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>Indicators of ${year}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>Key performance indicators of ${year}</h1>`,
    `<p>${days} delivery ${days === 1 ? 'day' : 'days'}. Formulas and targets: D3.3, annex C.</p>`,
    ...sections,
    '<section><h2>PoDs that KPI_IT_02 leaves out</h2>',
    left.length === 0
      ? '<p>None.</p>'
      : `<table><tr><th>PoD</th><th>Reason</th><th>By</th><th>Since</th></tr>${left.join('')}</table>`,
    '</section></body></html>\n',
  ].join('\n');
}

function sectionOf(kpi: KpiDefinition, rows: readonly KpiRow[]): string {
  const services = [...new Set(rows.map(serviceOf))];
  const lines = services.map((service) => {
    const ofService = rows.filter((row) => serviceOf(row) === service);
    const total = ofService.find(({ scope }) => scope === 'total');
    const days = ofService.filter(({ scope }) => scope === 'day');
    const values = days.flatMap(({ valueBasisPoints: value }) => (value === null ? [] : [value]));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const met = total?.meetsTarget ?? null;
    const verdict = met === null ? (total?.note ?? '') : met ? 'met' : 'missed';
    return [
      `<tr><td>${escapedHtml(service)}</td><td class="n">${percent(total?.valueBasisPoints ?? null)}</td>`,
      `<td class="n">${values.length === 0 ? '' : `${percent(least)} to ${percent(most)}`}</td>`,
      `<td class="${met === null ? '' : verdict}">${escapedHtml(verdict)}</td></tr>`,
      values.length > 1 ? `<tr><td colspan="4">${chartOf(values, kpi)}</td></tr>` : '',
    ].join('');
  });
  const side = kpi.isGood === 'atLeast' ? 'at least' : 'at most';
  return [
    `<section><h2>${kpi.id}: ${escapedHtml(kpi.name)}</h2>`,
    `<p>Target: ${side} ${percent(kpi.targetBasisPoints)}. ${escapedHtml(kpi.reading)}.</p>`,
    '<table><tr><th>Service</th><th>Year</th><th>Days, from and to</th><th>Target</th></tr>',
    ...lines,
    '</table></section>',
  ].join('\n');
}

/** Values of the days that have one, in their order, with the target as a line across. */
function chartOf(values: readonly number[], { targetBasisPoints }: KpiDefinition): string {
  const most = Math.max(...values, targetBasisPoints, 1);
  const x = (at: number): string => ((at * 600) / (values.length - 1)).toFixed(1);
  const y = (value: number): string => (100 - (value * 100) / most).toFixed(1);
  const points = values.map((value, at) => `${x(at)},${y(value)}`).join(' ');
  const target = y(targetBasisPoints);
  return (
    '<svg viewBox="0 -2 600 104" preserveAspectRatio="none" role="img" aria-label="by day">' +
    `<line x1="0" x2="600" y1="${target}" y2="${target}" stroke="#a11" stroke-dasharray="4"/>` +
    `<polyline points="${points}" fill="none" stroke="#1b5fa8" stroke-width="2"/></svg>`
  );
}

/** `P up`, `dayAhead`, `app`; `all` for what has no parts. */
function serviceOf({ product, direction, horizon, activity, category }: KpiRow): string {
  const parts = [product, direction, horizon, activity, category].filter((part) => part !== null);
  return parts.length === 0 ? 'all' : parts.join(' ');
}

function daysIn(rows: readonly KpiRow[]): number {
  return new Set(rows.flatMap(({ scope, id }) => (scope === 'day' ? [id] : []))).size;
}

function percent(basisPoints: number | null): string {
  return basisPoints === null ? '' : `${(basisPoints / 100).toFixed(2)} %`;
}

function cell(text: string): string {
  return `<td>${escapedHtml(text)}</td>`;
}
