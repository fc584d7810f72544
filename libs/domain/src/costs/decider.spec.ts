/** An aggregator declares what its plants cost and can follow, changes it, and says its margin. */
import { DomainError } from '../log/decider';
import { givenOf } from '../testing/decider-spec';
import { type CostsCommand, costsDecider } from './decider';
import { type CostsEvent, type UnitCosts, variableCostMicroEurPerKwh } from './events';

const given = givenOf(costsDecider);
const aggregatorId = 'AGG1';
const unit = (change: Partial<UnitCosts> = {}): UnitCosts => ({
  podId: 'IT002E60000001',
  marketMicroEurPerKwh: 60_000,
  weatherMicroEurPerKwh: 5_000,
  maintenanceMicroEurPerKwh: 2_000,
  operationMicroEurPerKwh: 20_000,
  strategyMicroEurPerKwh: -7_000,
  fixedMicroEurPerMtu: 10,
  feedInW: 0,
  limits: { responseMinutes: 1, startUpMinutes: 5, rampWPerMinute: 100, energyWh: null },
  ...change,
});
const other = unit({ podId: 'IT002E60000002', limits: null });
const declare = (...units: UnitCosts[]): CostsCommand => ({
  kind: 'declareCosts',
  aggregatorId,
  units,
});
const declared = (...units: UnitCosts[]): CostsEvent => ({
  type: 'CostsDeclared',
  data: { aggregatorId, units },
});
const margin = (marginPerMille: number): CostsCommand => ({
  kind: 'declareMargin',
  aggregatorId,
  marginPerMille,
});

const faults = (command: CostsCommand): string[] => {
  try {
    costsDecider.decide(command, costsDecider.initialState);
    return [];
  } catch (error) {
    return (error as DomainError).violations.map(({ field }) => field);
  }
};

it('adds up what a kWh costs', () => {
  expect(variableCostMicroEurPerKwh(unit())).toBe(80_000);
});

it('declares costs of several plants, and leaves out what is declared already', () => {
  given().when(declare(unit(), other)).then(declared(unit(), other));
  given(declared(unit(), other)).when(declare(unit(), other)).then();
  const dearer = unit({ operationMicroEurPerKwh: 30_000 });
  given(declared(unit(), other)).when(declare(dearer, other)).then(declared(dearer));
  given(declared(unit()))
    .when(declare(unit({ limits: null })))
    .then(declared(unit({ limits: null })));
  const slower = unit({ limits: { ...unit().limits!, energyWh: 4_000 } });
  given(declared(unit())).when(declare(slower)).then(declared(slower));
});

it('declares what reactive power costs, and that it costs nothing; and takes it back', () => {
  const free = unit({ reactiveMicroEurPerKvarh: 0 });
  given(declared(unit())).when(declare(free)).then(declared(free));
  given(declared(free)).when(declare(free)).then();
  given(declared(free)).when(declare(unit())).then(declared(unit()));
});

it('parts a long list into events', () => {
  const units = Array.from({ length: 1_001 }, (_, index) =>
    unit({ podId: `IT002E6000${String(index).padStart(4, '0')}` }),
  );
  given()
    .when(declare(...units))
    .then(declared(...units.slice(0, 1_000)), declared(units[1_000]!));
});

it.each<[string, Partial<UnitCosts>]>([
  ['podId', { podId: 'x' }],
  ['marketMicroEurPerKwh', { marketMicroEurPerKwh: 0.5 }],
  ['strategyMicroEurPerKwh', { strategyMicroEurPerKwh: -90_000 }],
  ['fixedMicroEurPerMtu', { fixedMicroEurPerMtu: -1 }],
  ['feedInW', { feedInW: Number.NaN }],
  ['reactiveMicroEurPerKvarh', { reactiveMicroEurPerKvarh: -1 }],
  ['limits.responseMinutes', { limits: { ...unit().limits!, responseMinutes: 1_441 } }],
  ['limits.rampWPerMinute', { limits: { ...unit().limits!, rampWPerMinute: -1 } }],
  ['limits.energyWh', { limits: { ...unit().limits!, energyWh: 1.5 } }],
])('refuses the whole list for a wrong %s', (field, wrong) => {
  given()
    .when(declare(other, unit(wrong)))
    .thenRefused('costs-malformed');
  expect(faults(declare(other, unit(wrong)))).toEqual([`units[1].${field}`]);
});

it('refuses a PoD that comes twice', () => {
  expect(faults(declare(unit(), unit({ feedInW: 1 })))).toEqual(['units[1].podId']);
});

it('declares a margin, once', () => {
  const said: CostsEvent = { type: 'MarginDeclared', data: { aggregatorId, marginPerMille: 100 } };
  given().when(margin(100)).then(said);
  given(said).when(margin(100)).then();
  given().when(margin(-1)).thenRefused('margin-malformed');
  given().when(margin(10_001)).thenRefused('margin-malformed');
});
