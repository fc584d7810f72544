/** The report for a terminal, for a spreadsheet and as a page. */
import { escapedHtml } from '@flexledger/service-kit';
import { table } from '@flexledger/terminal';
import { stringify } from 'csv-stringify/sync';
import type { AssessmentReport, FlowCell, FlowRow, Growth, UseRow } from './report';
import type { Spread } from './seeds';

/** Three significant digits, and no more zeros than there are. */
const number = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
const spread = (values: Spread | null): string => values?.map(number).join(' / ') ?? '-';
const growth = (found: Growth | null): string =>
  found
    ? `${found.exponent.toFixed(2)} from ${found.fromPods} to ${found.toPods} PoDs (n log n: ${found.exponentOfNLogN.toFixed(2)})`
    : '-';

/** Tables as wide as a terminal. */
export function assessmentText({ stages, uses, flows }: AssessmentReport): string {
  const cautions = flows.flatMap((row) =>
    row.caution === undefined ? [] : [`  ${row.table}: ${row.caution}`],
  );
  return [
    'Times in ms: the mean over the days, and the least and the most of them.',
    table(flows.flatMap(flowRows), ['table', 'flow', 'PoDs', 'here', 'D2.16', 'growth']),
    'To bear in mind when they are compared:',
    ...cautions,
    '',
    'CPU in % of a core, as seconds a simulated second; memory in MB; up: % of the time that the stage took. D2.16: always up.',
    table(
      uses.map((row) => [row.platform, row.pods, ...useCells(row)]),
      ['', 'PoDs', 'CPU mean', 'CPU most', 'RAM mean', 'RAM most', 'up', 'D2.16'],
    ),
    ...stages.map(stageText),
  ].join('\n');
}

function flowRows({ table: number, title, cells, growth: found }: FlowRow): string[][] {
  const [flow] = title.split(':', 1);
  return cells.map(({ pods, ours, seeds }, index) => [
    index === 0 ? String(number) : '',
    index === 0 ? flow! : '',
    String(pods),
    shortSpread(ours),
    shortSpread(seeds),
    index === 0 && found
      ? `${found.exponent.toFixed(2)} of ${found.exponentOfNLogN.toFixed(2)}`
      : '',
  ]);
}

function shortSpread(values: Spread | null): string {
  if (!values) return '-';
  const [least, mean, most] = values.map(number);
  return least === most ? mean! : `${mean} (${least}-${most})`;
}

function stageText(stage: AssessmentReport['stages'][number]): string {
  const { pods, form, dates, wallSeconds, unpaired, process } = stage;
  const what =
    form === 'lived'
      ? `${dates.length} day${dates.length === 1 ? '' : 's'} lived through, ${unpaired} steps without a counterpart`
      : 'a day-ahead session of drawn bids at a market alone, since no day of so many is lived through here';
  const used = process
    ? `, ${number(process.cpuSeconds)} s of CPU and at most ${number(process.peakMb)} MB, client included`
    : '';
  return `${pods} PoDs: ${what}; ${wallSeconds.toFixed(0)} s${used}`;
}

const useCells = ({ seeds, ...ours }: UseRow): string[] => [
  number(ours.cpuMeanPercent),
  number(ours.cpuMostPercent),
  number(ours.ramMeanMb),
  number(ours.ramMostMb),
  // 99.9 % are asked for: three digits would say neither more nor less.
  String(Number(ours.uptimePercent.toFixed(3))),
  seeds
    ? [seeds.cpuMeanPercent, seeds.cpuMostPercent, seeds.ramMeanMb, seeds.ramMostMb]
        .map(number)
        .join(' / ')
    : '-',
];

