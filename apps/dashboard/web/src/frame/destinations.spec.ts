import { destinationsOf } from './destinations';
import { pagesOf } from './pages';

const operator = pagesOf({
  role: 'operator',
  scopes: ['market:read', 'pods:read', 'grid:read', 'processors:read', 'parties:read'],
});
const kinds = (text: string, pages = operator) =>
  destinationsOf(text, pages).map(({ kind }) => kind);

it('finds a session, a PoD and an event by their ids, whatever stands around them', () => {
  expect(destinationsOf(' dayAhead-2026-03-17T23:00Z ', operator)[0]).toEqual({
    name: 'dayAhead-2026-03-17T23:00Z',
    address: '/sessions/dayAhead-2026-03-17T23%3A00Z',
    kind: 'session',
  });
  expect(destinationsOf('it002e60000117', operator)[0]).toMatchObject({
    address: '/pods/IT002E60000117',
  });
  expect(kinds('79ffabb5-9fdc-8be4-a9d7-2efb028fdac3')).toEqual(['event']);
  expect(kinds('1204')).toEqual(['event at this position']);
});

it('offers the pages of who asks, and nothing for what is none', () => {
  expect(destinationsOf('sess', operator).map(({ name }) => name)).toEqual(['Sessions']);
  expect(destinationsOf('dayAhead-2026-03-17T23:00Z', pagesOf(undefined))).toEqual([]);
  expect(destinationsOf('', pagesOf(undefined)).map(({ name }) => name)).toEqual(['Now', 'Audit']);
  expect(kinds('x'.repeat(10_000))).toEqual([]);
});

it('shows nobody a page on which its rights leave nothing', () => {
  const pages = (role: string, ...scopes: string[]) =>
    pagesOf({ role, scopes }).map(({ page }) => page);
  expect(pages('operator', 'market:read', 'pods:read', 'processors:read')).toEqual([
    'now',
    'sessions',
    'pods',
    'audit',
    'indicators',
    'operations',
  ]);
  expect(pages('aggregator', 'offers:write', 'parties:read')).toEqual([
    'now',
    'portfolio',
    'audit',
    'administration',
  ]);
});
