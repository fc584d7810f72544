/**
 * What each role comes to the screens for, done by a click or a key in a real browser, on a demonstration
 * whose market is open: its main task within three clicks of signing in.
 */
import type { Browser, Page } from 'playwright-core';
import { type LivingDemo, TODAY, serveLivingDemo, simulatedFolder } from '../testing/living-demo';
import { type Watched, openBrowser, visit } from './browser';

jest.setTimeout(180_000);

const PODS = 6;
let folder: Awaited<ReturnType<typeof simulatedFolder>>;
let demo: LivingDemo;
let browser: Browser;
let watched: Watched;

beforeAll(async () => {
  folder = await simulatedFolder(PODS, true);
  demo = await serveLivingDemo(folder.dataDir, PODS, '08:30');
  // The gate of what delivers from 12:00 on is open from 9 to 10.
  await demo.until('09:30');
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await demo.close();
  folder.remove();
});
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
  expect(demo.problems).toEqual([]);
});

async function as(user?: string | RegExp): Promise<Page> {
  watched = await visit(browser, demo.url, user);
  return watched.page;
}
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name });
const openSession = (page: Page) =>
  page.getByRole('link', { name: 'Real-time 12:00–16:00, Wed 18 Mar' });

it('a visitor sees how it is going and that it is true, and no more', async () => {
  const page = await as();
  await page.goto('/');
  await heading(page, 'Going well').waitFor();
  await page.getByText('checked in this browser').waitFor();
  await page.getByRole('heading', { name: 'From asked to paid' }).waitFor();
  const pages = page.getByRole('navigation', { name: 'Pages' });
  expect(await pages.getByRole('listitem').allInnerTexts()).toEqual([
    'Now',
    'Audit',
    'Handbook',
    'Interface',
  ]);
  await page.goto('/administration');
  await page.getByText('Sign in to see this page.').waitFor();
});

it('the DSO asks for flexibility by hand, is told at the field what is wrong, amends, withdraws and undoes', async () => {
  const page = await as('DSO');
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await openSession(page).click();
  const ask = page.getByRole('button', { name: 'Ask', exact: true });
  await ask.click();
  const pom = page.getByLabel('Point of measurement');
  expect(await pom.getAttribute('aria-invalid')).toBe('true');
  await page.getByText('name PoDs, or the point of measurement above them').waitFor();
  await pom.fill('PS-bus0');
  await page.getByLabel('How much, kW').fill('2.5');
  await ask.click();
  await page.getByText('The request stands.').waitFor();
  const mine = page.getByRole('row').filter({ hasText: /by-hand-/ });
  await mine.getByText('2.500').waitFor();
  await mine.getByRole('button', { name: 'Amend' }).click();
  await page.getByLabel('How much, kW').fill('3');
  await page.getByRole('button', { name: 'Amend it' }).click();
  await mine.getByText('3.000').waitFor();
  await mine.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await mine.getByText('3.000').waitFor();
});

it('an aggregator looks at its offers, sends them, takes one back and undoes', async () => {
  const page = await as(/^Aggregator/);
  await page.getByRole('link', { name: 'Portfolio' }).click();
  await page.getByRole('link', { name: 'Offer', exact: true }).click();
  await page.getByRole('button', { name: 'Look at what would be offered' }).click();
  await page.getByText(/offers? would be sent/).waitFor();
  await page.getByRole('button', { name: 'Send them' }).click();
  await page.getByText(/offers? stand/).waitFor();
  const offers = page.getByRole('button', { name: 'Withdraw' });
  await offers.first().waitFor();
  const before = await offers.count();
  await offers.first().click();
  await page.getByText('1 offer withdrawn.').waitFor();
  await page.getByRole('button', { name: /Undo/ }).click();
  await offers.nth(before - 1).waitFor();
});

it('whoever lost reads why in a sentence', async () => {
  const page = await as('Market operator');
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await page.getByLabel('To', { exact: true }).fill('2026-03-17');
  await page.getByRole('link', { name: /Day-ahead/ }).click();
  await page.getByRole('slider', { name: 'Quarter-hour' }).press('Home');
  await page.getByLabel('Filter by outcome').selectOption('not taken');
  const offer = page.getByRole('region', { name: 'Offers of the quarter-hour' });
  await offer.getByRole('button').first().click();
  await page.getByText(/^Lost: .+\.$/).waitFor();
});

it('the market operator puts a day into the calendar, and cancels a session with the reason', async () => {
  const page = await as('Market operator');
  await page.goto('/sessions');
  await page.getByText('Put a day into the calendar').click();
  await page.getByLabel('Day of delivery').fill('2026-03-21');
  await page.getByRole('button', { name: 'Schedule its sessions' }).click();
  await page.getByText(/sessions of Saturday 21 March 2026 are in the calendar/).waitFor();
  await page.getByRole('link', { name: 'Real-time 20:00–00:00, Sat 21 Mar' }).click();
  await page.getByText('Cancel this session').click();
  const cancel = page.getByRole('button', { name: 'Cancel it for good' });
  await page.getByLabel(/Why/).fill('Grid model under revision');
  await cancel.click();
  await page.getByText(/cancelled .*because: Grid model under revision/).waitFor();
});

