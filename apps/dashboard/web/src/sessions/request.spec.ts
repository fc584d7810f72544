import { type RequestWishes, faultsOf, podsIn, requestOf } from './request';

const wishes: RequestWishes = {
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  quantityKw: 2.5,
  fromMtu: 1,
  toMtu: 2,
  pods: 'IT002E1, IT002E2\nIT002E3',
  pom: '',
  capCents: '12.5',
};

it('is sent with its power in the quarter-hours that were chosen, in whole watts and micro-euros', () => {
  expect(faultsOf(wishes)).toEqual({});
  expect(requestOf(wishes, 'by-hand-1', 4)).toEqual({
    requestId: 'by-hand-1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: ['IT002E1', 'IT002E2', 'IT002E3'] },
    quantityW: [0, 2_500, 2_500, 0],
    priceCapMicroEurPerKwh: 125_000,
  });
  const all = requestOf({ ...wishes, pods: '', pom: ' PS-bus0 ', capCents: '' }, 'r', 1);
  expect(all).toMatchObject({ scope: { pom: 'PS-bus0' }, priceCapMicroEurPerKwh: null });
});

it('keeps the grid point of what it amends, unless a PoD is added that may hang elsewhere', () => {
  const gridPoint = { pom: 'PS-1', mvFeeder: 'line0' };
  const amended = { scope: { podIds: ['IT002E1', 'IT002E2', 'IT002E3'] }, gridPoint };
  const sent = (change: Partial<RequestWishes>) =>
    requestOf({ ...wishes, ...change }, 'r', 4, amended).gridPoint;
  expect(sent({ quantityKw: 1 })).toEqual(gridPoint);
  expect(sent({ pods: 'IT002E3' })).toEqual(gridPoint);
  expect(sent({ pods: 'IT002E3 IT002E4' })).toBeUndefined();
  expect(sent({ pods: '', pom: 'PS-1' })).toBeUndefined();
});

it.each([
  [{ quantityKw: 0 }, 'quantityW', 'must be more than 0'],
  [{ quantityKw: Number.NaN }, 'quantityW', 'must be more than 0'],
  [{ quantityKw: 0.0005 }, 'quantityW', 'must be whole watts'],
  [{ toMtu: 0 }, 'to', 'must not be before the first quarter-hour'],
  [{ pods: ' , ' }, 'scope', 'name PoDs, or the point of measurement above them'],
  [{ pom: 'PS-bus0' }, 'scope', 'name PoDs or a point of measurement, not both'],
  [{ capCents: 'cheap' }, 'priceCapMicroEurPerKwh', 'must be a price'],
])('%j: %s %s', (change, field, reason) => {
  expect(faultsOf({ ...wishes, ...change })).toEqual({ [field]: reason });
});

it('takes a paste of any length for what it names', () => {
  expect(podsIn('IT1\n'.repeat(100_000))).toHaveLength(100_000);
});
