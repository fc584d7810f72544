import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  checkAllocation,
  clearMarket,
  columnsFromInstance,
  DEFAULT_CLEARING_PARAMETERS,
  parseClearingInstance,
} from '@flexledger/domain';
import { loadHighsSolver } from './highs';

/**
 * Goal: on every instance file, the optimum found elsewhere is reached in all three numbers, proven
 * and feasible, by the path meant for its kind. Method: clear the file, compare with `expected`.
 */
const folder = path.resolve(__dirname, '../../../../shared/clearing-instances');
const files = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : [];
const maybe = files.length > 0 ? describe : describe.skip;

const PATHS: Readonly<Record<string, string>> = {
  nested: 'nested-merit-order',
  overlap: 'augmenting-merit-order',
  mixed: 'milp',
};

maybe('clearing instances (skipped where ../shared/clearing-instances is absent)', () => {
  it.each(files)('%s reaches its expected optimum', async (file) => {
    const document = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
      expected: object;
    };
    const columns = columnsFromInstance(parseClearingInstance(document));
    const solver = await loadHighsSolver();
    const result = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
    const { totals, violations } = checkAllocation(columns, result.allocation);
    expect(violations).toEqual([]);
    expect({
      dsoServedWMtu: totals.dsoServedWMtu,
      tsoServedWMtu: totals.tsoServedWMtu,
      costWMtuPrice: Number(totals.costWMtuPrice),
    }).toEqual(document.expected);
    expect(result.gap).toBeNull();
    expect(result.algorithm).toBe(PATHS[file.split('-')[0]!]);
  });
});