it('the auditor checks an event, and a changed byte turns the step red that it breaks', async () => {
  const page = await as('Auditor');
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await page.getByLabel('Position or id of an event').fill('700');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText('This event holds.').waitFor();
  await page.getByRole('button', { name: /Change one byte/ }).click();
  await page.getByText('This event does not hold: Event hash.').waitFor();
});

it.each([
  ['inclusion', 'Inclusion', 'proof'],
  ['checkpoint', 'Checkpoint signature', ''],
])('a byte of the %s that is changed on its way turns "%s" red', async (route, step, member) => {
  const page = await as('Auditor');
  await page.route(`**/api/v1/log/${route}*`, async (asked) => {
    const answer = await asked.fetch();
    const text = await answer.text();
    if (member === '')
      return asked.fulfill({ response: answer, body: text.replace(/\n\d+\n/, '\n1\n') });
    const claim = JSON.parse(text) as Record<string, string[]>;
    claim[member] = claim[member]!.map(
      (hash) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1),
    );
    return asked.fulfill({ response: answer, json: claim });
  });
  await page.goto('/audit/700');
  await page.getByText(`This event does not hold: ${step}.`).waitFor();
});

it('a customer reads in one sentence what the home earned, and switches it off for tomorrow, on a phone', async () => {
  watched = await visit(browser, demo.url, 'Customer', { viewport: { width: 390, height: 844 } });
  const { page } = watched;
  await page.getByRole('link', { name: 'Home' }).click();
  await heading(
    page,
    /your home gave the neighbourhood [\d.]+ kWh\. You earned EUR [\d.]+\./,
  ).waitFor();
  const off = page.getByRole('switch', { name: 'Not tomorrow' });
  await off.click();
  await page.getByText('Your home is left alone tomorrow.').waitFor();
  await off.click();
  await page.getByText('Tomorrow your home may be asked.').waitFor();
});

it('the DSO sees where it will hurt, what is accepted helps, and what a switch would do', async () => {
  const page = await as('DSO');
  await page.getByRole('link', { name: 'Grid', exact: true }).click();
  await heading(page, /limits? (would|will) be passed|provided for/).waitFor();
  await page.getByRole('combobox', { name: /Forecast/ }).selectOption('dayAhead-2026-03-16T23:00Z');
  const passed = page.locator('.bars .passed');
  await page.getByText(/line\d+ carries most/).waitFor();
  const before = await passed.count();
  await page.getByRole('button', { name: 'After what is accepted' }).click();
  await page.getByRole('button', { name: 'After what is accepted', pressed: true }).waitFor();
  expect(await passed.count()).toBeLessThanOrEqual(before);
  const open = page.locator('path.open').first();
  await open.dispatchEvent('click');
  await page.getByText(/Tried here only: line\d+ switched\./).waitFor();
});

it('the DSO tries switches instead of buying, and is told what ends, what appears and what is cut off', async () => {
  const page = await as('DSO');
  await page.goto('/grid/ieee33?session=realTime-2026-03-18T11:00Z');
  await page.getByRole('heading', { name: 'Switch instead of buying' }).waitFor();
  const open = page.getByRole('combobox', { name: 'Open' });
  await open.selectOption('line1');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText(/It cuts off \d+ buses with \d+ PoDs: it is not computed\./).waitFor();
  await page.getByRole('button', { name: 'line1: turn back' }).click();
  await page.getByRole('combobox', { name: 'Close' }).selectOption('line33');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page
    .getByText(/(Ends|Stays out of limits|Brings out of limits): .*It closes a ring\./)
    .waitFor();
});

it('the DSO sets how it computes from the next session on, and is told at the field what is wrong', async () => {
  const page = await as('DSO');
  await page.getByRole('link', { name: 'Grid', exact: true }).click();
  await page.getByLabel('Requests after, min').fill('241');
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByText('give whole minutes, 0 to 240').waitFor();
  await page.getByLabel('Requests after, min').fill('7');
  await page.getByLabel('Why', { exact: true }).fill('nobody needs longer');
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByText('Sessions that are scheduled from now on go by it.').waitFor();
  await page.getByText('7 min', { exact: true }).waitFor();
});

it('the TSO sees its requests, and a PoD with its day', async () => {
  const page = await as('TSO');
  await page.goto(`/sessions?from=${TODAY}`);
  await openSession(page).click();
  await page.getByRole('tab', { name: /Requests/ }).waitFor();
  await page.goto('/pods/IT002E60000001?day=2026-03-17');
  await page.getByText('Well: its node is connected').waitFor();
  await page.getByRole('img', { name: 'Power of the PoD by quarter-hour' }).waitFor();
});

it('everything can be gone to by keyboard', async () => {
  const page = await as('Market operator');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('IT002E60000002');
  await page.keyboard.press('Enter');
  await heading(page, 'IT002E60000002').waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('operations');
  await page.keyboard.press('Enter');
  await heading(page, 'Everything runs').waitFor();
  await page.goBack();
  await heading(page, 'IT002E60000002').waitFor();
});
