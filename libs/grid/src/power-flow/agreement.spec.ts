/**
 * Goal: laws that hold for every grid. Method: random radial grids; the two solvers, which share
 * neither equations nor iteration, must agree, and the solution must balance.
 */
import fc from 'fast-check';
import { parseNetwork } from '../model/parse-network';
import type { Network } from '../model/network';
import { solvePowerFlow, type PowerFlowSolution } from '../results';
import { lineRow, radialGrid, substation, type GridFile } from '../testing/small-grids';
import { compileGrid } from './compile';
import type { Algorithm } from './solve-step';

function solved(file: GridFile, algorithm: Algorithm = 'newtonRaphson'): PowerFlowSolution {
  const result = solvePowerFlow(compileGrid(parseNetwork(file)), { algorithm });
  if (!result.converged) throw new Error(`not converged: ${JSON.stringify(result)}`);
  return result;
}

function largestVoltageDifference(one: PowerFlowSolution, other: PowerFlowSolution): number {
  return one.buses.reduce((largest, bus, index) => {
    const { vmPu, vaDegree } = other.buses[index]!;
    const turnRad = ((bus.vaDegree - vaDegree) * Math.PI) / 180;
    return Math.max(largest, Math.hypot(bus.vmPu - vmPu, bus.vmPu * 2 * Math.sin(turnRad / 2)));
  }, 0);
}

