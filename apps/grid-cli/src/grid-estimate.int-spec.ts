/** Goal: `grid estimate` says what the estimator found, in words and as JSON, and how to go on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileGrid, parseNetwork, solvePowerFlow, type StateEstimate } from '@flexledger/grid';
import { gridFile } from '@flexledger/service-kit';
import { gridCommand } from './grid.command';

const grid = path.resolve(__dirname, '../../../libs/grid/data/cigre-mv.json');
const network = parseNetwork(gridFile('cigre-mv'));
const solution = solvePowerFlow(compileGrid(network));

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly bus?: string;
  readonly element?: string;
  readonly side?: string;
  readonly value: number;
  readonly sigma: number;
}

/** Voltages everywhere, and the flow into each line. */
function measured(): Row[] {
  if (!solution.converged) throw new Error('not converged');
  return [
    ...solution.buses.map(({ id, vmPu }): Row => ({
      id: `v ${id}`,
      kind: 'vmPu',
      bus: id,
      value: vmPu,
      sigma: 0.002,
    })),
    ...[...solution.lines, ...solution.transformers].flatMap((branch): Row[] => {
      const [p, q] =
        'pFromMw' in branch ? [branch.pFromMw, branch.qFromMvar] : [branch.pHvMw, branch.qHvMvar];
      const at = { element: branch.id, side: 'from', sigma: 0.01 };
      return [
        { id: `p ${branch.id}`, kind: 'pFlowMw', ...at, value: p },
        { id: `q ${branch.id}`, kind: 'qFlowMvar', ...at, value: q },
      ];
    }),
  ];
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-estimate-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

async function estimate(measurements: readonly object[], ...options: string[]): Promise<string> {
  const file = path.join(folder, 'measurements.json');
  writeFileSync(file, JSON.stringify({ schema: 'flexledger-measurements/1', measurements }));
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    const args = ['estimate', grid, file, ...options];
    await gridCommand().exitOverride().parseAsync(args, { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return out;
}

it('prints the state that was measured', async () => {
  const result = JSON.parse(await estimate(measured(), '--json')) as StateEstimate;
  if (!solution.converged) throw new Error('not converged');
  solution.buses.forEach(({ id, vmPu, vaDegree }, index) => {
    expect(result.buses[index]!.id).toBe(id);
    expect(result.buses[index]!.vmPu).toBeCloseTo(vmPu, 7);
    expect(result.buses[index]!.vaDegree).toBeCloseTo(vaDegree, 5);
  });
  expect(process.exitCode).toBeUndefined();
});

it('names what it removed, and what nothing else can check', async () => {
  const rows = measured()
    .filter(({ id }) => id !== 'v bus11' && id !== 'p line9')
    .map((row) => (row.id === 'v bus5' ? { ...row, value: 0.8 } : row));
  const out = await estimate(rows);
  expect(out).toMatch(
    /removed as wrong: v bus5; \d+\.\d standard deviations off, the others say 0\.9/,
  );
  expect(out).toContain('degrees of freedom');
  expect(out).toContain(': noise;');
});

it('names the buses that the measurements leave open, and exits with 2', async () => {
  expect(await estimate([])).toMatch(
    /^no estimate: the measurements leave 15 buses open: bus0, bus1, /,
  );
  expect(process.exitCode).toBe(2);
});

it('names the measurement that will not do', async () => {
  const [first] = measured();
  await expect(estimate([{ ...first, bus: 'nowhere' }])).rejects.toThrow(
    'measurement "v bus0": "nowhere" is not a bus of this grid',
  );
  await expect(estimate([{ ...first, sigma: -1 }])).rejects.toThrow(
    'measurement "v bus0": sigma is -1',
  );
  await expect(estimate([], '--confidence', '1')).rejects.toThrow('confidence: is 1');
});
