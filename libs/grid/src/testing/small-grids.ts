import fc from 'fast-check';

/** A grid file to be edited by a test before `parseNetwork` reads it. */
export interface GridFile {
  schema: string;
  name: string;
  frequencyHz: number;
  buses: Record<string, unknown>[];
  lines: Record<string, unknown>[];
  transformers: Record<string, unknown>[];
  loads: Record<string, unknown>[];
  staticGenerators: Record<string, unknown>[];
  shunts: Record<string, unknown>[];
  switches: Record<string, unknown>[];
  pods: Record<string, unknown>[];
  externalGrid: unknown;
}

export const busRow = (id: string, vnKv: number): Record<string, unknown> => ({
  id,
  vnKv,
  vMinPu: 0.9,
  vMaxPu: 1.1,
});

export const lineRow = (
  id: string,
  from: string,
  to: string,
  values: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id,
  from,
  to,
  rOhm: 0.1,
  xOhm: 0.08,
  cNf: 100,
  maxIKa: 0.27,
  inService: true,
  ...values,
});

export const transformerRow = (
  id: string,
  hv: string,
  lv: string,
  values: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id,
  hv,
  lv,
  snMva: 0.4,
  vnHvKv: 20,
  vnLvKv: 0.4,
  vkPercent: 6,
  vkrPercent: 1.2,
  pfeKw: 1.2,
  i0Percent: 0.3,
  tapPos: 0,
  tapNeutral: 0,
  tapMin: -2,
  tapMax: 2,
  tapStepPercent: 2.5,
  tapSide: 'hv',
  shiftDegree: 150,
  inService: true,
  ...values,
});

/**
 * ```
 * mv --t1-- a --l1-- b --l2-- c        b --l3-- d       (l4 from c to d: an open tie)
 * ```
 * One substation with four LV buses, loads at b, c, d, PV at c, a PoD at each of b, c, d.
 */
export function substation(): GridFile {
  return {
    schema: 'flexledger-grid/1',
    name: 'substation',
    frequencyHz: 50,
    buses: [busRow('mv', 20), ...['a', 'b', 'c', 'd'].map((id) => busRow(id, 0.4))],
    lines: [
      lineRow('l1', 'a', 'b'),
      lineRow('l2', 'b', 'c'),
      lineRow('l3', 'd', 'b'),
      lineRow('l4', 'c', 'd', { inService: false }),
    ],
    transformers: [transformerRow('t1', 'mv', 'a')],
    loads: ['b', 'c', 'd'].map((bus) => ({ id: `load-${bus}`, bus, pMw: 0.02, qMvar: 0.006 })),
    staticGenerators: [{ id: 'pv', bus: 'c', pMw: 0.03, qMvar: -0.002 }],
    shunts: [],
    switches: [],
    pods: ['b', 'c', 'd'].map((bus) => ({ id: `pod-${bus}`, bus })),
    externalGrid: { bus: 'mv', vmPu: 1.02, vaDegree: 0 },
  };
}

/** Draws of one more bus of a random grid: where it hangs and what is there. */
const node = fc.record({
  parent: fc.nat(),
  viaTransformer: fc.boolean(),
  r: fc.double({ min: 0.05, max: 1, noNaN: true }),
  x: fc.double({ min: 0.02, max: 1, noNaN: true }),
  charging: fc.double({ min: 0, max: 1, noNaN: true }),
  p: fc.double({ min: -0.6, max: 1, noNaN: true }),
  q: fc.double({ min: -0.4, max: 0.5, noNaN: true }),
  currentPercent: fc.integer({ min: 0, max: 50 }),
  impedancePercent: fc.integer({ min: 0, max: 50 }),
  tapPos: fc.integer({ min: -2, max: 2 }),
  shiftDegree: fc.constantFrom(0, 30, 150, 180),
  tapSide: fc.constantFrom('hv', 'lv', null),
});

/**
 * Random radial grids of 2 to 40 buses behind 20 kV: MV lines, transformers with taps and shifts,
 * LV lines, loads of every voltage dependence, generators, shunts. They load the grid moderately,
 * so each has a solution.
 */
export const radialGrid: fc.Arbitrary<GridFile> = fc
  .array(node, { minLength: 1, maxLength: 39 })
  .map((draws) => {
    const file: GridFile = { ...substation(), name: 'random', switches: [], pods: [] };
    const vnKv = [20];
    const n = draws.length;
    file.buses = [busRow('n0', 20)];
    file.externalGrid = { bus: 'n0', vmPu: 1.01, vaDegree: 10 };
    Object.assign(file, { lines: [], transformers: [], loads: [], staticGenerators: [] });
    // The slack has loads and shunts too, which only its own balance can show.
    file.loads.push({ id: 'd0', bus: 'n0', pMw: 0.3, qMvar: 0.1, constantImpedancePercent: 40 });
    file.shunts = [{ id: 's0', bus: 'n0', pMw: 0.01, qMvar: -0.2 }];
    draws.forEach((draw, index) => {
      const at = index + 1;
      const parent = draw.parent % at;
      const ids = [`n${parent}`, `n${at}`] as const;
      const stepsDown = draw.viaTransformer && vnKv[parent] === 20;
      vnKv.push(stepsDown ? 0.4 : vnKv[parent]!);
      file.buses.push(busRow(ids[1], vnKv[at]!));
      const lv = vnKv[at] === 0.4;
      if (stepsDown) {
        const { tapPos, tapSide, shiftDegree } = draw;
        file.transformers.push(transformerRow(`t${at}`, ...ids, { tapPos, tapSide, shiftDegree }));
      } else {
        // Orientation must not matter, so every other line runs towards the slack.
        const [from, to] = at % 2 === 0 ? ids : ([ids[1], ids[0]] as const);
        const scale = lv ? 0.1 : 1;
        file.lines.push(
          lineRow(`l${at}`, from, to, {
            rOhm: draw.r * scale,
            xOhm: draw.x * scale,
            cNf: draw.charging * 300,
          }),
        );
      }
      const share = (lv ? 0.15 : 4) / n;
      const power = { bus: ids[1], pMw: draw.p * share, qMvar: draw.q * share };
      if (at % 5 === 0) file.staticGenerators.push({ id: `g${at}`, ...power });
      else {
        file.loads.push({
          id: `d${at}`,
          ...power,
          constantCurrentPercent: draw.currentPercent,
          constantImpedancePercent: draw.impedancePercent,
        });
      }
      if (at % 7 === 0)
        file.shunts.push({ id: `s${at}`, bus: ids[1], pMw: 0, qMvar: -0.1 * share });
    });
    return file;
  });
