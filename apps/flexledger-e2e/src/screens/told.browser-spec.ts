/** What people are told of: an aggregator answers an alarm where it reads it (R2-95), a customer chooses its news. */
import { settleConsequences } from '@flexledger/composer';
import type { Page } from 'playwright-core';
import { type Watched, picture, seriousFindings } from './browser';
import { type OpenedDemo, PHONE, openDemo } from './opened-demo';

jest.setTimeout(240_000);

const MINE = 'IT002E60000001';
const REFUSED = `The customer of ${MINE} refused your terms.`;

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

/** Ends the agreement and proposes it anew; the customer refuses it on its phone. */
async function refuseTerms(reason: string): Promise<void> {
  const path = `/api/v1/pods/${MINE}/agreement`;
  const { body } = await opened.demo.as('operator').get(path);
  const { podId: _, ...terms } = body.terms as { podId: string };
  const aggregator = opened.demo.as('aggregator-AGG2');
  if (body.status === 'inForce') await aggregator.post(`${path}/end`, { reason: 'New terms' });
  expect((await aggregator.put(path, terms)).status).toBe(200);
  // An alarm of before ends with that, and may be raised anew.
  await settleConsequences(opened.demo.platform);
  const page = await as('Customer', '/home', true);
  const agreement = page.getByRole('region', { name: 'Your agreement' });
  await agreement.getByText('Refuse', { exact: true }).first().click();
  await agreement.getByLabel('Why').fill(reason);
  await agreement.getByRole('button', { name: 'Refuse' }).click();
  await agreement.getByText(/^Refused since/).waitFor();
  await watched.context.close();
  expect(watched.faults).toEqual([]);
  // What follows from it is the aggregator's alarm.
  await settleConsequences(opened.demo.platform);
}

const alarmOf = (page: Page) =>
  page
    .getByRole('region', { name: 'Needs you' })
    .getByRole('listitem')
    .filter({ hasText: REFUSED });

it('an aggregator says of an alarm what it did, and the alarm is seen to', async () => {
  await refuseTerms('Too little');
  const page = await as(/^Aggregator/, '/');
  const alarm = alarmOf(page);
  await alarm.getByText('Too little').waitFor();
  await alarm.getByText('See to it').click();
  await alarm.getByRole('button', { name: 'Say it' }).click();
  await alarm.getByText('say it in a few words').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'alarm-answered');
  await alarm.getByLabel('What was done').fill('called the customer');
  await alarm.getByRole('button', { name: 'Say it' }).click();
  await page.getByText(`Seen to: ${REFUSED}`).waitFor();
  await alarm.waitFor({ state: 'detached' });
  const { body } = await opened.demo
    .as('aggregator-AGG2')
    .get('/api/v1/portfolio/alarms?kind=termsRefused');
  expect(body.items).toMatchObject([{ status: 'acknowledged', action: 'called the customer' }]);
});

it('who comes second reads what a colleague has said, and keeps its own words', async () => {
  await refuseTerms('Still too little');
  const page = await as(/^Aggregator/, '/');
  const alarm = alarmOf(page);
  await alarm.getByText('See to it').click();
  await alarm.getByLabel('Nothing is to be done').check();
  await alarm.getByLabel('Why nothing is done').fill('it is leaving');
  // The list is not read anew before the answer is sent, as on the screen of whoever is quick.
  await page.route('**/api/v1/portfolio/alarms?*status=open*', () => {});
  const aggregator = opened.demo.as('aggregator-AGG2');
  const list = await aggregator.get('/api/v1/portfolio/alarms?kind=termsRefused&status=open');
  const [{ alarmId }] = list.body.items as [{ alarmId: string }];
  const path = `/api/v1/portfolio/alarms/${encodeURIComponent(alarmId)}/acknowledgement`;
  await aggregator.put(path, { action: 'wrote a letter' });
  await alarm.getByRole('button', { name: 'Say it' }).click();
  await alarm.getByText(/has seen to it before: “wrote a letter”\./).waitFor();
  expect(await alarm.getByLabel('Why nothing is done').inputValue()).toBe('it is leaving');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  // The browser tells of every answer that is a refusal; this is the only one.
  expect(watched.faults.splice(0)).toEqual([expect.stringContaining('409')]);
});

it('a customer chooses on its phone what it is told of, and may be told of nothing', async () => {
  const page = await as('Customer', '/home', true);
  const news = page.getByRole('region', { name: 'News' });
  await news
    .getByText(/kWh of your home were sold/)
    .first()
    .waitFor();
  await news.getByText('What I am told of', { exact: true }).first().click();
  await news.getByLabel('what is sold of my home').uncheck();
  await news.getByRole('button', { name: 'Tell me of these' }).click();
  await news
    .getByText(/kWh of your home were sold/)
    .first()
    .waitFor({ state: 'detached' });
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'news-chosen');
  await page.reload();
  await news.getByText('What I am told of', { exact: true }).first().click();
  expect(await news.getByLabel('what is sold of my home').isChecked()).toBe(false);
  await news.getByLabel('when my home begins to give').uncheck();
  await news.getByLabel('what I earn').uncheck();
  await news.getByRole('button', { name: 'Tell me of these' }).click();
  await news.getByText('You have chosen to be told of nothing.').waitFor();
  const { body } = await opened.demo.as('operator').get(`/api/v1/pods/${MINE}/notifications`);
  expect(body).toMatchObject({ kinds: [], items: [] });
  await news.getByText('What I am told of', { exact: true }).first().click();
  await news.getByLabel('what I earn').check();
  await news.getByRole('button', { name: 'Tell me of these' }).click();
  await news.getByText('You have chosen to be told of nothing.').waitFor({ state: 'detached' });
});