/** One line a table and stage. */
export function assessmentCsv({ flows, uses }: AssessmentReport): string {
  const flowRows = flows.flatMap(({ table: number, title, kind, cells, growth: found }) =>
    cells.map(({ pods, ours, seeds }) => ({
      table: number,
      what: title,
      kind,
      pods,
      least: ours?.[0],
      mean: ours?.[1],
      most: ours?.[2],
      seedsLeast: seeds?.[0],
      seedsMean: seeds?.[1],
      seedsMost: seeds?.[2],
      unit: 'ms',
      growthExponent: found?.exponent,
    })),
  );
  const useRows = uses.flatMap((row) =>
    (
      [
        ['CPU', 'cpuMeanPercent', 'cpuMostPercent', '% of a core'],
        ['RAM', 'ramMeanMb', 'ramMostMb', 'MB'],
        ['uptime', 'uptimePercent', undefined, '%'],
      ] as const
    ).map(([what, mean, most, unit]) => ({
      table: row.tables,
      what: `${what} of ${row.platform}`,
      kind: 'use',
      pods: row.pods,
      least: undefined,
      mean: row[mean],
      most: most && row[most],
      seedsLeast: undefined,
      // Its text finds each always up.
      seedsMean: mean === 'uptimePercent' ? undefined : row.seeds?.[mean],
      seedsMost: most && row.seeds?.[most],
      unit,
      growthExponent: undefined,
    })),
  );
  return stringify([...flowRows, ...useRows], { header: true });
}

/** A page of its own, with a figure for each table. */
export function assessmentHtml(report: AssessmentReport): string {
  const { stages, flows, uses } = report;
  const text = (value: string | number): string => escapedHtml(String(value));
  const row = (cells: readonly (string | number)[], tag = 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('')}</tr>`;
  const flowParts = flows.map(
    (flow) => `<section>
<h2>Table ${flow.table}. ${text(flow.title)}</h2>
${flow.caution ? `<p>To bear in mind: ${text(flow.caution)}.</p>` : ''}
<table>${row(['PoDs', 'here, ms: least / mean / most of the days', 'D2.16'], 'th')}
${flow.cells.map(({ pods, ours, seeds }) => row([pods, spread(ours), spread(seeds)])).join('\n')}</table>
<p>Growth exponent: ${text(growth(flow.growth))}</p>
${figure(flow.cells)}
</section>`,
  );
  const lived = stages.map(
    ({ pods, form, dates }) => `${pods} PoDs (${form}: ${dates.join(', ')})`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Scalability assessment</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .6rem;text-align:right}
.here{fill:#0b6e4f}.seeds{fill:#b45309}</style></head><body>
<h1>Scalability assessment, as in D2.16, chapter 4</h1>
<p>Stages: ${text(lived.join('; '))}. A day’s value is the mean of its sessions or messages, by a clock that only goes forward.</p>
${flowParts.join('\n')}
<section><h2>CPU and memory (tables 9 to 14)</h2>
<table>${row(['platform', 'PoDs', 'CPU mean %', 'CPU most %', 'RAM mean MB', 'RAM most MB', 'up %', 'D2.16'], 'th')}
${uses.map((use) => row([use.platform, use.pods, ...useCells(use)])).join('\n')}</table></section>
</body></html>
`;
}

const FIGURE = { left: 120, width: 560, bar: 16, gap: 6 } as const;

/** Mean times as bars on a logarithmic scale, ours above theirs at each stage. */
function figure(cells: readonly FlowCell[]): string {
  const bars = cells.flatMap(({ pods, ours, seeds }) => [
    ...(ours ? [{ name: 'here', pods, ms: ours[1] }] : []),
    ...(seeds ? [{ name: 'seeds', pods, ms: seeds[1] }] : []),
  ]);
  if (bars.length === 0) return '';
  const logs = bars.map(({ ms }) => Math.log10(Math.max(ms, 1e-3)));
  const least = Math.floor(Math.min(...logs)) - 1;
  const most = Math.ceil(Math.max(...logs));
  const height = bars.length * (FIGURE.bar + FIGURE.gap);
  const drawn = bars.map(({ name, pods, ms }, index) => {
    const y = index * (FIGURE.bar + FIGURE.gap);
    const width = ((logs[index]! - least) / Math.max(1, most - least)) * FIGURE.width;
    const label = `${pods} ${name === 'here' ? 'here' : 'D2.16'}`;
    return (
      `<text x="${FIGURE.left - 8}" y="${y + 13}" text-anchor="end" font-size="13">${label}</text>` +
      `<rect class="${name}" x="${FIGURE.left}" y="${y}" width="${width.toFixed(1)}" height="${FIGURE.bar}"/>` +
      `<text x="${(FIGURE.left + width + 6).toFixed(1)}" y="${y + 13}" font-size="13">${number(ms)} ms</text>`
    );
  });
  const wide = FIGURE.left + FIGURE.width + 100;
  return `<svg role="img" aria-label="Mean times, logarithmic" viewBox="0 0 ${wide} ${height}" width="${wide}" height="${height}">${drawn.join('')}</svg>`;
}
