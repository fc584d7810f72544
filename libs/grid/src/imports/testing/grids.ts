import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Network } from '../../model/network';
import { compileGrid } from '../../power-flow/compile';
import { solvePowerFlow, type PowerFlowSolution } from '../../results';

const read = (name: string): string => readFileSync(path.resolve(__dirname, 'grids', name), 'utf8');

export const gridText = (name: string): string => read(name);
export const gridJson = (name: string): unknown => JSON.parse(read(`${name}.json`)) as unknown;

/** Results computed by the program that the file is from. */
export interface Expected {
  /** Id, magnitude in pu, angle in degree. */
  readonly buses: readonly (readonly [string, number, number])[];
  readonly loadingPercent: readonly (readonly [string, number])[];
  /** P in MW, Q in Mvar. */
  readonly externalGrid: readonly [number, number];
}

export const expectedOf = (name: string): Expected =>
  JSON.parse(read(`${name}.expected.json`)) as Expected;

export function solved(network: Network): PowerFlowSolution {
  const result = solvePowerFlow(compileGrid(network));
  if (!result.converged) throw new Error(`not converged: ${JSON.stringify(result)}`);
  return result;
}

/** Every expected voltage is met within a tolerance in pu and the same in radian. */
export function expectVoltages(
  solution: PowerFlowSolution,
  buses: Expected['buses'],
  tolerancePu: number,
): void {
  const found = new Map(solution.buses.map((bus) => [bus.id, bus]));
  for (const [id, vmPu, vaDegree] of buses) {
    const bus = found.get(id);
    if (bus === undefined) throw new Error(`${id} is not supplied`);
    const turn = ((bus.vaDegree - vaDegree) * Math.PI) / 180;
    expect(Math.abs(bus.vmPu - vmPu)).toBeLessThan(tolerancePu);
    expect(Math.abs(2 * Math.sin(turn / 2))).toBeLessThan(tolerancePu);
  }
}
