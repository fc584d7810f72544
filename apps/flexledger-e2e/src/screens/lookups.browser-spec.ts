/** What people look for and take with them: a PoD among sessions, views they saved, files, a session on paper, charts. */
import { readFileSync } from 'node:fs';
import { sleep } from '@flexledger/runtime';
import { parquetReadObjects } from 'hyparquet';
import type { Page } from 'playwright-core';
import { type Watched, overflow, picture, seriousFindings } from './browser';
import { GRID_OF_SETTLED, type OpenedDemo, PHONE, SETTLED, openDemo } from './opened-demo';

jest.setTimeout(240_000);

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
});

async function as(user: string | RegExp, address: string): Promise<Page> {
  watched = await opened.as(user);
  await watched.page.goto(address);
  return watched.page;
}

it('finds the sessions in which a PoD sold, and one by the id of its outcome', async () => {
  const page = await as('Market operator', '/sessions?to=2026-03-17');
  const text = page.getByLabel('Text');
  await text.fill('it002e60000001');
  await page.getByRole('heading', { name: /sessions? in which IT002E60000001 sold/ }).waitFor();
  await page.getByRole('link', { name: 'Day-ahead for Tue 17 Mar' }).waitFor();
  await text.fill('IT002E69999999');
  await page.getByText('IT002E69999999 sold nothing in the sessions of these days.').waitFor();
  await text.fill('dayAhead-2026-03-16T23:00Z/0');
  await page.getByRole('heading', { name: '1 session', exact: true }).waitFor();
});

it('the days that are looked at are kept from page to page, and back leads to those before', async () => {
  const page = await as('Market operator', '/sessions');
  const go = (name: string) => page.getByRole('link', { name, exact: true }).click();
  await page.getByLabel('From', { exact: true }).fill('2026-03-16');
  await page.getByLabel('To', { exact: true }).fill('2026-03-17');
  await go('Indicators');
  await page.getByText('2026-03-16 to 2026-03-17').waitFor();
  await page.getByLabel('From', { exact: true }).fill('2026-03-17');
  await page.getByText('2026-03-17 to 2026-03-17').waitFor();
  await page.goBack();
  await page.getByText('2026-03-16 to 2026-03-17').waitFor();
  await go('Now');
  await page.getByText(/Tuesday 17 March 2026\. All figures are of this delivery day\./).waitFor();
  await go('Sessions');
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('2026-03-16');
  // Whose end is put before its beginning is shown its last day.
  await page.getByLabel('To', { exact: true }).fill('2026-03-15');
  await go('Indicators');
  await page.getByText('2026-03-15 to 2026-03-15').waitFor();
});

it('an aggregator reads what it earned by day, week and month, and takes it along as a file', async () => {
  const page = await as(/^Aggregator/, '/portfolio?from=2026-03-01&to=2026-03-18');
  const earnings = page.getByRole('region', { name: 'Earnings' });
  const row = (name: string) =>
    earnings.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  const earned = async (name: string): Promise<string> =>
    (await row(name).getByRole('cell').nth(5).innerText()).trim();
  const ofDay = await earned('Tuesday 17 March 2026');
  expect(ofDay).toMatch(/^EUR \d+\.\d\d$/);
  await earnings.getByRole('button', { name: 'Week' }).click();
  expect(await earned('week 12 of 2026')).toBe(ofDay);
  await earnings.getByRole('button', { name: 'Month' }).click();
  expect(await earned('March 2026')).toBe(ofDay);
  expect(new URL(page.url()).searchParams.get('by')).toBe('month');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    earnings.getByRole('button', { name: 'JSON' }).click(),
  ]);
  const rows = JSON.parse(readFileSync(await download.path(), 'utf8')) as object[];
  expect(rows).toEqual([
    expect.objectContaining({ month: '2026-03', paidMicroEur: expect.any(Number) }),
  ]);
  await page.goBack();
  await row('week 12 of 2026').waitFor();
  await earnings.getByLabel('From').fill('2026-03-18');
  await page.getByText(/Nothing was settled in these days/).waitFor();
});

it('a customer reads on a phone what the home earned by month', async () => {
  watched = await opened.as('Customer', PHONE);
  const { page } = watched;
  await page.goto('/home');
  const months = page.getByRole('region', { name: 'Earned by month' });
  const row = months.getByRole('row').filter({ hasText: 'March 2026' });
  expect(await row.getByRole('cell').last().innerText()).toMatch(/EUR \d+\.\d\d/);
  expect(await overflow(page)).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
});

it('a view is saved under a name, opened again with its filter, and forgotten', async () => {
  const page = await as('Auditor', '/sessions?status=published&to=2026-03-17');
  await page.getByRole('button', { name: 'Save this view' }).click();
  await page.getByLabel('Name of the view').fill('Published in March');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await page.getByRole('link', { name: 'Published in March' }).click();
  await page.waitForURL('**/sessions?status=published&to=2026-03-17');
  expect(await page.getByLabel('Status').inputValue()).toBe('published');
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Forget Published in March' }).click();
  await page.getByRole('link', { name: 'Published in March' }).waitFor({ state: 'detached' });
});

