/**
 * A step of the sliders over a day of 1,500 PoDs by 96 quarter-hours: what the browser's main thread spends
 * on it, script, style, layout and paint together, in CPU time, so that others on the machine count for little.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { installPeer } from '../install-peer';
import { inTemporaryFolder } from '../leave-nothing';
import { serve } from './served';
import type { Browser, CDPSession, Page } from 'playwright-core';

export interface SliderResult {
  readonly page: 'session' | 'grid';
  readonly pods: number;
  readonly steps: number;
  /** Of the session's offers, or of the grid's buses. */
  readonly shown: number;
  /** Median of the steps, and the longest. */
  readonly stepMs: number;
  readonly longestMs: number;
}

const PLAYWRIGHT = '1.65.1';
const PODS = 1_500;
const MTUS = 96;
const WAIT_MS = 300_000;
const DAYS_BACK = 4;
/** What Svelte has compiled and the browser has not optimised yet is no step of somebody who slides. */
const WARM_UP = 24;

/** On a demonstration of its own. @returns why not, where npm cannot install what drives the browser */
export async function benchSlider(
  chromium: string,
): Promise<readonly SliderResult[] | { readonly skipped: string }> {
  return inTemporaryFolder(async (folder) => {
    const data = path.join(folder, 'demo');
    const demo = await serve(['demo', '--pods', String(PODS), '--data', data]);
    try {
      return await measureSliders(chromium, demo.url);
    } finally {
      await demo.close();
    }
  });
}

/** On a demonstration that is served. */
export async function measureSliders(
  executablePath: string,
  url: string,
): Promise<readonly SliderResult[] | { readonly skipped: string }> {
  const driver = { 'playwright-core': PLAYWRIGHT };
  const peer = await installPeer(`playwright-core-${PLAYWRIGHT}`, driver);
  if ('skipped' in peer) return peer;
  const load = createRequire(path.join(peer.folder, 'package.json'));
  const { chromium } = load('playwright-core') as typeof import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const session = await dayAheadOf(url);
    const results: SliderResult[] = [];
    for (const [page, address, user] of [
      ['session', `/sessions/${encodeURIComponent(session)}`, 'Market operator'],
      ['grid', `/grid?session=${encodeURIComponent(session)}`, 'DSO'],
    ] as const) {
      const opened = await signedIn(browser, url, user);
      await opened.goto(address);
      results.push({ page, pods: PODS, ...(await slide(opened, page)) });
      await opened.context().close();
    }
    return results;
  } finally {
    await browser.close();
  }
}

/** The settled session over the whole simulated day, which the market may have sold others since. */
async function dayAheadOf(url: string): Promise<string> {
  let query = '';
  for (let back = 0; back < DAYS_BACK; back += 1) {
    const { day } = (await (await fetch(`${url}/api/v1/status${query}`)).json()) as {
      readonly day: {
        readonly previous: string | null;
        readonly sessions: readonly {
          readonly sessionId: string;
          readonly mtuCount: number;
          readonly settledMicroEur: number | null;
        }[];
      } | null;
    };
    const found = day?.sessions.find(
      ({ mtuCount, settledMicroEur }) => mtuCount === MTUS && settledMicroEur !== null,
    );
    if (found) return found.sessionId;
    query = `?day=${day?.previous ?? ''}`;
  }
  throw new Error('The simulated day has no settled session over all of it.');
}

async function signedIn(browser: Browser, baseURL: string, user: string): Promise<Page> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1_440, height: 900 } });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  await page.goto('/');
  const users = page.getByRole('group', { name: 'Demonstration' });
  await users.getByRole('button', { name: user, exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

async function slide(
  page: Page,
  name: SliderResult['page'],
): Promise<Pick<SliderResult, 'steps' | 'shown' | 'stepMs' | 'longestMs'>> {
  const slider = page.getByRole('slider', { name: 'Quarter-hour' });
  await slider.waitFor();
  const shown = await shownOn(page, name);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const handle = (await slider.elementHandle())!;
  /** Of 96 steps to where `at` says, by length. */
  async function spent(at: (step: number) => number): Promise<readonly number[]> {
    const took: number[] = [];
    for (let step = 0; step < WARM_UP + MTUS; step += 1) {
      const before = await spentMs(devtools);
      await handle.evaluate(stepTo, at(step % MTUS));
      const after = await spentMs(devtools);
      if (step >= WARM_UP) took.push(after - before);
    }
    return took.sort((a, b) => a - b);
  }
  // To where it is: what asking and two frames cost in which nothing changes.
  const still = (await spent(() => 0))[MTUS / 2]!;
  const moved = await spent((step) => step);
  const rounded = (ms: number): number => Math.round(10 * (ms - still)) / 10;
  return {
    steps: MTUS,
    shown,
    stepMs: rounded(moved[MTUS / 2]!),
    longestMs: rounded(moved.at(-1)!),
  };
}

/** How much there is to draw, once it is drawn. */
async function shownOn(page: Page, name: SliderResult['page']): Promise<number> {
  const [label, pattern] =
    name === 'session'
      ? [/^Merit order: /, /(\d+) offers/]
      : [/^Single-line diagram with /, /(\d+) buses/];
  const drawn = page.getByRole('img', { name: label });
  await drawn.waitFor();
  return Number(pattern.exec((await drawn.getAttribute('aria-label')) ?? '')?.[1] ?? Number.NaN);
}

/** Runs in the page: moves the slider, and comes back once the page is drawn. */
function stepTo(one: unknown, value: number): Promise<void> {
  const slider = one as { value: string; dispatchEvent(event: Event): boolean };
  slider.value = String(value);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const frame = (globalThis as unknown as { requestAnimationFrame(drawn: () => void): void })
    .requestAnimationFrame;
  return new Promise((resolve) => frame(() => frame(() => resolve())));
}

/** What the main thread has spent on tasks so far. */
async function spentMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}