describe('on random radial grids', () => {
  it('the sweep finds the solution of Newton-Raphson within 1e-8 pu', () => {
    fc.assert(
      fc.property(radialGrid, (file) => {
        expect(largestVoltageDifference(solved(file), solved(file, 'sweep'))).toBeLessThan(1e-8);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['newtonRaphson', 'sweep'] as const)(
    '%s: what is injected less what is consumed are the losses',
    (algorithm) => {
      fc.assert(
        fc.property(radialGrid, (file) => {
          const solution = solved(file, algorithm);
          const consumed = consumption(parseNetwork(file), solution);
          const balance = solution.externalGrid.pMw - consumed.pMw - solution.totalLossesMw;
          expect(Math.abs(balance)).toBeLessThan(1e-8);
          expect(solution.totalLossesMw).toBeGreaterThan(-1e-12);
        }),
        { numRuns: 100 },
      );
    },
  );

  it('turning the slack turns every angle and changes no voltage', () => {
    fc.assert(
      fc.property(radialGrid, fc.integer({ min: -170, max: 170 }), (file, vaDegree) => {
        const turned = solved({ ...file, externalGrid: { bus: 'n0', vmPu: 1.01, vaDegree } });
        solved(file).buses.forEach((bus, index) => {
          expect(turned.buses[index]!.vmPu).toBeCloseTo(bus.vmPu, 9);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('on random meshed grids', () => {
  /** The radial grid with up to five more MV lines, which all stand at the same phase. */
  const meshedGrid = fc
    .tuple(radialGrid, fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 5 }))
    .map(([file, ties]): GridFile => {
      const mv = file.buses.filter((bus) => bus['vnKv'] === 20).map((bus) => String(bus['id']));
      const lines = ties.flatMap(([a, b], index) => {
        const from = mv[a % mv.length]!;
        const to = mv[b % mv.length]!;
        return from === to ? [] : [lineRow(`tie${index}`, from, to)];
      });
      return { ...file, lines: [...file.lines, ...lines] };
    });

  it('power is balanced at every bus', () => {
    fc.assert(
      fc.property(meshedGrid, (file) => {
        const network = parseNetwork(file);
        const solution = solved(file);
        const leaving = new Map(solution.buses.map((bus) => [bus.id, { pMw: 0, qMvar: 0 }]));
        const add = (bus: string, pMw: number, qMvar: number): void => {
          const sum = leaving.get(bus)!;
          leaving.set(bus, { pMw: sum.pMw + pMw, qMvar: sum.qMvar + qMvar });
        };
        const ends = new Map(network.lines.map(({ id, from, to }) => [id, { from, to }]));
        network.transformers.forEach(({ id, hv, lv }) => ends.set(id, { from: hv, to: lv }));
        for (const line of solution.lines) {
          add(ends.get(line.id)!.from, line.pFromMw, line.qFromMvar);
          add(ends.get(line.id)!.to, line.pToMw, line.qToMvar);
        }
        for (const transformer of solution.transformers) {
          add(ends.get(transformer.id)!.from, transformer.pHvMw, transformer.qHvMvar);
          add(ends.get(transformer.id)!.to, transformer.pLvMw, transformer.qLvMvar);
        }
        const { pMw, qMvar } = solution.externalGrid;
        add(network.externalGrid.bus, -pMw, -qMvar);
        for (const { id } of network.buses) {
          const consumed = consumption(network, solution, (bus) => bus === id);
          add(id, consumed.pMw, consumed.qMvar);
          expect(Math.abs(leaving.get(id)!.pMw)).toBeLessThan(1e-8);
          expect(Math.abs(leaving.get(id)!.qMvar)).toBeLessThan(1e-8);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Consumption of loads and shunts less generation, at the voltages found. */
function consumption(
  network: Network,
  solution: PowerFlowSolution,
  isCounted: (bus: string) => boolean = () => true,
): { pMw: number; qMvar: number } {
  const vmPu = new Map(solution.buses.map((bus) => [bus.id, bus.vmPu]));
  let pMw = 0;
  let qMvar = 0;
  const add = (row: { bus: string; pMw: number; qMvar: number }, factor: number): void => {
    if (!isCounted(row.bus)) return;
    pMw += factor * row.pMw;
    qMvar += factor * row.qMvar;
  };
  for (const load of network.loads) {
    const v = vmPu.get(load.bus)!;
    const current = load.constantCurrentPercent / 100;
    const impedance = load.constantImpedancePercent / 100;
    add(load, 1 - current - impedance + current * v + impedance * v * v);
  }
  for (const shunt of network.shunts) add(shunt, vmPu.get(shunt.bus)! ** 2);
  for (const generator of network.staticGenerators) add(generator, -1);
  return { pMw, qMvar };
}

describe('equal grids in different words', () => {
  it.each(['newtonRaphson', 'sweep'] as const)(
    '%s: two parallel lines are one of half the impedance and twice the capacitance',
    (algorithm) => {
      const twice = substation();
      twice.lines.push(lineRow('l1b', 'b', 'a'));
      const once = substation();
      once.lines[0] = lineRow('l1', 'a', 'b', { rOhm: 0.05, xOhm: 0.04, cNf: 200, maxIKa: 0.54 });
      const double = solved(twice, algorithm);
      const single = solved(once, algorithm);
      expect(largestVoltageDifference(double, single)).toBeLessThan(1e-9);
      expect(double.lines[0]!.loadingPercent).toBeCloseTo(single.lines[0]!.loadingPercent!, 6);
      expect(double.totalLossesMw).toBeCloseTo(single.totalLossesMw, 10);
    },
  );

  it('parallel transformers on different taps drive a circulating current, alike in both solvers', () => {
    const file = substation();
    file.transformers.push({ ...file.transformers[0], id: 't2', tapPos: -2 });
    const solution = solved(file);
    expect(largestVoltageDifference(solution, solved(file, 'sweep'))).toBeLessThan(1e-9);
    expect(solution.transformers[0]!.qHvMvar * solution.transformers[1]!.qHvMvar).toBeLessThan(0);
  });

  it.each(['newtonRaphson', 'sweep'] as const)(
    '%s: a constant-impedance load is a shunt, wherever a voltage ends up',
    (algorithm) => {
      const asLoad = substation();
      Object.assign(asLoad.loads[1]!, { constantImpedancePercent: 100 });
      const asShunt = substation();
      asShunt.loads.splice(1, 1);
      asShunt.shunts.push({ id: 's', bus: 'c', pMw: 0.02, qMvar: 0.006 });
      const difference = largestVoltageDifference(
        solved(asLoad, algorithm),
        solved(asShunt, algorithm),
      );
      expect(difference).toBeLessThan(1e-9);
    },
  );

  it('a line around a closed switch carries its charging current only', () => {
    const file = substation();
    file.lines.push(lineRow('around', 'e', 'b'));
    file.buses.push({ ...file.buses[1], id: 'e' });
    file.switches.push({ id: 's', kind: 'busToBus', from: 'b', to: 'e', closed: true });
    for (const algorithm of ['newtonRaphson', 'sweep'] as const) {
      const { lines, externalGrid, totalLossesMw } = solved(file, algorithm);
      const around = lines.find(({ id }) => id === 'around')!;
      expect(around.pFromMw).toBeCloseTo(0, 12);
      expect(around.qFromMvar).toBeLessThan(0);
      expect(externalGrid.pMw - 0.03 - totalLossesMw).toBeCloseTo(0, 8);
    }
  });

  it('a generator that holds its voltage is the one that injects the Q it reports', () => {
    const controlled = substation();
    controlled.staticGenerators[0]!['vmPu'] = 1.015;
    const held = solved(controlled);
    expect(held.buses[3]!.vmPu).toBeCloseTo(1.015, 12);
    const [{ id, qMvar } = { id: '', qMvar: NaN }] = held.controlledGenerators;
    expect(id).toBe('pv');
    const fixed = substation();
    fixed.staticGenerators[0]!['qMvar'] = qMvar;
    expect(largestVoltageDifference(held, solved(fixed))).toBeLessThan(1e-9);
  });

  it('the sweep is refused where a loop is closed or a voltage is held, with what to use instead', () => {
    const meshed = substation();
    meshed.lines[3]!['inService'] = true;
    const controlled = substation();
    controlled.staticGenerators[0]!['vmPu'] = 1;
    for (const file of [meshed, controlled]) {
      expect(() => solved(file, 'sweep')).toThrow(/grid "substation".*Use newtonRaphson/);
      expect(solved(file).buses).toHaveLength(5);
    }
  });
});