it('a download carries the filter that is in force, as CSV, JSON and Parquet', async () => {
  const page = await as('Market operator', `${SETTLED}?tab=services&find=IT002E60000001`);
  const rows = page.getByRole('tabpanel');
  const taken = async (name: string): Promise<Buffer> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      rows.getByRole('button', { name }).click(),
    ]);
    return readFileSync(await download.path());
  };
  const csv = (await taken('Download CSV')).toString('utf8').trim().split('\r\n');
  const json = JSON.parse((await taken('JSON')).toString('utf8')) as { PoD: string }[];
  const parquet = await taken('Parquet');
  const file = new Uint8Array(parquet).buffer;
  expect(csv.length).toBe(json.length + 1);
  expect(new Set(json.map((one) => one.PoD))).toEqual(new Set(['IT002E60000001']));
  expect(await parquetReadObjects({ file })).toEqual(json);
});

it('a request of the DSO names its grid point, in the session and beside the alarm that it is for', async () => {
  const page = await as('DSO', `${SETTLED}?tab=requests`);
  const asked = page.getByRole('region', { name: 'Requests' }).getByRole('row');
  await asked.filter({ hasText: 'PS-bus0, feeder line0' }).first().waitFor();
  await page.goto(GRID_OF_SETTLED);
  const sized = page.getByRole('region', { name: 'What the DSO asks for' }).getByRole('row');
  await sized.filter({ hasText: 'PS-bus0, feeder line0' }).first().waitFor();
});

it('the nodes of all PoDs are listed with their meters, and each packet of one has its transaction', async () => {
  const page = await as('Auditor', '/pods');
  await page.getByRole('button', { name: 'Light Nodes' }).click();
  const nodes = page.getByRole('region', { name: 'Light Nodes' });
  await nodes.getByText(/\d PoDs here, 0 silent/).waitFor();
  await nodes.getByLabel('Enrolment').selectOption('revoked');
  await page.getByText('No node fits what is asked for above.').waitFor();
  await nodes.getByLabel('Enrolment').selectOption('enrolled');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'nodes');
  await nodes.getByRole('link', { name: 'IT002E60000001' }).click();
  await page.goto('/pods/IT002E60000001?day=2026-03-17');
  const packets = page.getByRole('region', { name: 'Transactions' });
  await packets.getByRole('button', { name: '23:45' }).click();
  const certified = packets.getByRole('region', { name: 'Certified packet' });
  await certified.getByText(/^0x[0-9a-f]{64}$/).waitFor();
  await certified.getByText(/under root [0-9a-f]{64}/).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    certified.getByRole('button', { name: /Take it along/ }).click(),
  ]);
  const bundle = JSON.parse(readFileSync(await download.path(), 'utf8')) as object;
  expect(bundle).toMatchObject({
    format: 'flexledger/bundle@1',
    packet: { podId: 'IT002E60000001' },
  });
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'transactions');
});

it('the DSO sees the state of its grid as it was estimated from what was measured', async () => {
  const page = await as('DSO', '/grid');
  const state = page.getByRole('region', { name: 'State of the grid' });
  await state.getByText(/No state was estimated yet/).waitFor();
  const answer = await opened.demo.as('dso').post('/api/v1/grids/ieee33/state-estimates', {
    at: '2026-03-18T07:00:00.000Z',
    measurements: [
      { id: 'v0', kind: 'vmPu', bus: 'bus0', value: 1, sigma: 0.001, source: 'scada' },
      { id: 'v17', kind: 'vmPu', bus: 'bus17', value: 0.99, sigma: 0.01, source: 'scada' },
    ],
  });
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  await page.reload();
  await state.getByText(/bus\d+ is lowest, at 0\.\d{4} pu\./).waitFor();
  await state.getByText(/From \d+ SCADA, \d+ AMR/).waitFor();
  await state.getByRole('rowheader', { name: 'bus0', exact: true }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'state-estimate');
});

