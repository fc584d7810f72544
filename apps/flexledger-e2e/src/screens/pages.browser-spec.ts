/**
 * Every page of every role, light and dark, large and on a phone: it says something, asks nobody else,
 * tells no error, is not wider than the phone, and axe finds nothing serious. And what is drawn when
 * things are not as they should be.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type EmptyMarket, openEmptyMarket } from '../testing/empty-market';
import { type Watched, overflow, picture, seriousFindings, visit } from './browser';
import { DESK, type OpenedDemo, PAGES, PHONE, openDemo } from './opened-demo';

jest.setTimeout(240_000);

let opened: OpenedDemo;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());

/** What every page has in the end: a heading, and no panel that is still waiting. */
async function whole(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

describe.each([
  ['light', DESK, 'light'],
  ['dark', DESK, 'dark'],
  ['on a phone', PHONE, 'light'],
] as const)('%s', (look, size, colorScheme) => {
  it.each(PAGES)('every page of %s is as it should be', async (user, addresses) => {
    const { page, context, faults } = await opened.as(user, {
      ...size,
      colorScheme,
    });
    const found: string[] = [];
    for (const address of addresses) {
      await page.goto(address);
      await whole(page);
      // What a narrow page has besides is that it scrolls; that is looked at where it matters most.
      if (size === DESK || user === 'Customer') {
        found.push(...(await seriousFindings(page)).map((finding) => `${address} ${finding}`));
      }
      const wider = await overflow(page);
      if (wider > 0) found.push(`${address} is ${wider} px too wide`);
      await picture(page, `${String(user)}${address}-${look}`.replaceAll(/[^A-Za-z0-9]+/g, '-'));
    }
    await context.close();
    expect([found, faults]).toEqual([[], []]);
  });
});

describe('when things are not as they should be', () => {
  let watched: Watched;
  afterEach(() => watched.context.close());

  it('an id that does not exist, and one that is not yours, are told as such', async () => {
    watched = await opened.as('Customer');
    const { page } = watched;
    await page.goto('/sessions/dayAhead-1999-01-01T23:00Z');
    await page.getByRole('heading', { name: 'No such session' }).waitFor();
    await page.goto('/pods/IT002E60000099');
    await page
      .getByText(/has no right|no PoD|There is no/)
      .first()
      .waitFor();
    await page.goto('/nowhere/at/all');
    expect((await page.goto('/nowhere'))!.status()).toBe(404);
  });

  it('a platform that answers 503 and 500 is told in the panel, and asked again by a click', async () => {
    watched = await opened.as('Market operator');
    const { page } = watched;
    let status = 503;
    await page.route('**/api/v1/sessions?*', (asked) =>
      status === 0 ? asked.continue() : asked.fulfill({ status, body: 'no' }),
    );
    await page.goto('/sessions');
    await page.getByRole('alert').getByText('The platform cannot answer now').waitFor();
    await picture(page, 'failed');
    status = 500;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The platform answered 500.').waitFor();
    status = 0;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page
      .getByRole('link', { name: /Day-ahead/ })
      .first()
      .waitFor();
  });

  it('a platform that goes away and comes back is told, and what stood stays', async () => {
    watched = await opened.as('Market operator');
    const { page } = watched;
    await page.getByRole('heading', { name: 'The day', exact: true }).waitFor();
    await watched.context.setOffline(true);
    await page.getByText('The platform does not answer.').first().waitFor();
    expect(await page.getByRole('heading', { name: 'The day', exact: true }).count()).toBe(1);
    await picture(page, 'away');
    await watched.context.setOffline(false);
    await page.getByText('The platform does not answer.').first().waitFor({ state: 'hidden' });
  });

  it('a sign-in that ends in mid-form loses nothing that was typed', async () => {
    watched = await opened.as('DSO');
    const { page, context } = watched;
    await page.goto('/sessions');
    await page.getByRole('link', { name: 'Real-time 12:00–16:00, Wed 18 Mar' }).click();
    await page.getByLabel('Point of measurement').fill('PS-bus0');
    await page.getByLabel('How much, kW').fill('1.25');
    // The issuer forgets who this was, and no token is taken any more.
    await context.clearCookies();
    const refused = {
      status: 401,
      contentType: 'application/problem+json',
      body: '{"detail":"The token has ended."}',
    };
    await page.route('**/api/v1/sessions/**', (asked) => asked.fulfill(refused));
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('Your sign-in has ended. What you have typed stands.').waitFor();
    expect(await page.getByLabel('Point of measurement').inputValue()).toBe('PS-bus0');
    expect(await page.getByLabel('How much, kW').inputValue()).toBe('1.25');
    await picture(page, 'ended');
  });

  it('who reads Italian is answered so from the first paint on, and keeps what they choose', async () => {
    watched = await opened.as(undefined, { ...DESK, locale: 'it-IT' });
    const { page } = watched;
    const drawn = await watched.context.request.get('/', {
      headers: { 'accept-language': 'it-IT,it;q=0.9' },
    });
    expect(await drawn.text()).toMatch(/<html lang="it">[^]*<h2[^>]*>Il giorno<[^]*richiesto, kWh/);
    await page.goto('/');
    await page.getByRole('button', { name: 'Accedi' }).waitFor();
    expect(await page.title()).toBe('Adesso · Flexledger');
    await picture(page, 'italian');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'The day', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Italiano' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(watched.faults).toEqual([]);
  });

  it('the first view does not move, whatever the browser adds to it', async () => {
    watched = await opened.as(undefined, PHONE);
    const { page } = watched;
    await page.addInitScript(`
      self.moved = 0;
      new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) self.moved += one.value;
      }).observe({ type: 'layout-shift', buffered: true });
    `);
    // The browser's clock is the market's, so that nothing is told of another.
    await page.clock.setSystemTime(new Date('2026-03-18T08:30:00Z'));
    await page.goto('/');
    await page.getByText('checked in this browser').waitFor();
    expect(await page.evaluate('self.moved')).toBeLessThan(0.01);
  });

  it('a paste of ten megabytes is refused in words', async () => {
    watched = await opened.as();
    const { page } = watched;
    await page.goto('/audit');
    await page.getByText('Or paste an event').click();
    await page.getByLabel('Event as JSON').evaluate((area) => {
      const field = area as unknown as { value: string; dispatchEvent(event: Event): void };
      field.value = 'x'.repeat(10_000_000);
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.getByRole('button', { name: 'Check what is pasted' }).click();
    await page.getByText('That is longer than any event').waitFor();
  });

  it('a clock that is wrong is told, and times stay those of the market', async () => {
    watched = await opened.as(undefined);
    const { page } = watched;
    await page.goto('/');
    // The market of this test lives on 18 March 2026.
    await page
      .getByText(/This device's clock is .* ahead; all times here are the market's\./)
      .waitFor();
    await page.getByText('Wed 18 Mar', { exact: false }).first().waitFor();
  });
});

describe('a folder with nothing in it', () => {
  let market: EmptyMarket;
  beforeAll(async () => {
    market = await openEmptyMarket(1);
  });
  afterAll(() => market.remove());

  it('has every page say what makes it fill, and signs its first administrator in', async () => {
    const { page, context, faults } = await visit(opened.browser, market.url);
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Quiet so far' }).waitFor();
    expect(await page.getByRole('group', { name: 'Demonstration' }).count()).toBe(0);
    expect(faults).toEqual([]);
    const told = readFileSync(path.join(market.dataDir, 'admin-password.json'), 'utf8');
    const { password } = JSON.parse(told) as { password: string };
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Market operator').waitFor();
    for (const [address, words] of [
      ['/pods', 'No PoD is registered yet.'],
      ['/indicators', 'Nothing to measure yet'],
      ['/audit', 'No checkpoint is anchored yet'],
      ['/operations', 'Everything runs'],
    ] as const) {
      await page.goto(address);
      await page.getByText(words).first().waitFor();
    }
    await context.close();
  });
});
