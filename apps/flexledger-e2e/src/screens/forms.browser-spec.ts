/**
 * Forms that people do their work in: each tells at the field what is wrong, keeps what was typed, and where
 * somebody else changed the same meanwhile, tells the second with both versions.
 */
import type { Page } from 'playwright-core';
import { type Watched, overflow, picture, seriousFindings } from './browser';
import { OPEN, type OpenedDemo, PHONE, openDemo } from './opened-demo';

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

async function as(user: string | RegExp, address: string, phone = false): Promise<Page> {
  watched = await opened.as(user, phone ? PHONE : undefined);
  await watched.page.goto(address);
  return watched.page;
}
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });

it('an aggregator declares what a plant costs; the second of two is told, with both versions', async () => {
  const page = await as(/^Aggregator/, '/portfolio');
  const plant = page.getByRole('region', { name: 'Costs and limits' }).getByRole('row').nth(1);
  const podId = (await plant.getByRole('rowheader').innerText()).trim();
  await plant.getByRole('button', { name: 'Change' }).click();
  await page.getByLabel('Operation, ct/kWh').fill('much');
  await page.getByRole('button', { name: 'Declare it' }).click();
  await page.getByText('is no number').waitFor();
  await page.getByLabel('Operation, ct/kWh').fill('11,5');
  await page.getByLabel('Ramp, kW/min').fill('0.5');
  // A colleague is quicker.
  await opened.demo.as('aggregator-AGG2').put('/api/v1/portfolio/costs', {
    units: [{ podId, operationMicroEurPerKwh: 99_000 }],
  });
  await page.getByRole('button', { name: 'Declare it' }).click();
  await page.getByText(/was changed by somebody else since you began/).waitFor();
  const operation = row(page, 'Operation, ct/kWh');
  expect(await operation.getByRole('cell').allInnerTexts()).toEqual(['11,5', '9.9']);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'two-operators');
  await page.getByRole('button', { name: 'Send mine all the same' }).click();
  await page.getByText(`${podId} is declared`).waitFor();
  await plant.getByText('11.50').waitFor();
  await plant.getByText('0.500 kW/min').waitFor();
});

