import { colourOfStrain, strainOfVoltage } from './colour';

it('a voltage strains as far as it is on its way to the nearer limit', () => {
  expect(strainOfVoltage(1, 0.9, 1.1)).toBe(0);
  expect(strainOfVoltage(0.95, 0.9, 1.1)).toBeCloseTo(0.5);
  expect(strainOfVoltage(1.12, 0.9, 1.1)).toBeCloseTo(1.2);
});

it('only what is past its limit has the colour of alarm', () => {
  expect(colourOfStrain(1.01)).toBe('var(--alarm)');
  expect(colourOfStrain(1)).not.toBe('var(--alarm)');
  expect(colourOfStrain(strainOfVoltage(Number.NaN, 0.9, 1.1))).toBe('var(--edge)');
});
