/** A new PoD's bus, rule by rule. */
import type { PodDetails, SupplyHint } from '@flexledger/domain';
import { OPEN, feederFile, operateGrid } from '@flexledger/grid-operations';
import { chooseBus } from './choose-bus';

/** mv - t1 - n0, and from there two branches: n1 - n2 and n3. */
const model = feederFile([
  { parent: 0, rOhm: 0.01 },
  { parent: 1, rOhm: 0.01 },
  { parent: 0, rOhm: 0.01 },
]);
const grid = operateGrid({ gridId: 'feeder', digest: '', model, limits: OPEN });
const loads = new Map([
  ['n0', 3_000],
  ['n1', 6_000],
  ['n2', 4_500],
  ['n3', 3_000],
]);
const RULE = { unnamed: 'leastLoadedBus' } as const;
const choose = (
  supply: SupplyHint | undefined,
  { loadW = loads, voltageLevel }: { loadW?: typeof loads; voltageLevel?: 'LV' | 'MV' } = {},
) => {
  const connection = voltageLevel ? ({ voltageLevel } as PodDetails['connection']) : undefined;
  const details = { ...(supply ? { supply } : {}), ...(connection ? { connection } : {}) };
  return chooseBus(details, grid, loadW, RULE);
};

it.each<[string, SupplyHint | undefined, string]>([
  ['the supply point that it names', { by: 'supplyPoint', code: 'n1' }, 'n1'],
  ['the least loaded bus of its feeder', { by: 'feeder', code: 'l1' }, 'n2'],
  ['of equal ones the first of the model', { by: 'feeder', code: 't1' }, 'n0'],
  ['the least loaded of all where it names nothing', undefined, 'n0'],
])('%s', (_, supply, busId) => {
  expect(choose(supply)).toEqual({ busId });
});

it('one without load goes before all others', () => {
  const loadW = new Map([...loads].filter(([bus]) => bus !== 'n3'));
  expect(choose(undefined, { loadW })).toEqual({ busId: 'n3' });
});

it.each<[string, SupplyHint, string]>([
  ['a supply point that is none', { by: 'supplyPoint', code: 'n9' }, 'n9'],
  ['a feeder that is none', { by: 'feeder', code: 'n1' }, 'n1'],
])('%s is told', (_, supply, code) => {
  expect(choose(supply)).toEqual({ fault: expect.stringContaining(code) });
});

it('a connection of medium voltage finds no place behind the last transformer', () => {
  expect(choose(undefined, { voltageLevel: 'MV' })).toEqual({
    fault: 'no bus is of its voltage and supplied',
  });
});

it('where the policy leaves it to an operator, one that names nothing waits', () => {
  expect(chooseBus({}, grid, loads, { unnamed: 'byHand' })).toEqual({
    fault: 'it names neither supply point nor feeder',
  });
});