it('a file of costs is shown before it is sent, and refused whole with the row that is wrong', async () => {
  const page = await as(/^Aggregator/, '/portfolio');
  const chosen = page.getByLabel('CSV, JSON, XML');
  const file = (text: string) => ({
    name: 'costs.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(text),
  });
  const send = page.getByRole('button', { name: 'Declare what is in it' });
  await chosen.setInputFiles(
    file('podId,operationMicroEurPerKwh\nIT002E60000004,90000\nIT002E60000004,x\n'),
  );
  await page.getByLabel('Beginning of the file').getByText('IT002E60000004,90000').waitFor();
  await send.click();
  await page
    .getByRole('listitem')
    .filter({ hasText: /line 3|\[1\]|row 2/ })
    .first()
    .waitFor();
  // The browser itself tells of the refusal.
  expect(watched.faults.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
  await chosen.setInputFiles(file('podId,operationMicroEurPerKwh\nIT002E60000004,90000\n'));
  await send.click();
  await page.getByText('1 plant declared.').waitFor();
});

it('baselines from a file: a row that is refused is named, the others are taken', async () => {
  const page = await as(/^Aggregator/, '/portfolio');
  const day = (podId: string) =>
    Array.from({ length: 96 }, (_, mtu) => `${podId},2026-03-20,${mtu},400`).join('\n');
  const csv = `podId,deliveryDay,mtu,baselineW\n${day('IT002E60000001')}\n${day('IT002E60000000')}\n`;
  const panel = page.getByRole('region', { name: 'Baselines from a file' });
  await panel.getByLabel('CSV').setInputFiles({
    name: 'baselines.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(csv),
  });
  await panel.getByText('… 187 more lines').waitFor();
  await panel.getByRole('button', { name: 'Declare these baselines' }).click();
  await panel.getByText('1 baseline declared.').waitFor();
  await panel.getByRole('listitem').filter({ hasText: 'IT002E60000000, 2026-03-20' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('an aggregator ends an agreement, proposes another, and the customer accepts it on a phone', async () => {
  const page = await as(/^Aggregator/, '/portfolio', true);
  const mine = row(page, 'IT002E60000001').filter({ hasText: 'in force' });
  await mine.getByRole('button', { name: 'End …' }).click();
  await page.getByLabel(/Why; the customer reads it/).fill('New terms');
  await page.getByRole('button', { name: 'End it' }).click();
  await row(page, 'IT002E60000001').filter({ hasText: 'ended: New terms' }).waitFor();
  await page.getByLabel('PoD', { exact: true }).selectOption('IT002E60000001');
  await page.getByLabel('Customer’s share of the pay, %').fill('120');
  await page.getByRole('button', { name: 'Propose it' }).click();
  await page.getByText('give 0 to 100').first().waitFor();
  await page.getByLabel('Customer’s share of the pay, %').fill('75.5');
  await page.getByLabel('Customer’s share of penalties, %').fill('40');
  await page.getByRole('button', { name: 'Propose it' }).click();
  await row(page, 'IT002E60000001').filter({ hasText: 'waits for the customer' }).waitFor();
  expect(await overflow(page)).toBe(0);
  await watched.context.close();
  expect(watched.faults).toEqual([]);
  const home = await as('Customer', '/home', true);
  await home.getByText('75.5 %', { exact: true }).waitFor();
  await home.getByRole('button', { name: 'Accept these terms' }).click();
  await home.getByText(/^In force since/).waitFor();
});

it('an offer that stands is changed, and changed back, until the gate', async () => {
  const page = await as(/^Aggregator/, OPEN);
  await page.getByRole('button', { name: 'Send them' }).click();
  await page.getByText(/offers? stand/).waitFor();
  const offer = page
    .getByRole('row')
    .filter({ has: page.getByRole('button', { name: 'Withdraw' }) })
    .first();
  const before = await offer.getByRole('cell').nth(1).innerText();
  await offer.getByRole('button', { name: 'Change' }).click();
  await page.getByLabel('Of its power, %').fill('50');
  await page.getByLabel('Dearer by, ct/kWh').fill('1.5');
  await page.getByRole('button', { name: 'Change it' }).click();
  const half = (Number(before) / 2).toFixed(3);
  await offer.getByText(half).waitFor();
  await picture(page, 'offer-changed');
  await page.getByRole('button', { name: /Undo/ }).click();
  await offer.getByText(before, { exact: true }).waitFor();
});

it('a page of administration has the forms of one’s role, and says who may do the rest', async () => {
  const page = await as('DSO', '/administration');
  await page.getByText(/Users and programs of your party are kept by/).waitFor();
  expect(await page.getByRole('button', { name: 'Create' }).count()).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
});

it('the operator replays a past session under a rule changed, and sees what it would have cost', async () => {
  const page = await as('Market operator', '/administration');
  await page.getByText('One pack of rules was ever adopted').waitFor();
  await page
    .getByRole('combobox', { name: 'Session' })
    .selectOption({ label: 'Day-ahead for Tue 17 Mar' });
  const replay = page.getByRole('button', { name: 'Replay it' });
  await replay.click();
  await page.getByText('Everything would be as it is, byte for byte.').waitFor();
  await page
    .getByLabel('One rule changed')
    .selectOption('settlement.penalty.points.1.penaltyPerMille');
  await page.getByLabel('Its value').fill('many');
  await replay.click();
  await page.getByText('Give a whole number.').waitFor();
  await page.getByLabel('Its value').fill('900');
  await replay.click();
  await page.getByText('The same would be bought; what is paid for it would be other.').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'replayed');
});

it('the DSO sees the forecast against what was measured, below a transformer or a PoD', async () => {
  const page = await as('DSO', '/grid?session=dayAhead-2026-03-16T23%3A00Z');
  await page.getByText(/The forecast is off by \d+ % of what was measured\./).waitFor();
  await page.getByLabel('Below', { exact: true }).selectOption('IT002E60000003');
  await page
    .getByRole('img', { name: 'Load below IT002E60000003: forecast, measured, typical' })
    .waitFor();
  await page.goto('/grid?session=realTime-2026-03-18T11%3A00Z');
  await page.getByText(/typical, 1 day before/).waitFor();
  await picture(page, 'load-profile');
});

it('an aggregator is told now what needs it', async () => {
  const page = await as(/^Aggregator/, '/');
  await page.getByRole('heading', { level: 1, name: /needs? you|Going well/ }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});
