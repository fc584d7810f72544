/** A demonstration whose market is open, with a browser to look at it. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type LivingDemo, serveLivingDemo, simulatedFolder } from '../testing/living-demo';
import { type Watched, openBrowser, visit } from './browser';

const PODS = 6;

export interface OpenedDemo {
  readonly demo: LivingDemo;
  readonly browser: Browser;
  /** Somebody's browser; `user` is a button of the demonstration. */
  as(user?: string | RegExp, options?: BrowserContextOptions): Promise<Watched>;
  close(): Promise<void>;
}

/** The morning after the simulated day: the gate of what delivers from 12:00 on is open from 9 to 10. */
export async function openDemo(): Promise<OpenedDemo> {
  const folder = await simulatedFolder(PODS, true);
  const demo = await serveLivingDemo(folder.dataDir, PODS, '08:30');
  await demo.until('09:30');
  const browser = await openBrowser();
  return {
    demo,
    browser,
    as: (user, options) => visit(browser, demo.url, user, options),
    async close() {
      await browser.close();
      await demo.close();
      folder.remove();
    },
  };
}

export const PHONE = { viewport: { width: 390, height: 844 } };
export const DESK = { viewport: { width: 1_440, height: 900 } };
/** 9:30 in Rome, on the morning of which all is served. */
export const MORNING = new Date('2026-03-18T08:30:00Z');
/** A settled session of the simulated day, and one whose gate is open. */
export const SETTLED = '/sessions/dayAhead-2026-03-16T23%3A00Z';
export const OPEN = '/sessions/realTime-2026-03-18T11%3A00Z';
/** The grid as it was forecast for the settled one. */
export const GRID_OF_SETTLED = '/grid?session=dayAhead-2026-03-16T23%3A00Z';
/** Each page once as whoever it is for; those that all have, as who sees most of them. */
export const PAGES: readonly (readonly [user: string | RegExp, addresses: readonly string[]])[] = [
  [
    'Market operator',
    [
      '/',
      '/sessions',
      SETTLED,
      '/pods',
      '/pods/IT002E60000001?day=2026-03-17',
      '/audit',
      '/indicators',
      '/operations',
      '/administration',
    ],
  ],
  [/^Aggregator/, ['/portfolio', OPEN]],
  ['DSO', ['/grid', OPEN]],
  ['Customer', ['/home']],
];
