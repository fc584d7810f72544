import { ruleDifferences, valuesOf, withValue } from './rule-values';

const pack = {
  baseline: { method: 'nominated', daysX: 5 },
  penalty: { points: [{ penaltyPerMille: 0 }, { penaltyPerMille: 200 }] },
  isOn: true,
};

it('lists values by their paths, and where two packs differ', () => {
  expect([...valuesOf(pack).keys()]).toEqual([
    'baseline.method',
    'baseline.daysX',
    'penalty.points.0.penaltyPerMille',
    'penalty.points.1.penaltyPerMille',
    'isOn',
  ]);
  const other = { ...pack, baseline: { method: 'zero' } };
  expect(ruleDifferences(pack, other)).toEqual([
    { path: 'baseline.method', before: 'nominated', after: 'zero' },
    { path: 'baseline.daysX', before: 5, after: undefined },
  ]);
});

it('changes one value for another of its kind, and leaves the pack as it was', () => {
  const changed = withValue(pack, 'penalty.points.1.penaltyPerMille', ' 500 ');
  expect(changed.penalty.points).toEqual([{ penaltyPerMille: 0 }, { penaltyPerMille: 500 }]);
  expect(pack.penalty.points[1]).toEqual({ penaltyPerMille: 200 });
  expect(withValue(pack, 'isOn', 'false').isOn).toBe(false);
});

it.each([
  ['nowhere', '1', 'The rules have no nowhere.'],
  ['baseline.daysX', 'many', 'Give a whole number.'],
  ['baseline.daysX', '1.5', 'Give a whole number.'],
  ['isOn', 'yes', 'Give true or false.'],
  ['baseline.method', ' ', 'Give a value.'],
])('%s cannot be %j', (path, text, reason) => {
  expect(() => withValue(pack, path, text)).toThrow(reason);
});
