/**
 * A newcomer's path: the one address that `npm start` serves, a click to look at the market as one of its
 * roles, and the main task of that role done within three more; then each page by the keyboard alone.
 */
import type { Locator, Page } from 'playwright-core';
import { type Watched, picture } from './browser';
import { OPEN, type OpenedDemo, PHONE, SETTLED, openDemo } from './opened-demo';

jest.setTimeout(240_000);

const MOST_CLICKS = 3;
/** Of what can be gone to by Tab on a page, no more than this is in front of what the page is for. */
const MOST_TABS = 150;

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
  expect(opened.demo.problems).toEqual([]);
});

/** Somebody who has signed in by one click. */
async function as(user: string | RegExp, options = {}): Promise<Page> {
  watched = await opened.as(user, options);
  return watched.page;
}

interface Task {
  readonly user: string | RegExp;
  readonly task: string;
  /** What is clicked, in this order. */
  readonly clicks: (page: Page) => readonly Locator[];
  /** What is typed or chosen before the last click. */
  readonly typed?: (page: Page) => Promise<unknown>;
  /** What says that it is done. */
  readonly done: (page: Page) => Locator;
  readonly options?: object;
}

const link = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('link', { name, exact: true });
const button = (page: Page, name: string): Locator =>
  page.getByRole('button', { name, exact: true });
const openSession = (page: Page): Locator =>
  page.getByRole('row').getByRole('link', { name: 'Real-time 12:00–16:00, Wed 18 Mar' });
const asksByHand = {
  clicks: (page: Page) => [link(page, 'Sessions'), openSession(page), button(page, 'Ask')],
  typed: async (page: Page) => {
    await page.getByLabel('Point of measurement').fill('PS-bus0');
    await page.getByLabel('How much, kW').fill('2.5');
  },
  done: (page: Page) => page.getByText('The request stands.'),
};

const TASKS: readonly Task[] = [
  {
    user: 'Market operator',
    task: 'puts a day of sessions into the calendar',
    clicks: (page) => [
      link(page, 'Sessions'),
      page.getByText('Put a day into the calendar'),
      button(page, 'Schedule its sessions'),
    ],
    done: (page) => page.getByText(/sessions of Friday 20 March 2026 are in the calendar/),
  },
  {
    user: 'Market operator',
    task: 'lets somebody in, with a password that is told once',
    clicks: (page) => [link(page, 'Administration'), button(page, 'Create')],
    typed: (page) => page.getByLabel('User', { exact: true }).fill('operator.second'),
    done: (page) => page.getByText('Its first password, told once:'),
  },
  {
    user: 'Market operator',
    task: 'registers a party',
    clicks: (page) => [link(page, 'Administration'), button(page, 'Register it')],
    typed: async (page) => {
      const form = page.getByRole('region', { name: 'Register a party' });
      await form.getByLabel('Party').fill('aggregator:AGG9');
      await form.getByLabel('Name').fill('Ninth Aggregator');
    },
    done: (page) => page.getByText('aggregator:AGG9 is registered.'),
  },
  { user: 'DSO', task: 'asks for flexibility by hand', ...asksByHand },
  { user: 'TSO', task: 'asks for flexibility by hand', ...asksByHand },
  {
    user: /^Aggregator/,
    task: 'offers what its customers can move',
    clicks: (page) => [link(page, 'Portfolio'), link(page, 'Offer'), button(page, 'Send them')],
    done: (page) => page.getByText(/offers? stand/),
  },
  {
    user: 'Customer',
    task: 'switches the home off for tomorrow, on a phone',
    clicks: (page) => [link(page, 'Home'), page.getByRole('switch', { name: 'Not tomorrow' })],
    done: (page) => page.getByText('Your home is left alone tomorrow.'),
    options: PHONE,
  },
  {
    user: 'Auditor',
    task: 'has a proof checked, and sees every step of it green',
    clicks: (page) => [link(page, 'Audit'), button(page, 'Check')],
    typed: (page) => page.getByLabel('Position or id of an event').fill('700'),
    done: (page) => page.getByText('This event holds.'),
  },
];

it.each(TASKS)('$user $task within three clicks', async (one) => {
  const page = await as(one.user, one.options);
  const clicks = one.clicks(page);
  expect(clicks.length).toBeLessThanOrEqual(MOST_CLICKS);
  for (const [index, target] of clicks.entries()) {
    if (index === clicks.length - 1) await one.typed?.(page);
    await target.click();
  }
  await one.done(page).waitFor();
  await picture(page, `newcomer-${String(one.user)}-${one.task}`.replaceAll(/[^A-Za-z0-9]+/g, '-'));
});

it('an aggregator takes back what it has just sent, and undoes that', async () => {
  const page = await as(/^Aggregator/);
  await page.goto(OPEN);
  await button(page, 'Send them').click();
  await page.getByText(/offers? stand/).waitFor();
  const offers = button(page, 'Withdraw');
  await offers.first().waitFor();
  const before = await offers.count();
  await offers.first().click();
  await page.getByRole('button', { name: /Undo/ }).click();
  await offers.nth(before - 1).waitFor();
});

