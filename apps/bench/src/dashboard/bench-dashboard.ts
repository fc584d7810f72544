/** `flexledger bench dashboard`: how heavy each page of the screens is, and what Lighthouse finds on the first. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { repositoryRoot } from '@flexledger/service-kit';
import { installPeer } from '../install-peer';
import { inTemporaryFolder } from '../leave-nothing';
import { runToEnd } from '../run-apart';
import { type RegisterResult, benchRegister } from './bench-register';
import { type SliderResult, benchSlider } from './bench-slider';
import { serve } from './served';

/** What a page asks for besides what the first view has brought already. */
export interface PageSize {
  readonly page: string;
  readonly scriptGzipBytes: number;
  readonly styleGzipBytes: number;
}

/** Median of five, phone profile. */
export interface LighthouseResult {
  readonly page: string;
  readonly profile: 'phone';
  /** Of the demonstration that is served. */
  readonly pods: number;
  /** 0 to 100. */
  readonly performance: number;
  readonly accessibility: number;
  readonly bestPractices: number;
  readonly seo: number;
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  readonly blockedMs: number;
  readonly layoutShift: number;
  /**
   * How fast Lighthouse found the machine; 1,500 to 3,000 where it does nothing else. It slows the page as if that
   * were a desktop's, so that figures of a busy machine say little.
   */
  readonly benchmarkIndex: number;
}

const LIGHTHOUSE = '12.8.2';
const RUNS = 5;
const PODS = 100;
const PAGES = ['/', '/audit'];
const RUN_TIMEOUT_MS = 180_000;
const BROWSERS = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/**
 * Sizes of what is built; Lighthouse and sliders where npm can install what drives a Chromium and there is one; then
 * the first page of a register of 1,600,000 PoDs.
 */
export async function benchDashboard(onResult: (result: object) => void): Promise<{
  readonly results: readonly PageSize[];
  readonly lighthouse: readonly LighthouseResult[] | { readonly skipped: string };
  readonly sliders: readonly SliderResult[] | { readonly skipped: string };
  readonly register: RegisterResult;
}> {
  const results = pageSizes();
  for (const result of results) onResult(result);
  const chromium = BROWSERS.find((file) => file !== '' && existsSync(file));
  const skipped = 'no Chromium on this machine; CHROMIUM names one';
  const lighthouse = chromium ? await benchLighthouse(chromium, onResult) : { skipped };
  const sliders = chromium ? await benchSlider(chromium) : { skipped };
  if (!('skipped' in sliders)) for (const result of sliders) onResult(result);
  const register = await benchRegister();
  onResult(register);
  return { results, lighthouse, sliders, register };
}

/** What Vite says of a file that it has built. */
interface BuiltFile {
  readonly file: string;
  readonly src?: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

function pageSizes(): readonly PageSize[] {
  const folder = path.join(repositoryRoot(), 'dist/apps/dashboard/web');
  const file = path.join(folder, '.vite/manifest.json');
  if (!existsSync(file)) throw new Error('The screens are not built; run "npm run build" first.');
  const built = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, BuiltFile>>;
  const first = filesOf(built, 'index.html', new Set());
  const known = new Set(first);
  const pages = Object.keys(built)
    .filter((name) => /^src\/[a-z]+\/[A-Z][a-z]+\.svelte$/.test(name))
    .map((name) => [path.basename(name, '.svelte'), filesOf(built, name, known)] as const);
  return [['first view', first] as const, ...pages].map(([page, files]) => {
    const weight = (ending: string): number =>
      files
        .filter((one) => one.endsWith(ending))
        .reduce((sum, one) => sum + gzipSync(readFileSync(path.join(folder, one))).length, 0);
    return { page, scriptGzipBytes: weight('.js'), styleGzipBytes: weight('.css') };
  });
}

/** All that comes with an entry and is not known yet. */
function filesOf(
  built: Readonly<Record<string, BuiltFile>>,
  name: string,
  known: ReadonlySet<string>,
): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const add = (one: string): void => {
    const entry = built[one];
    if (!entry || seen.has(one)) return;
    seen.add(one);
    for (const file of [entry.file, ...(entry.css ?? [])]) if (!known.has(file)) found.add(file);
    entry.imports?.forEach(add);
  };
  add(name);
  return [...found];
}

async function benchLighthouse(
  chromium: string,
  onResult: (result: object) => void,
): Promise<readonly LighthouseResult[] | { readonly skipped: string }> {
  const peer = await installPeer(`lighthouse-${LIGHTHOUSE}`, { lighthouse: LIGHTHOUSE });
  if ('skipped' in peer) return peer;
  // By this name Lighthouse looks for its browser.
  process.env['CHROME_PATH'] = chromium;
  const command = path.join(peer.folder, 'node_modules/lighthouse/cli/index.js');
  return inTemporaryFolder(async (folder) => {
    const data = path.join(folder, 'demo');
    const demo = await serve(['demo', '--pods', String(PODS), '--data', data]);
    try {
      const results: LighthouseResult[] = [];
      for (const page of PAGES) {
        const result = await measurePage(command, demo.url, page);
        onResult(result);
        results.push(result);
      }
      return results;
    } finally {
      await demo.close();
    }
  });
}

interface Report {
  readonly environment: { readonly benchmarkIndex: number };
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
  readonly audits: Readonly<Record<string, { readonly numericValue?: number }>>;
}

async function measurePage(command: string, url: string, page: string): Promise<LighthouseResult> {
  const reports: Report[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const flags = ['--output=json', '--quiet', '--chrome-flags=--headless=new --no-sandbox'];
    const args = [command, `${url}${page}`, ...flags];
    const { late, code, output, complaint } = await runToEnd(process.execPath, args, {
      timeoutMs: RUN_TIMEOUT_MS,
    });
    if (late || code !== 0) throw new Error(`Lighthouse failed: ${complaint.slice(0, 1_000)}`);
    reports.push(JSON.parse(output) as Report);
  }
  const median = (of: (report: Report) => number): number =>
    reports.map(of).sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
  const score = (name: string): number =>
    Math.round(100 * median(({ categories }) => categories[name]?.score ?? 0));
  const value = (name: string): number =>
    median(({ audits }) => audits[name]?.numericValue ?? Infinity);
  return {
    page,
    profile: 'phone',
    pods: PODS,
    performance: score('performance'),
    accessibility: score('accessibility'),
    bestPractices: score('best-practices'),
    seo: score('seo'),
    firstPaintMs: Math.round(value('first-contentful-paint')),
    largestPaintMs: Math.round(value('largest-contentful-paint')),
    blockedMs: Math.round(value('total-blocking-time')),
    layoutShift: value('cumulative-layout-shift'),
    benchmarkIndex: Math.round(median(({ environment }) => environment.benchmarkIndex)),
  };
}
