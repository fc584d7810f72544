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

/** Goal: the optimum found elsewhere is reached on every instance file, in all three numbers. */
const folder = path.resolve(__dirname, '../../../../shared/clearing-instances');
const files = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : [];
const maybe = files.length > 0 ? describe : describe.skip;

maybe('clearing instances (skipped where ../shared/clearing-instances is absent)', () => {
  it.each(files)('%s reaches the expected optimum, proven and feasible', async (file) => {
    const json = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
      expected: { dsoServedWMtu: number; tsoServedWMtu: number; costWMtuPrice: number };
    };
    const columns = columnsFromInstance(parseClearingInstance(json));
    const t0 = performance.now();
    const result = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, await loadHighsSolver());
    process.stderr.write(`${file} ${result.algorithm} ${performance.now() - t0}\n`);
    expect({
      dsoServedWMtu: result.totals.dsoServedWMtu,
      tsoServedWMtu: result.totals.tsoServedWMtu,
      costWMtuPrice: Number(result.totals.costWMtuPrice),
    }).toEqual(json.expected);
    expect(result.gap).toBeNull();
    expect(checkAllocation(columns, result.allocation).violations).toEqual([]);
    expect(result.algorithm).toBe(
      { n: 'nested-merit-order', o: 'augmenting-merit-order', m: 'milp' }[file[0]!],
    );
  });
});
