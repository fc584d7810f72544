/**
 * `npm run screens:pictures`: the pictures of the screens in the README and the handbook, made anew of a
 * demonstration of one day; the same figures each time.
 */
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';
import type { Page } from 'playwright-core';
import { GRID_OF_SETTLED, MORNING, type OpenedDemo, PHONE, SETTLED, openDemo } from './opened-demo';

const FOLDER = path.join(repositoryRoot(), 'docs/pictures');
const DESK = { viewport: { width: 1_280, height: 860 } };

interface Picture {
  readonly file: string;
  readonly user: string | RegExp;
  readonly address: string;
  readonly size: typeof DESK;
  /** What has to stand before it is taken. */
  readonly stands: (page: Page) => Promise<unknown>;
}

const PICTURES: readonly Picture[] = [
  {
    file: 'screen-session.png',
    user: 'Market operator',
    address: SETTLED,
    size: DESK,
    stands: (page) => page.getByText(/^Won: /).waitFor(),
  },
  {
    file: 'screen-grid.png',
    user: 'DSO',
    address: GRID_OF_SETTLED,
    size: DESK,
    stands: (page) => page.getByText(/carries most/).waitFor(),
  },
  {
    file: 'screen-home.png',
    user: 'Customer',
    address: '/home',
    size: PHONE,
    stands: (page) => page.getByRole('heading', { level: 1, name: /kWh/ }).waitFor(),
  },
];

async function take(
  { browser, demo }: OpenedDemo,
  { file, user, address, size, stands }: Picture,
): Promise<void> {
  const context = await browser.newContext({ baseURL: demo.url, ...size });
  const page = await context.newPage();
  // The browser's clock is the market's, so that nothing is told of another.
  await page.clock.setSystemTime(MORNING);
  await page.goto('/');
  const users = page.getByRole('group', { name: 'Demonstration' });
  await users.getByRole('button', { name: user, exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await page.goto(address);
  await stands(page);
  await page.getByText('checked in this browser').waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.screenshot({ path: path.join(FOLDER, file) });
  await context.close();
  process.stdout.write(`docs/pictures/${file}\n`);
}

async function main(): Promise<void> {
  const opened = await openDemo();
  try {
    for (const picture of PICTURES) await take(opened, picture);
  } finally {
    await opened.close();
  }
}

void main();
