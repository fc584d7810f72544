/** An aggregator groups its PoDs, begins a dashboard of them, changes a widget's formula and takes its report away. */
import { readFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import type { Page } from 'playwright-core';
import { type Watched, overflow, picture, seriousFindings } from './browser';
import { type OpenedDemo, PHONE, openDemo } from './opened-demo';

jest.setTimeout(240_000);

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
  const aggregator = opened.demo.as('aggregator-AGG2');
  const { items } = (await aggregator.get('/api/v1/portfolio')).body as {
    readonly items: readonly { readonly podId: string }[];
  };
  await aggregator.put('/api/v1/portfolio/assets/north', {
    name: 'North',
    podIds: items.map(({ podId }) => podId),
  });
});
afterAll(() => opened.close());
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
});

const DAY = '2026-03-17';

async function as(user: string | RegExp, address: string, phone = false): Promise<Page> {
  watched = await opened.as(user, phone ? PHONE : undefined);
  await watched.page.goto(address);
  return watched.page;
}

/** Begins a dashboard of an asset or a PoD, and stands on it. */
async function begin(page: Page, name: string, of: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).first().fill(name);
  await page.getByLabel('Of', { exact: true }).selectOption(of);
  await page.getByRole('button', { name: 'Begin it' }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.getByLabel('Day', { exact: true }).fill(DAY);
}

it('an asset is defined of PoDs, and a dashboard of it shows baseline, flexibility and what was earned', async () => {
  const page = await as(/^Aggregator/, '/dashboards');
  await page.getByLabel('Id in formulas').fill('a-b');
  await page.getByLabel('Name', { exact: true }).last().fill('All roofs');
  await page.getByRole('button', { name: 'All of my PoDs' }).click();
  await page.getByRole('button', { name: 'Define it' }).click();
  await page.getByText(/^is no id like roofs/).waitFor();
  // The browser itself tells of the refusal.
  expect(watched.faults.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
  await page.getByLabel('Id in formulas').fill('roofs');
  await page.getByRole('button', { name: 'Define it' }).click();
  await page.getByText('All roofs is defined; formulas call it roofs.').waitFor();
  await page.getByRole('rowheader', { name: 'All roofs' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'dashboards');

  await begin(page, 'My day', 'roofs');
  await page.getByRole('img', { name: 'Baseline and flexibility: 4 lines over time' }).waitFor();
  const earned = page.getByRole('region', { name: 'Earned' });
  await earned.getByText(/^settled$/).waitFor();
  const results = page.getByRole('region', { name: 'Results by quarter-hour', exact: true });
  await results.first().getByText('sold upwards, kW').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'dashboard');
});

it('a formula at fault is told with its place, and a widget that is saved is worked out', async () => {
  const page = await as(/^Aggregator/, '/dashboards');
  await begin(page, 'Formulas', 'north');
  await page.getByRole('button', { name: 'Add a widget' }).click();
  const editor = page.getByRole('region', { name: 'The widget' });
  await editor.getByLabel('Title').fill('Peak');
  await editor.getByLabel('Shown as').selectOption('figure');
  await editor.getByLabel('Label').fill('peak');
  const formula = editor.getByLabel('Formula');
  await formula.fill('max(north.baseline) + 1');
  await editor.getByRole('button', { name: 'Save the widget' }).click();
  await editor
    .getByText('at character 23: kW and a bare number cannot be put together')
    .first()
    .waitFor();
  expect(watched.faults.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
  await formula.fill('max(north.baseline) + 1 * kW');
  await editor.getByRole('button', { name: 'Save the widget' }).click();
  const peak = page.getByRole('region', { name: 'Peak' });
  await peak.getByText(/^\d+(\.\d+)?$/).waitFor();
  await page.reload();
  await peak.getByText(/^\d+(\.\d+)?$/).waitFor();
});

it('a report is taken away as CSV, JSON and Parquet, of the days that are looked at', async () => {
  const page = await as(/^Aggregator/, '/dashboards');
  await begin(page, 'Files', 'north');
  await page.getByLabel('Days', { exact: true }).selectOption('7');
  await page.getByText(`7 days from ${DAY}`).first().waitFor();
  const results = page.getByRole('region', { name: 'Results by quarter-hour' }).first();
  const taken = async (name: string): Promise<[string, Buffer]> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      results.getByRole('button', { name }).click(),
    ]);
    return [download.suggestedFilename(), readFileSync(await download.path())];
  };
  const [name, csv] = await taken('Download CSV');
  expect(name).toBe(`Results-by-quarter-hour-${DAY}-7-days.csv`);
  const lines = csv.toString('utf8').trim().split('\r\n');
  expect(lines[0]).toBe('mtuStart,"sold upwards, kW","sold downwards, kW","settled, EUR"');
  expect(lines.length).toBe(1 + 7 * 96);
  const json = JSON.parse((await taken('JSON'))[1].toString('utf8')) as object[];
  const file = new Uint8Array((await taken('Parquet'))[1]).buffer;
  expect(await parquetReadObjects({ file })).toEqual(json);
  expect(json.length).toBe(7 * 96);
});

it('a dashboard fits a phone, and one that there is not is said to be none', async () => {
  const page = await as(/^Aggregator/, '/dashboards/none', true);
  await page.getByRole('heading', { name: 'There is no such dashboard' }).waitFor();
  await page.getByRole('link', { name: 'All dashboards' }).click();
  await begin(page, 'On the phone', 'north');
  await page.getByRole('img', { name: 'Baseline and flexibility: 4 lines over time' }).waitFor();
  expect(await overflow(page)).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'dashboard-phone');
});

it('a widget is shown to others by a link, without a script, until the link is withdrawn', async () => {
  const page = await as(/^Aggregator/, '/dashboards');
  await begin(page, 'Shown', 'north');
  const shown = page.getByRole('region', { name: 'Shown to others' });
  await shown.getByLabel('Widget').selectOption('Baseline and flexibility');
  await shown.getByLabel('Pages that may hold it').fill('https://www.example.org');
  await shown.getByRole('button', { name: 'Give a link' }).click();
  const link = shown.getByRole('link', { name: 'Baseline and flexibility' });
  await link.waitFor();
  const path = (await link.getAttribute('href'))!;
  expect(await seriousFindings(page)).toEqual([]);

  const visitor = await opened.as();
  const answer = await visitor.page.goto(path);
  expect(answer!.headers()['content-security-policy']).toContain(
    'frame-ancestors https://www.example.org',
  );
  await visitor.page.getByRole('img', { name: 'Baseline and flexibility' }).waitFor();
  expect(await visitor.page.locator('script').count()).toBe(0);
  expect(await seriousFindings(visitor.page)).toEqual([]);
  await picture(visitor.page, 'embedded-widget');

  await shown.getByRole('button', { name: 'Withdraw the link to' }).click();
  await link.waitFor({ state: 'detached' });
  await visitor.page.goto(path);
  await visitor.page.getByText('The link was withdrawn by who gave it.').waitFor();
  // The browser tells of the 404 itself.
  expect(visitor.faults).toEqual([expect.stringContaining('404 (Not Found)')]);
  await visitor.context.close();
});

it('is for aggregators alone', async () => {
  const page = await as('Market operator', '/dashboards');
  await page.getByText(/This page is for aggregator/).waitFor();
});
