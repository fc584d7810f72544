/** Users who may less than their party (D3.3): each sees the pages of its role, and is told what the others need (R2-04). */
import { type Watched, picture, seriousFindings, visit } from './browser';
import { type OpenedDemo, openDemo } from './opened-demo';

jest.setTimeout(240_000);

let opened: OpenedDemo;
let watched: Watched | undefined;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());
afterEach(async () => {
  await watched?.context.close();
  expect(watched?.faults).toEqual([]);
  expect(opened.demo.problems).toEqual([]);
});

interface Case {
  readonly role: string;
  readonly party: string;
  /** Who of the party may create users. */
  readonly by: string;
  readonly pages: readonly string[];
  /** A page of the role, and what stands on it. */
  readonly own: readonly [address: string, words: RegExp];
  /** Of its party, and not of its role. */
  readonly refused: readonly [address: string, needs: string];
}

const CASES: readonly Case[] = [
  {
    role: 'ap-operator',
    party: 'aggregator:AGG2',
    by: 'aggregator-AGG2',
    pages: [
      'Now',
      'Sessions',
      'Portfolio',
      'Dashboards',
      'PoDs and nodes',
      'Audit',
      'Indicators',
      'Administration',
    ],
    own: ['/portfolio', /of what you offered/],
    refused: ['/operations', 'operator, auditor'],
  },
  {
    role: 'access-layer-administrator',
    party: 'operator',
    by: 'operator',
    pages: ['Now', 'Sessions', 'PoDs and nodes', 'Audit', 'Indicators', 'Operations'],
    own: ['/pods?show=nodes', /PoDs here, \d silent/],
    refused: ['/administration', 'parties:read'],
  },
  {
    role: 'dsotp-administrator',
    party: 'dso',
    by: 'operator',
    pages: ['Now', 'Sessions', 'Grid', 'PoDs and nodes', 'Audit', 'Indicators', 'Administration'],
    own: ['/grid', /State of the grid/],
    refused: ['/operations', 'operator, auditor'],
  },
];

it.each(CASES)('$role sees its pages and is refused the others', async (one) => {
  const { role, party, by, pages, own, refused } = one;
  const { status, body } = await opened.demo
    .as(by)
    .post('/api/v1/users', { userId: `desk.${role}`, party, roles: [role] });
  expect([status, body]).toEqual([201, expect.anything()]);
  const { password } = body as { password: string };
  watched = await visit(opened.browser, opened.demo.url);
  const { page } = watched;
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in' }).first().click();
  await page.getByLabel('Name').fill(`desk.${role}`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  const shown = page.getByRole('navigation', { name: 'Pages' }).getByRole('listitem');
  expect(await shown.allInnerTexts()).toEqual([...pages, 'Handbook', 'Interface']);
  for (const name of pages) {
    await page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name, exact: true })
      .click();
    await page.locator('main h1').waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    // Nothing on it is only there to say that one may not.
    expect(await page.locator('.forbidden').allInnerTexts()).toEqual([]);
  }
  await page.goto(own[0]);
  await page.getByText(own[1]).first().waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, `rights-${role}`);
  await page.goto(refused[0]);
  await page.getByText(refused[1]).waitFor();
});
