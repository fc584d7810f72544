/**
 * What the browser computes again by itself: a session with all that it rests on, a receipt, a bundle as a
 * file without the platform. What was made false on the way is named.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type Watched, overflow, picture, seriousFindings } from './browser';
import { type OpenedDemo, PHONE, SETTLED, openDemo } from './opened-demo';

jest.setTimeout(240_000);

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(async () => {
  await opened.close();
  for (const file of [BUNDLE, CHANGED, OTHER]) rmSync(file, { force: true });
});
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
});

const fileOf = (name: string) => path.join(tmpdir(), `flexledger-${name}-${process.pid}.json`);
const [BUNDLE, CHANGED, OTHER] = ['bundle', 'changed', 'other'].map(fileOf) as [
  string,
  string,
  string,
];
const verdict = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();
const check = (page: Page) =>
  page.getByRole('button', { name: 'Check this session in this browser' }).click();

it('the auditor has a session computed again, keeps its bundle, and sees a changed byte', async () => {
  watched = await opened.as('Auditor');
  const { page } = watched;
  await page.goto(SETTLED);
  await page.getByRole('tab', { name: 'Evidence' }).click();
  await check(page);
  await verdict(page, 'This session holds.');
  for (const step of ['Inclusion', 'Clearing', 'Validation', 'Settlement', 'Signatures of nodes']) {
    const found = page.locator('li.good', { hasText: step });
    expect(await found.count()).toBeGreaterThan(0);
  }
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'evidence');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the bundle' }).click(),
  ]);
  await download.saveAs(BUNDLE);
  await page.getByRole('button', { name: /Change one byte/ }).click();
  await verdict(page, 'This session does not hold: Event hashes.');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'evidence-changed');
});

it('names the step where the platform shows another order than was recorded', async () => {
  watched = await opened.as('Auditor');
  const { page } = watched;
  await page.route('**/api/v1/events?*stream=session-*', async (asked) => {
    const answer = await asked.fetch();
    const text = await answer.text();
    return asked.fulfill({
      response: answer,
      body: text.replace(/"priceMicroEurPerKwh":\[(\d)/, (_, digit: string) => {
        return `"priceMicroEurPerKwh":[${digit === '9' ? '8' : '9'}`;
      }),
    });
  });
  await page.goto(`${SETTLED}?tab=evidence`);
  await check(page);
  await verdict(page, 'This session does not hold: Event hashes.');
  await verdict(page, /FlexibilityOffered/);
});

it('an aggregator checks what it had bid when the gate closed, on a phone too', async () => {
  watched = await opened.as(/^Aggregator/, PHONE);
  const { page } = watched;
  await page.goto(`${SETTLED}?tab=evidence`);
  await page.getByRole('button', { name: 'Check my receipt in this browser' }).click();
  await verdict(page, 'Your receipt holds.');
  expect(await overflow(page)).toBe(0);
});

it('a bundle is checked by anybody without the platform, and a changed byte of the file is named', async () => {
  watched = await opened.as(undefined);
  const { page, context } = watched;
  await page.goto('/audit');
  await verdict(page, 'Met for the first time');
  const chosen = page.getByLabel('Bundle, receipt or proof');
  // The worker is there before the platform goes away.
  await chosen.setInputFiles(BUNDLE);
  await verdict(page, 'What the file holds holds.');
  await context.setOffline(true);
  const text = readFileSync(BUNDLE, 'utf8');
  writeFileSync(
    CHANGED,
    text.replace(/acceptedW\\":\[(\d)/, (_, digit: string) => {
      return `acceptedW\\":[${digit === '9' ? '8' : '9'}`;
    }),
  );
  await chosen.setInputFiles(CHANGED);
  await verdict(page, 'What the file holds does not hold: Event hashes.');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'dropped-bundle');
  writeFileSync(OTHER, '{"format":"another"}');
  await chosen.setInputFiles(OTHER);
  await verdict(page, /is no bundle that can be used: its format is "another"/);
  // What is told of a platform that is away is no fault of the page.
  watched.faults.length = 0;
});

it('the operator sees what else the market could have chosen', async () => {
  watched = await opened.as('Market operator');
  const { page } = watched;
  await page.goto(SETTLED);
  await page.getByRole('button', { name: 'Look for them' }).click();
  await page.getByText(/(choices found|No other choice)[^]*The market chose EUR/).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'choices');
});