it('a session is printed whole: what was decided, without what one clicks', async () => {
  const page = await as('Market operator', SETTLED);
  await page.getByRole('heading', { name: 'From asked to paid' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('heading', { name: 'From asked to paid' }).isVisible()).toBe(true);
  expect(await page.getByRole('navigation', { name: 'Pages' }).isVisible()).toBe(false);
  // Names of PoDs stand, what one clicks to do something does not.
  for (const name of ['Download CSV', 'Print', 'Reactive power', 'Sign out']) {
    const found = page.getByRole('button', { name }).filter({ visible: true });
    expect(await found.count()).toBe(0);
  }
  expect(await page.getByRole('rowheader').first().isVisible()).toBe(true);
  const paper = await page.pdf({ format: 'A4' });
  expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
  await picture(page, 'printed');
});

it('an indicator is charted by session, day and PoD, with the power that it comes from', async () => {
  const page = await as('Market operator', '/indicators');
  await page
    .getByRole('img', { name: /\d+ sessions with their values against the target/ })
    .waitFor();
  await page.getByLabel('By', { exact: true }).selectOption('pod');
  await page.getByRole('img', { name: /\d+ pods with their values/ }).waitFor();
  await page
    .getByLabel('Indicator', { exact: true })
    .selectOption({ label: 'Flexibility Effectiveness' });
  await page.getByRole('img', { name: 'Active power, setpoint and baseline of the PoD' }).waitFor();
  await page.getByLabel('PoD', { exact: true }).selectOption('IT002E60000002');
  await page.getByRole('heading', { name: 'What it comes from: IT002E60000002' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('a PoD shows the baseline that was declared, and the computed one or why there is none', async () => {
  const page = await as('Market operator', '/pods/IT002E60000001?day=2026-03-18');
  await page.getByText('as declared (baseline)').waitFor();
  await page
    .getByText(/No baseline can be computed for this day: 1 of 10 days known, 5 needed\./)
    .waitFor();
});

it('the power now is shown as nodes tell it, of all homes and of one', async () => {
  const page = await as('Market operator', '/');
  const power = page.getByRole('region', { name: 'Power now' });
  const tell = async (): Promise<void> => {
    for (const { node } of opened.demo.field!.households()) await node.tellPower();
  };
  await power.getByText('No node tells its power now.').waitFor();
  await tell();
  await power.getByText('by 6 homes').waitFor();
  await page.goto('/pods/IT002E60000001');
  await tell();
  await page
    .getByRole('region', { name: 'Power now' })
    .getByText(/kW\s+(withdrawn|fed in)/)
    .waitFor();
});

it('a customer has its news listed, and says that they are read', async () => {
  const page = await as('Customer', '/home');
  const news = page.getByRole('region', { name: 'News' });
  await news
    .getByText(/of your home were sold/)
    .first()
    .waitFor();
  await news.getByRole('button', { name: 'I have read it' }).click();
  await news.getByText(/unread/).waitFor({ state: 'detached' });
});

it('the frame lists what needs one on every page, and gives more in less room where that is wanted', async () => {
  const page = await as('Market operator', '/sessions');
  await page.getByRole('button', { name: /problem/i }).click();
  const listed = page.locator('#problems');
  await listed.getByText(/\w/).first().waitFor();
  await page.keyboard.press('Escape');
  await listed.waitFor({ state: 'hidden' });
  const dense = page.getByRole('button', { name: 'More in less room' });
  await dense.click();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
  expect(await page.locator('html').getAttribute('data-density')).toBe('dense');
  expect(await seriousFindings(page)).toEqual([]);
});

it('is installed, and opens where nobody answers, saying so', async () => {
  watched = await opened.as('Customer', PHONE);
  const { page, context } = watched;
  await page.goto('/home');
  await page.getByRole('switch', { name: 'Not tomorrow' }).waitFor();
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  const session = await context.newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // A test's browser keeps nothing, which alone speaks against installing.
  const others = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  expect(others).toEqual([]);
  // Loaded once more with it at work, so that all of the page is kept.
  await page.reload();
  await page.getByRole('switch', { name: 'Not tomorrow' }).waitFor();
  await context.setOffline(true);
  await page.reload();
  await page.getByText('The platform does not answer.').first().waitFor();
  expect(await overflow(page)).toBe(0);
  await picture(page, 'offline-phone');
  await page.getByText(/Nobody can be signed in while/).waitFor();
  await context.setOffline(false);
  // When it is back, signing in is a click away.
  await page.getByText('Sign in to see this page.').waitFor();
  watched.faults.length = 0;
});

it('a stream of events that drops goes on where it was, without a gap', async () => {
  watched = await opened.as('Market operator');
  const { page } = watched;
  const head = Number(
    ((await opened.demo.as('operator').get('/api/v1/instance')).body as { head: number }).head,
  );
  const resumedAfter: string[] = [];
  await page.route('**/api/v1/events', async (asked) => {
    resumedAfter.push(asked.request().headers()['last-event-id'] ?? 'none');
    if (resumedAfter.length > 1) return asked.continue();
    // One event, and then nothing more: the connection is gone.
    const contentType = 'text/event-stream';
    await asked.fulfill({ contentType, body: `id: ${head}\nevent: x\ndata: {}\n\n` });
    // What happens before it is back is told then.
    await opened.demo.as('operator').post('/api/v1/sessions', { deliveryDay: '2026-03-24' });
  });
  await page.goto('/sessions');
  await page.getByText('Changes come as they happen.').waitFor();
  await page.getByRole('link', { name: 'Day-ahead for Tue 24 Mar' }).waitFor();
  // The page may have asked for the sessions after the new one was there, before it follows the stream again.
  while (resumedAfter.length < 2) await sleep(50);
  expect(resumedAfter[1]).toBe(String(head));
});
