/** What plants cost, and who bids, as the log says it. */
import type { CostsEvent, UnitCosts } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { biddersView } from './bidders-view';
import { unitCostsView } from './unit-costs-view';

const unit = (podId: string, operationMicroEurPerKwh: number): UnitCosts => ({
  podId,
  marketMicroEurPerKwh: 0,
  weatherMicroEurPerKwh: 0,
  maintenanceMicroEurPerKwh: 0,
  operationMicroEurPerKwh,
  strategyMicroEurPerKwh: 0,
  fixedMicroEurPerMtu: 0,
  feedInW: 0,
  limits: null,
});
const declared = (aggregatorId: string, ...units: UnitCosts[]): CostsEvent => ({
  type: 'CostsDeclared',
  data: { aggregatorId, units },
});
const log = [
  ...inStream('costs-AGG1', [declared('AGG1', unit('A', 1), unit('B', 2))]),
  ...inStream('costs-AGG2', [declared('AGG2', unit('A', 3))]),
  ...inStream<CostsEvent>('costs-AGG1', [
    declared('AGG1', unit('B', 4)),
    { type: 'MarginDeclared', data: { aggregatorId: 'AGG1', marginPerMille: 50 } },
    declared('AGG1', unit('C', 5)),
  ]),
  ...inStream<CostsEvent>('costs-AGG3', [
    { type: 'MarginDeclared', data: { aggregatorId: 'AGG3', marginPerMille: 70 } },
  ]),
];

it('has what each aggregator declared last of each plant', () => {
  expect(documentsAfter(unitCostsView, log)).toEqual([
    { aggregatorId: 'AGG1', ...unit('A', 1), declaredAt: timeAt(0) },
    { aggregatorId: 'AGG1', ...unit('B', 4), declaredAt: timeAt(2) },
    { aggregatorId: 'AGG2', ...unit('A', 3), declaredAt: timeAt(1) },
    { aggregatorId: 'AGG1', ...unit('C', 5), declaredAt: timeAt(4) },
  ]);
});

it('has every aggregator that declared costs or a margin, with the margin', () => {
  expect(documentsAfter(biddersView, log)).toEqual([
    { aggregatorId: 'AGG1', marginPerMille: 50 },
    { aggregatorId: 'AGG2', marginPerMille: 0 },
    { aggregatorId: 'AGG3', marginPerMille: 70 },
  ]);
});
