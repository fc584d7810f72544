/** A contract is chosen from the aggregator's list, when a PoD is registered or later, and the customer confirms it (R2-27, R2-93). */
import type { Page } from 'playwright-core';
import { type Watched, overflow, picture, seriousFindings } from './browser';
import { type OpenedDemo, PHONE, openDemo } from './opened-demo';

jest.setTimeout(240_000);

const MINE = 'IT002E60000001';
const WALLET = `0x${'a1'.repeat(20)}`;

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

async function as(user: string | RegExp, address: string, phone = false): Promise<Page> {
  watched = await opened.as(user, phone ? PHONE : undefined);
  await watched.page.goto(address);
  return watched.page;
}
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
const listed = (page: Page) => page.getByRole('region', { name: 'Settlement mechanisms' });

it('an aggregator offers a mechanism, proposes it to a PoD from the list, and the customer confirms it on a phone', async () => {
  const page = await as(/^Aggregator/, '/portfolio');
  await page.getByRole('button', { name: 'Offer it' }).click();
  await page.getByText('give it a name').waitFor();
  await page.getByLabel('Name of the mechanism').fill('Four fifths');
  await page.getByLabel('It gives customers of the pay, %').fill('80');
  await page.getByLabel('They bear of penalties, %').fill('12.5');
  await page.getByLabel('For these PoDs only').fill(MINE);
  await page.getByRole('button', { name: 'Offer it' }).click();
  const offered = listed(page).getByRole('row').filter({ hasText: 'Four fifths' });
  await offered.getByText(MINE).waitFor();
  const contract = await offered.locator('.mono').getAttribute('title');
  expect(contract).toMatch(/^0x[0-9a-f]{40}$/);

  await row(page, MINE)
    .filter({ hasText: 'in force' })
    .getByRole('button', { name: 'End …' })
    .click();
  await page.getByLabel(/Why; the customer reads it/).fill('A better contract');
  await page.getByRole('button', { name: 'End it' }).click();
  await row(page, MINE).filter({ hasText: 'ended: A better contract' }).waitFor();
  await page.getByLabel('PoD', { exact: true }).selectOption(MINE);
  await page
    .getByLabel('Settlement mechanism', { exact: true })
    .selectOption({ label: 'Four fifths: 80 % of the pay, 12.5 % of penalties' });
  await page.getByText(contract!).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'mechanisms');
  await page.getByRole('button', { name: 'Propose it' }).click();
  await row(page, MINE)
    .filter({ hasText: 'waits for the customer' })
    .filter({ hasText: 'Four fifths' })
    .waitFor();
  await watched.context.close();

  const home = await as('Customer', '/home', true);
  await home.getByText('80 %', { exact: true }).waitFor();
  await home.getByRole('button', { name: 'Accept these terms' }).click();
  await home.getByText(/^In force since/).waitFor();
  const { body } = await opened.demo.as('operator').get(`/api/v1/pods/${MINE}/agreement`);
  expect(body).toMatchObject({ smartContractId: contract, status: 'inForce' });
});

it('a customer is registered with a contract of the list; one that is not for it is refused with the reason', async () => {
  const page = await as(/^Aggregator/, '/portfolio', true);
  const form = page.getByRole('region', { name: 'Register a customer' });
  await form.getByRole('button', { name: 'Register it' }).click();
  await form.getByText('give the code of the PoD').waitFor();
  const code = form.getByLabel('Code of the new PoD');
  await code.fill('it002e60009001');
  await form.getByLabel('The customer’s wallet').fill(WALLET);
  const contract = form.getByLabel('Contract for this customer');
  await contract.selectOption({ index: 1 });
  await form.getByRole('button', { name: 'Register it' }).click();
  await form
    .getByText(/IT002E60009001 is registered\. IT002E60009001 is not in the cluster/)
    .waitFor();
  await page.getByLabel('Name of the mechanism').fill('Halves');
  await page.getByLabel('It gives customers of the pay, %').fill('50');
  await page.getByLabel('They bear of penalties, %').fill('50');
  await page.getByLabel('For customers of the kind').selectOption('household');
  await page.getByRole('button', { name: 'Offer it' }).click();
  await listed(page).getByRole('row').filter({ hasText: 'Halves' }).waitFor();
  await code.fill('IT002E60009002');
  await contract.selectOption({ label: 'Halves: 50 % of the pay, 50 % of penalties' });
  await form.getByRole('button', { name: 'Register it' }).click();
  await form.getByText(/Its customer is asked to accept the contract\./).waitFor();
  await row(page, 'IT002E60009002').filter({ hasText: 'Halves' }).waitFor();
  expect(await overflow(page)).toBe(0);

  const halves = listed(page).getByRole('row').filter({ hasText: 'Halves' });
  await halves.getByRole('button', { name: 'Withdraw Halves' }).click();
  await page.getByText('Halves is withdrawn; what stands by it goes on.').waitFor();
  await halves.getByText('no longer offered').waitFor();
});