/** Runs in the page: how an element that has the focus is outlined; undefined where another has it. */
function outlineOfFocused(one: unknown): string | undefined {
  const page = globalThis as unknown as {
    readonly document: { readonly activeElement: unknown };
    getComputedStyle(element: unknown): { readonly outlineStyle: string };
  };
  return page.document.activeElement === one ? page.getComputedStyle(one).outlineStyle : undefined;
}

/** Goes on by Tab until `target` has the focus, and says how often that took; sees that it is shown there. */
async function tabTo(page: Page, target: Locator): Promise<number> {
  await target.first().waitFor();
  for (let tabs = 1; tabs <= MOST_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    const outline = await target.first().evaluate(outlineOfFocused);
    if (outline === undefined) continue;
    expect(outline).not.toBe('none');
    return tabs;
  }
  throw new Error(`${String(target)} is not gone to by ${MOST_TABS} Tabs on ${page.url()}.`);
}

interface KeyboardPath {
  readonly page: string;
  readonly user: string | RegExp;
  readonly address: string;
  readonly target: (page: Page) => Locator;
  readonly keys: readonly string[];
  readonly done: (page: Page) => Promise<unknown>;
}

const shown = (locator: Locator): Promise<void> => locator.first().waitFor();

const BY_KEYBOARD: readonly KeyboardPath[] = [
  {
    page: 'Now',
    user: 'Market operator',
    address: '/?day=2026-03-17',
    target: (page) => page.getByRole('main').getByRole('link', { name: /Day-ahead/ }),
    keys: ['Enter'],
    done: (page) => shown(page.getByRole('heading', { level: 1, name: /Day-ahead/ })),
  },
  {
    page: 'Sessions',
    user: 'Market operator',
    address: '/sessions?to=2026-03-17',
    target: (page) => page.getByLabel('Text'),
    keys: ['N', 'o', 'S', 'u', 'c', 'h'],
    done: (page) => shown(page.getByText('No session fits what is asked for above.')),
  },
  {
    page: 'Session',
    user: 'Market operator',
    address: SETTLED,
    target: (page) => page.getByRole('slider', { name: 'Quarter-hour' }),
    keys: ['End'],
    done: (page) => page.waitForURL('**mtu=95**'),
  },
  {
    page: 'Grid',
    user: 'DSO',
    address: '/grid?session=dayAhead-2026-03-16T23%3A00Z',
    target: (page) => page.getByRole('slider', { name: 'Quarter-hour' }),
    keys: ['Home', 'ArrowRight'],
    done: (page) => page.waitForURL('**mtu=1**'),
  },
  {
    page: 'Portfolio',
    user: /^Aggregator/,
    address: '/portfolio',
    target: (page) => link(page, 'Offer'),
    keys: ['Enter'],
    done: (page) => shown(page.getByRole('heading', { level: 1, name: /Real-time/ })),
  },
  {
    page: 'PoDs and nodes',
    user: 'Market operator',
    address: '/pods',
    target: (page) => page.getByRole('row').getByRole('link', { name: 'IT002E60000001' }),
    keys: ['Enter'],
    done: (page) => shown(page.getByRole('heading', { level: 1, name: 'IT002E60000001' })),
  },
  {
    page: 'Audit',
    user: 'Auditor',
    address: '/audit',
    target: (page) => page.getByLabel('Position or id of an event'),
    keys: ['7', '0', '0', 'Enter'],
    done: (page) => shown(page.getByText('This event holds.')),
  },
  {
    page: 'Indicators',
    user: 'Auditor',
    address: '/indicators',
    target: (page) => page.getByLabel('From', { exact: true }),
    keys: ['ArrowUp'],
    done: (page) => page.waitForURL('**from=**'),
  },
  {
    page: 'Operations',
    user: 'Market operator',
    address: '/operations',
    target: (page) => link(page, 'Backups'),
    keys: [],
    done: (page) => shown(page.getByRole('heading', { level: 1, name: 'Everything runs' })),
  },
  {
    page: 'Administration',
    user: 'Market operator',
    address: '/administration',
    target: (page) => page.getByLabel('User', { exact: true }),
    keys: ['x', 'Enter'],
    done: (page) => shown(page.getByText(/Its first password, told once:/)),
  },
  {
    page: 'Home',
    user: 'Customer',
    address: '/home',
    target: (page) => page.getByRole('switch', { name: 'Not tomorrow' }),
    keys: ['Space'],
    done: (page) => shown(page.getByText(/left alone tomorrow|may be asked/)),
  },
];

it.each(BY_KEYBOARD)('what $page is for is done by the keyboard alone', async (one) => {
  const page = await as(one.user);
  await page.goto(one.address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Tab');
  // The first is past all that stands around the page.
  await page.getByRole('link', { name: 'To the content' }).press('Enter');
  await tabTo(page, one.target(page));
  for (const key of one.keys) await page.keyboard.press(key);
  await one.done(page);
});
