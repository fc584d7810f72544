import { ChangedMeanwhile, differencesOf } from './meanwhile';
import { asProblem } from './problem';

it('tells where two versions differ, by the names that people know', () => {
  const names = { energyWh: 'most energy', feedInW: 'feed-in', rampWPerMinute: 'ramp' };
  expect(
    differencesOf(
      names,
      { energyWh: 500, feedInW: 0, rampWPerMinute: '', other: 1 },
      { energyWh: 800, feedInW: 0, rampWPerMinute: null, other: 2 },
    ),
  ).toEqual([{ name: 'most energy', mine: '500', theirs: '800' }]);
});

it('is a problem that keeps both', () => {
  const differences = [{ name: 'share', mine: '700', theirs: '650' }];
  const told = asProblem(new ChangedMeanwhile('The agreement', differences, () => {}));
  expect(told).toMatchObject({ status: 409, differences });
  expect(told.message).toContain('Nothing is sent yet');
});
