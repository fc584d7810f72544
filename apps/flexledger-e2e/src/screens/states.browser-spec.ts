/**
 * Each panel of each page in each of its states: what it waits for, what makes it fill, why it failed and
 * the way on, which role may see it, and how old what stands there is. The platform's answers are changed
 * on their way to the browser.
 */
import type { Page, Route } from 'playwright-core';
import { type Watched, picture } from './browser';
import { MORNING, type OpenedDemo, PAGES, openDemo } from './opened-demo';

jest.setTimeout(300_000);

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());
afterEach(() => watched.context.close());

/** What is asked of the platform; signing in goes on. */
const ASKED = /\/(api\/v1|contracts)\//;
const problem = (status: number, detail: string) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ status, detail }),
});
const ROLES = 'grid:read is for dso, operator, auditor';
/** Between two looks. */
const LOOK_MS = 400;

/** A list without its items; what is no list is as it is. */
async function emptied(asked: Route): Promise<void> {
  const answer = await asked.fetch();
  const body: unknown = await answer.json().catch(() => undefined);
  const isList = typeof body === 'object' && body !== null && 'items' in body;
  await asked.fulfill({
    response: answer,
    ...(isList && { json: { ...body, items: [], next: null } }),
  });
}

const answers = {
  slow: () => new Promise<void>(() => {}),
  500: (asked: Route) => asked.fulfill({ status: 500, body: 'no' }),
  503: (asked: Route) => asked.fulfill({ status: 503, body: 'no' }),
  403: (asked: Route) => asked.fulfill(problem(403, `The token lacks scope grid:read: ${ROLES}.`)),
  empty: (asked: Route) =>
    // A stream has no items, and the indicators are always the same seven.
    asked.request().headers()['accept'] === 'text/event-stream' ||
    asked.request().url().endsWith('/definitions')
      ? asked.continue()
      : emptied(asked),
} as const satisfies Record<string, (asked: Route) => Promise<void>>;

interface ShownPanel {
  readonly title: string;
  readonly state: 'loading' | 'failed' | 'stale' | 'forbidden' | 'filled';
  readonly text: string;
  readonly buttons: string;
}

/** Runs in the page: what each panel shows. */
function panelsShown(): readonly ShownPanel[] {
  interface Element {
    readonly innerText: string;
    querySelector(selector: string): Element | null;
    querySelectorAll(selector: string): Iterable<Element>;
  }
  const { document } = globalThis as unknown as { readonly document: Element };
  return [...document.querySelectorAll('main section.panel')].flatMap((panel) => {
    const title = panel.querySelector(':scope > header > h2')?.innerText;
    // A form is none that something is read for.
    if (title === undefined) return [];
    const has = (selector: string): boolean => panel.querySelector(selector) !== null;
    const state = has(':scope > .skeleton[role=status]')
      ? 'loading'
      : has(':scope > [role=alert]')
        ? 'failed'
        : has(':scope > .stale[role=status]')
          ? 'stale'
          : has(':scope > .forbidden')
            ? 'forbidden'
            : 'filled';
    const header = panel.querySelector(':scope > header')!.innerText;
    const buttons = [...panel.querySelectorAll('button')].map(({ innerText }) => innerText).join();
    return [{ title, state, text: panel.innerText.replace(header, '').trim(), buttons } as const];
  });
}

/** What the panels show when nothing changes any more: when two looks in a row find the same. */
async function panelsOf(page: Page): Promise<readonly ShownPanel[]> {
  await page.locator('main section.panel > header').first().waitFor();
  for (let before = ''; ;) {
    const panels = await page.evaluate(panelsShown);
    const now = JSON.stringify(panels.map(({ title, state }) => [title, state]));
    if (now === before) return panels;
    before = now;
    await page.waitForTimeout(LOOK_MS);
  }
}

const EACH = PAGES.flatMap(([user, addresses]) =>
  addresses.map((address) => [address, user] as const),
);

it.each(EACH)(
  '%s as %s: each panel says what it waits for, lacks, may not show, or has from before',
  async (address, user) => {
    watched = await opened.as(user);
    const { page } = watched;
    const look = async (state: keyof typeof answers): Promise<readonly ShownPanel[]> => {
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.route(ASKED, answers[state]);
      await page.goto(address);
      const panels = await panelsOf(page);
      await picture(page, `${state}${address}`.replaceAll(/[^A-Za-z0-9]+/g, '-'));
      return panels;
    };

    // The first page comes with its figures, which the server has drawn.
    const waiting = await look('slow');
    if (address !== '/')
      for (const panel of waiting) expect(panel).toMatchObject({ state: 'loading' });

    for (const [status, reason] of [
      [500, 'The platform answered 500.'],
      [503, 'The platform cannot answer now; it goes on by itself.'],
    ] as const) {
      const failed = await look(status);
      for (const panel of failed) {
        expect(panel).toMatchObject({
          state: expect.stringMatching('failed|stale'),
          text: expect.stringContaining(reason),
          buttons: expect.stringMatching(/(Try|Ask|Check) again/),
        });
      }
    }

    for (const panel of await look(403)) {
      expect(panel).toMatchObject({
        state: expect.stringMatching('forbidden|stale|filled'),
        text: expect.stringContaining(ROLES),
      });
    }

    for (const panel of await look('empty')) {
      expect(panel).toMatchObject({
        state: expect.stringMatching('filled|failed'),
        text: expect.stringMatching(/\w{2}/),
      });
    }

    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.clock.install({ time: MORNING });
    await page.goto(address);
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    await panelsOf(page);
    await page.route(ASKED, answers[503]);
    await page.clock.fastForward('01:05:00');
    for (const panel of await panelsOf(page)) {
      expect(panel).toMatchObject({
        state: expect.stringMatching('stale|failed'),
        text: expect.stringMatching(/What stands here is .* old|cannot answer now/),
      });
    }
    expect(watched.faults.filter((fault) => !fault.startsWith('told: Failed to load'))).toEqual([]);
  },
);
