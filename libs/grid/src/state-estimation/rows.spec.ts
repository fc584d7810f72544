/**
 * Goal: what a measurement should show, and how that changes with the voltages. Method: values
 * against the power flow's results, derivatives against differences, on random grids.
 */
import fc from 'fast-check';
import { parseNetwork } from '../model/parse-network';
import { createNodeVoltages, type NodeVoltages } from '../power-flow/attempt';
import { compileGrid } from '../power-flow/compile';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import { solvePowerFlow } from '../results';
import { radialGrid } from '../testing/small-grids';
import { bindMeasurements, type Measurement } from './measurements';
import { createRowFactory, type Row } from './rows';
import { measureAll } from './testing/measure';

/** All measurements of a solved grid with their rows, and the voltages of the solution. */
function rowsAt(grid: CompiledGrid): {
  readonly measurements: readonly Measurement[];
  readonly rows: readonly Row[];
  readonly voltages: NodeVoltages;
} {
  const solution = solvePowerFlow(grid);
  if (!solution.converged) throw new Error('not converged');
  const voltages = createNodeVoltages(grid.topology.nodeCount);
  const nodeOf = new Map(
    grid.network.buses.map(({ id }, bus) => [id, grid.topology.nodeOfBus[bus]!]),
  );
  for (const { id, vmPu, vaDegree } of solution.buses) {
    const angle = (vaDegree * Math.PI) / 180;
    voltages.re[nodeOf.get(id)!] = vmPu * Math.cos(angle);
    voltages.im[nodeOf.get(id)!] = vmPu * Math.sin(angle);
  }
  const measurements = measureAll(grid.network, solution);
  const rowOf = createRowFactory(grid);
  const rows = bindMeasurements(grid, measurements).bound.map(({ place }) => rowOf(place));
  return { measurements, rows, voltages };
}

/** Constant power only, as the injections are taken from the loads. */
const constantPowerGrid = radialGrid.map((file) => ({
  ...file,
  loads: file.loads.map((load) => ({
    ...load,
    constantCurrentPercent: 0,
    constantImpedancePercent: 0,
  })),
  shunts: file.shunts.filter(({ id }) => id !== 's0'),
}));

describe('on random grids', () => {
  it('every measurement shows what the power flow reports', () => {
    fc.assert(
      fc.property(constantPowerGrid, (file) => {
        const { measurements, rows, voltages } = rowsAt(compileGrid(parseNetwork(file)));
        measurements.forEach(({ id, kind, value, sigma }, index) => {
          const row = rows[index]!;
          row.evaluate(voltages);
          // A load at the external grid's own bus is no part of its exchange.
          if (id.endsWith(' n0')) return;
          // The angle of next to no current is no figure.
          if (kind === 'iaDegree' && Math.abs(measurements[index - 1]!.value) < 1e-6) return;
          const miss = row.value - value;
          const turn = kind.endsWith('Degree') ? miss - 360 * Math.round(miss / 360) : miss;
          expect(Math.abs(turn)).toBeLessThan(Math.max(1e-7, 1e-4 * sigma));
        });
      }),
      { numRuns: 40 },
    );
  });

  it('the derivatives are those of the value', () => {
    fc.assert(
      fc.property(constantPowerGrid, fc.nat(), (file, pick) => {
        const { measurements, rows, voltages } = rowsAt(compileGrid(parseNetwork(file)));
        const index = pick % rows.length;
        const row = rows[index]!;
        const { kind } = measurements[index]!;
        if (kind === 'iKa' || kind === 'iaDegree') {
          // Next to no current turns with the least change of a voltage.
          const current = rows[kind === 'iKa' ? index : index - 1]!;
          current.evaluate(voltages);
          const steepest = Math.max(...[...current.dTheta, ...current.dU].map(Math.abs));
          if (!(current.value > 1e-3 * steepest)) return;
        }
        row.evaluate(voltages);
        const { dTheta, dU } = { dTheta: [...row.dTheta], dU: [...row.dU] };
        row.nodes.forEach((node, k) => {
          for (const [analytic, angle, growth] of [
            [dTheta[k]!, 1e-6, 0],
            [dU[k]!, 0, 1e-6],
          ] as const) {
            const change = valueMoved(1) - valueMoved(-1);
            const isAngle = kind.endsWith('Degree');
            const difference = (isAngle ? change - 360 * Math.round(change / 360) : change) / 2e-6;
            const size = Math.max(...[...dTheta, ...dU].map(Math.abs), 1);
            expect(Math.abs(difference - analytic)).toBeLessThan(1e-3 * size);
            function valueMoved(sign: number): number {
              const factor = Math.exp(sign * growth);
              const moved = {
                re: Float64Array.from(voltages.re),
                im: Float64Array.from(voltages.im),
              };
              const [cosine, sine] = [Math.cos(sign * angle), Math.sin(sign * angle)];
              moved.re[node] = factor * (voltages.re[node]! * cosine - voltages.im[node]! * sine);
              moved.im[node] = factor * (voltages.re[node]! * sine + voltages.im[node]! * cosine);
              row.evaluate(moved);
              return row.value;
            }
          }
        });
      }),
      { numRuns: 300 },
    );
  });
});
