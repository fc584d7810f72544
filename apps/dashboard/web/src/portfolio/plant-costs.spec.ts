import {
  NO_COSTS,
  costFaults,
  declaredOf,
  faultsAsTyped,
  typedOf,
  variableOf,
} from './plant-costs';

const unit = {
  aggregatorId: 'AGG1',
  declaredAt: '2026-03-17T10:00:00.000Z',
  podId: 'IT002E60000001',
  marketMicroEurPerKwh: 0,
  weatherMicroEurPerKwh: 0,
  maintenanceMicroEurPerKwh: 0,
  operationMicroEurPerKwh: 80_000,
  strategyMicroEurPerKwh: -5_000,
  fixedMicroEurPerMtu: 1_250,
  feedInW: 2_500,
  limits: { responseMinutes: 2, startUpMinutes: 0, rampWPerMinute: 500, energyWh: null },
};

it('is declared as it was typed, and typed as it was declared', () => {
  const { aggregatorId: _of, declaredAt: _at, ...declared } = unit;
  expect(declaredOf(unit.podId, typedOf(unit))).toEqual(declared);
  expect(typedOf(unit)).toMatchObject({
    operation: '8',
    strategy: '-0.5',
    ramp: '0.5',
    energy: '',
  });
  expect(declaredOf('P', { ...NO_COSTS, operation: '8,5' })).toMatchObject({
    operationMicroEurPerKwh: 85_000,
    limits: null,
  });
  expect(variableOf(unit)).toBe(75_000);
});

it('tells at each field what is wrong, before and after it is sent', () => {
  const typed = { ...NO_COSTS, market: '', operation: 'much', feedIn: '-1', strategy: '-1' };
  expect(costFaults(typed)).toEqual({
    market: 'give a number; 0 for nothing',
    operation: 'is no number',
    feedIn: 'cannot be below 0',
  });
  expect(costFaults(NO_COSTS)).toEqual({});
  expect(
    faultsAsTyped({ 'units[0].limits.energyWh': 'too much', 'units[0].podId': 'is not yours' }),
  ).toEqual({ energy: 'too much', 'units[0].podId': 'is not yours' });
});
