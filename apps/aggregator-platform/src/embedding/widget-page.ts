/**
 * A widget as a page of its own, for a frame in another's page: HTML and SVG made here, with no script and nothing to
 * ask for, so that what is shown is all that can be had by it.
 */
import { createHash } from 'node:crypto';
import type { Widget } from '@flexledger/domain';
import { escapedHtml } from '@flexledger/service-kit';
import type { Report, ReportedLine } from '../series/report';

/** Colours of lines, each legible on light and dark. */
const COLOURS = [
  '#0b8a76',
  '#c48a1f',
  '#7a6fd0',
  '#c2563f',
  '#4f86b8',
  '#7f8c2f',
  '#a8578f',
  '#777f7b',
];
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 240, 56, 24, 8] as const;
/** Rows of a table; a page for a frame is no download. */
const ROWS_MAX = 31 * 100;

const STYLE =
  'body{margin:0;padding:.75rem;font:400 .9375rem/1.4 system-ui,sans-serif;color-scheme:light dark}' +
  'h1{margin:0 0 .5rem;font-size:1rem}svg{width:100%;height:auto;display:block}' +
  'text{font-size:11px;fill:currentColor}table{border-collapse:collapse;width:100%}' +
  'th,td{padding:.15rem .5rem;text-align:right;font-variant-numeric:tabular-nums}' +
  'th:first-child{text-align:left;font-weight:400}dl{display:flex;flex-wrap:wrap;gap:1rem;margin:0}' +
  'ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0;padding:0;list-style:none;font-size:.8125rem}li svg{display:inline;width:12px}' +
  'dd{margin:0;font-size:1.4rem}p,dt{margin:0;font-size:.8125rem}';

/** The style of the pages, as a content security policy lets it be. */
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Nothing runs and nothing is asked; these origins may hold it in a frame. */
export function widgetPagePolicy(frameAncestors: readonly string[] | 'anybody'): string {
  const ancestors =
    frameAncestors === 'anybody'
      ? '*'
      : frameAncestors.length === 0
        ? "'none'"
        : frameAncestors.join(' ');
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors}`,
  ].join('; ');
}

/** @param timeZone of the market, in which times are written */
export function widgetPage(widget: Widget, report: Report, timeZone: string): string {
  const times = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const timeOf = (iso: string): string => times.format(Date.parse(iso));
  const shown = {
    chart: () => chart(widget.title, report, timeOf),
    figure: () => figures(report.lines),
    table: () => table(report, timeOf),
  }[widget.kind]();
  return page(widget.title, `${shown}${missing(report)}`);
}

/** Why there is no widget, in its place. */
export function noWidgetPage(reason: string): string {
  return page('This widget is not shown', `<p>${escapedHtml(reason)}</p>`);
}

function page(title: string, content: string): string {
  const head = escapedHtml(title);
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    `<title>${head}</title><meta name="viewport" content="width=device-width">` +
    `<style>${STYLE}</style></head>` +
    `<body><h1>${head}</h1>${content}</body></html>\n`
  );
}

function chart(
  title: string,
  { lines, mtuStarts }: Report,
  timeOf: (iso: string) => string,
): string {
  const known = lines.flatMap(({ values, value }) => (values ?? [value]).filter(isKnown));
  const [least, most] = [Math.min(0, ...extremes(known)), Math.max(0, ...extremes(known))];
  const span = most - least || 1;
  const x = (mtu: number): string => (LEFT + (mtu / mtuStarts.length) * (WIDTH - LEFT)).toFixed(1);
  const y = (value: number): string =>
    (TOP + ((most - value) / span) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const paths = lines.map(({ values, value }, index) => {
    const steps = values ?? mtuStarts.map(() => value);
    const way = steps.map((one, mtu) =>
      one === null ? '' : `${isKnown(steps[mtu - 1]) ? 'L' : 'M'}${x(mtu)} ${y(one)}H${x(mtu + 1)}`,
    );
    return `<path d="${way.join('')}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`;
  });
  const ticks = [most, (most + least) / 2, least].map(
    (value) =>
      `<text x="${LEFT - 6}" y="${y(value)}" text-anchor="end" dominant-baseline="middle">${text(value)}</text>` +
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="currentColor" stroke-opacity=".2"/>`,
  );
  const [first, last] = [mtuStarts[0]!, mtuStarts.at(-1)!];
  const unit = lines[0]!.unit === '1' ? '' : lines[0]!.unit;
  const legend = lines.map(
    ({ label }, index) =>
      `<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="4" y="4" fill="${colour(index)}"/></svg>` +
      `<span>${escapedHtml(label)}</span> `,
  );
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapedHtml(title)}">` +
    `${ticks.join('')}${paths.join('')}` +
    `<text x="${LEFT}" y="${HEIGHT - 6}">${escapedHtml(timeOf(first))}</text>` +
    `<text x="${WIDTH}" y="${HEIGHT - 6}" text-anchor="end">${escapedHtml(timeOf(last))}</text>` +
    `</svg><ul>${legend.map((one) => `<li>${one}</li>`).join('')}<li>${escapedHtml(unit)}</li></ul>`
  );
}

/** Least and most, of however many; none of none. */
function extremes(values: readonly number[]): readonly number[] {
  if (values.length === 0) return [];
  let [least, most] = [values[0]!, values[0]!];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function figures(lines: readonly ReportedLine[]): string {
  const one = ({ label, value, unit }: ReportedLine): string =>
    `<div><dt>${escapedHtml(label)}</dt><dd>${text(value)} ${unit === '1' ? '' : escapedHtml(unit)}</dd></div>`;
  return `<dl>${lines.map(one).join('')}</dl>`;
}

function table({ lines, mtuStarts }: Report, timeOf: (iso: string) => string): string {
  const head = lines
    .map(({ label, unit }) => escapedHtml(unit === '1' ? label : `${label}, ${unit}`))
    .map((name) => `<th scope="col">${name}</th>`);
  const rows = mtuStarts.slice(0, ROWS_MAX).map((start, mtu) => {
    const cells = lines.map(({ values, value }) => text(values ? (values[mtu] ?? null) : value));
    return `<tr><th scope="row">${escapedHtml(timeOf(start))}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<table><thead><tr><th></th>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** How many lack values, not which: PoDs are no business of who looks. */
function missing({ missing: all }: Report): string {
  const most = all.reduce((pods, one) => Math.max(pods, one.pods), 0);
  return most === 0 ? '' : `<p>Without values of ${most} ${most === 1 ? 'plant' : 'plants'}.</p>`;
}

const isKnown = (value: number | null | undefined): value is number => typeof value === 'number';
const colour = (index: number): string => COLOURS[index % COLOURS.length]!;
const written = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 3 });
const text = (value: number | null): string =>
  value === null ? '–' : written.format(value).replace('-', '−');
