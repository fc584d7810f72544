import { addressOf, routeOf } from './route';

it('reads back what it writes', () => {
  const address = addressOf('sessions', ['dayAhead-2026-03-17T23:00Z'], { mtu: '42', pod: '' });
  expect(address).toBe('/sessions/dayAhead-2026-03-17T23%3A00Z?mtu=42');
  const [path, search] = address.split('?');
  expect(routeOf(path!, `?${search}`)).toEqual({
    page: 'sessions',
    rest: ['dayAhead-2026-03-17T23:00Z'],
    query: { mtu: '42' },
  });
});

it('begins with what is going on now, and knows no page by another name', () => {
  expect([addressOf('now'), addressOf('now', [], { day: '2026-03-17' })]).toEqual([
    '/',
    '/?day=2026-03-17',
  ]);
  expect([routeOf('/').page, routeOf('/nowhere').page]).toEqual(['now', undefined]);
  expect(routeOf('/pods/%E0%A4%A').rest).toEqual(['%E0%A4%A']);
});
