/** The machine's Chromium, and pages of it that are watched: what no page may do fails the test that made it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  chromium,
} from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is: `CHROMIUM`, or where packages put it; undefined where there is none. */
export function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...PLACES].find((file) => file !== '' && existsSync(file));
}

export function openBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium on this machine.');
  // Without its sandbox, which needs rights that a build has not; it opens what is served here only.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  return chromium.launch({ executablePath, args });
}

/** A page with all that it did wrong. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors it told, and addresses of others it asked. */
  readonly faults: string[];
}

/** Somebody's browser; of who has signed in, where `user` names one of the demonstration's buttons. */
export async function visit(
  browser: Browser,
  url: string,
  user?: string | RegExp,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ baseURL: url, ...options });
  // A machine that does much else at once is slow, not wrong.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const faults = watch(page, url);
  if (user !== undefined) {
    await page.goto('/');
    const users = page.getByRole('group', { name: 'Demonstration' });
    await users.getByRole('button', { name: user, exact: true }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }
  return { page, context, faults };
}

function watch(page: Page, url: string): string[] {
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`told: ${message.text()}`);
  });
  page.on('request', (request) => {
    const asked = new URL(request.url());
    const isOwn = asked.origin === origin || ['data:', 'blob:'].includes(asked.protocol);
    if (!isOwn) faults.push(`asked ${asked.origin}`);
  });
  return faults;
}

/** What axe finds serious or worse. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)}`);
}

/** Pixels by which a page is wider than what it is looked at through. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** Keeps a picture of the page, where `SCREENSHOTS` names a folder for them. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
