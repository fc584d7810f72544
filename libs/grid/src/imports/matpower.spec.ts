/**
 * Goal: a MATPOWER case means here what it means there. Method: published cases against their
 * published solutions and another program's; random branches against the equations of MATPOWER's
 * manual; then every form of script that is understood, and the refusal of others by line.
 */
import fc from 'fast-check';
import { parseNetwork } from '../model/parse-network';
import { shippedJson } from '../testing/reference-grids';
import { importMatpower } from './matpower';
import { expectedOf, expectVoltages, gridText, solved } from './testing/grids';

describe('published cases', () => {
  it.each(['case9', 'case14'])('%s solves as in PYPOWER, within 1e-9 pu', (name) => {
    const solution = solved(importMatpower(gridText(`${name}.m`)).network);
    expectVoltages(solution, expectedOf(name).buses, 1e-9);
  });

  it('case9 has the voltages of Anderson and Fouad, figure 2.19', () => {
    const published: [string, number, number][] = [
      ['bus1', 1.04, 0],
      ['bus2', 1.025, 9.3],
      ['bus3', 1.025, 4.7],
      ['bus4', 1.026, -2.2],
      ['bus5', 1.013, -3.7],
      ['bus6', 1.032, 2],
      ['bus7', 1.016, 0.7],
      ['bus8', 1.026, 3.7],
      ['bus9', 0.996, -4],
    ];
    const { network } = importMatpower(gridText('case9.m'));
    expectVoltages(solved(network), published, 1.1e-3);
    expect(solved(network).externalGrid.pMw).toBeCloseTo(71.6, 1);
  });

  it('case14 has the voltages that stand in it', () => {
    const text = gridText('case14.m');
    const rows = /mpc\.bus = \[\n([^\]]*)\]/.exec(text)![1]!.trim().split('\n');
    const published = rows.map((row): [string, number, number] => {
      const values = row.trim().replace(';', '').split('\t').map(Number);
      return [`bus${values[0]}`, values[7]!, values[8]!];
    });
    expect(published).toHaveLength(14);
    expectVoltages(solved(importMatpower(text).network), published, 2e-3);
  });

  it('case33bw, converted from ohm and kW, is the shipped feeder', () => {
    const { network, leftOut, assumed } = importMatpower(gridText('case33bw.m'));
    const solution = solved(network);
    const shipped = solved(parseNetwork(shippedJson('ieee33')));
    expectVoltages(
      solution,
      shipped.buses.map(({ id, vmPu, vaDegree }) => [
        `bus${Number(id.slice(3)) + 1}`,
        vmPu,
        vaDegree,
      ]),
      1e-9,
    );
    expect(solution.totalLossesMw * 1000).toBeCloseTo(202.68, 2);
    expect(network.name).toBe('case33bw');
    expect(leftOut).toEqual([
      { what: 'mpc.gencost', count: 1, reason: 'no part of the network model' },
    ]);
    expect(assumed).toEqual([]);
  });

  it('without nominal voltages, what is assumed is said', () => {
    expect(importMatpower(gridText('case14.m')).assumed).toMatchObject([
      { what: 'bus', count: 14 },
      { what: 'generator', count: 4, reason: expect.stringContaining('limits of Q') as unknown },
      {
        what: 'transformer',
        count: 3,
        reason: 'no rating in the file: its loading stays unrated',
      },
    ]);
    const { transformers } = solved(importMatpower(gridText('case14.m')).network);
    expect(transformers.map(({ loadingPercent }) => loadingPercent)).toEqual([null, null, null]);
  });
});

/** A case of two buses and one branch. */
const twoBuses = (branch: readonly number[], more = ''): string => `
function mpc = two
mpc.version = '2';
mpc.baseMVA = 10;
mpc.bus = [
  1 3  0 0 0 0 1 1 3 20 1 1.1 0.9;
  2 1  4 1 0.5 2 1 1 0 0.4 1 1.1 0.9;
];
mpc.gen = [1 0 0 10 -10 1.02 10 1 10 0];
mpc.branch = [${branch.join(' ')}];
${more}`;

describe('a branch', () => {
  const branch = fc.record({
    // Below 0 in the equivalents of reduced grids.
    r: fc.double({ min: -0.01, max: 0.02, noNaN: true }),
    x: fc
      .tuple(fc.double({ min: 0.01, max: 0.08, noNaN: true }), fc.constantFrom(1, 1, -1))
      .map(([size, sign]) => size * sign),
    b: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
    ratio: fc.constantFrom(0, 0.95, 1, 1.07),
    shift: fc.constantFrom(0, -30, 12, 150),
    forward: fc.boolean(),
    loadKv: fc.constantFrom(0.4, 20),
  });

  it('with ratio, shift and charging balances the power of MATPOWER’s equations', () => {
    fc.assert(
      fc.property(branch, ({ r, x, b, ratio, shift, forward, loadKv }) => {
        const ends = forward ? [1, 2] : [2, 1];
        const row = [...ends, r, x, b, 0, 0, 0, ratio, shift, 1];
        const { network } = importMatpower(twoBuses(row, `mpc.bus(2, 10) = ${loadKv};`));
        const solution = solved(network);
        const voltage = (bus: number): readonly [number, number] => {
          const { vmPu, vaDegree } = solution.buses.find(({ id }) => id === `bus${bus}`)!;
          const angle = (vaDegree * Math.PI) / 180;
          return [vmPu * Math.cos(angle), vmPu * Math.sin(angle)];
        };
        const { atFrom, atTo } = matpowerFlows(row, voltage(ends[0]!), voltage(ends[1]!));
        const [p, q] = forward ? atTo : atFrom;
        const vm2 = solution.buses[1]!.vmPu ** 2;
        // Load of 4 MW and 1 Mvar, shunt of 0.5 MW and -2 Mvar at 1 pu.
        expect(10 * p + 4 + 0.5 * vm2).toBeCloseTo(0, 8);
        expect(10 * q + 1 - 2 * vm2).toBeCloseTo(0, 8);
      }),
      { numRuns: 100 },
    );
  });

  it('has the rating of its rate A, none where that is 0', () => {
    const line = (rateMva: number): unknown =>
      importMatpower(
        twoBuses([1, 2, 0.01, 0.02, 0.1, rateMva, 0, 0, 0, 0, 1], 'mpc.bus(2, 10) = 20;'),
      ).network.lines[0];
    expect(line(5)).toMatchObject({ maxIKa: expect.closeTo(5 / Math.sqrt(3) / 20, 12) as unknown });
    expect(line(0)).toMatchObject({ maxIKa: null });
  });
});

/**
 * Complex power into a branch at both ends, pu (MATPOWER User's Manual, equations 3.1 and 3.2): pi
 * model behind an ideal transformer at the from end.
 */
function matpowerFlows(
  row: readonly number[],
  [fromRe, fromIm]: readonly [number, number],
  [toRe, toIm]: readonly [number, number],
): { atFrom: readonly [number, number]; atTo: readonly [number, number] } {
  const [r, x, b] = [row[2]!, row[3]!, row[4]!];
  const tap = row[8] === 0 ? 1 : row[8]!;
  const shift = (row[9]! * Math.PI) / 180;
  // Voltage behind the ideal transformer: V_f / (tap e^(j shift)).
  const innerRe = (fromRe * Math.cos(shift) + fromIm * Math.sin(shift)) / tap;
  const innerIm = (fromIm * Math.cos(shift) - fromRe * Math.sin(shift)) / tap;
  const flow = (
    [aRe, aIm]: readonly [number, number],
    [zRe, zIm]: readonly [number, number],
  ): readonly [number, number] => {
    const [dRe, dIm] = [aRe - zRe, aIm - zIm];
    const size = r * r + x * x;
    const iRe = (dRe * r + dIm * x) / size - (b / 2) * aIm;
    const iIm = (dIm * r - dRe * x) / size + (b / 2) * aRe;
    return [aRe * iRe + aIm * iIm, aIm * iRe - aRe * iIm];
  };
  const [inner, to] = [
    [innerRe, innerIm],
    [toRe, toIm],
  ] as const;
  // The ideal transformer passes power through.
  return { atFrom: flow(inner, to), atTo: flow(to, inner) };
}

describe('what a case may hold', () => {
  const line = [1, 2, 0.01, 0.02, 0, 0, 0, 0, 0, 0, 1];

  it('generators: at PV buses they hold the voltage, at others they feed in, off they are left out', () => {
    const { network, leftOut } = importMatpower(
      twoBuses(line, 'mpc.bus(2, 2) = 2;').replace(
        'mpc.gen = [1 0 0 10 -10 1.02 10 1 10 0]',
        `mpc.gen = [
          1 0 0 10 -10 1.02 10 1 10 0   % the slack
          2 1 0.2 10 -10 1.01 10 1 10 0
          2 2 0.3 10 -10 1.01 10 1 10 0
          2 5 0.3 10 -10 1.01 10 0 10 0 % off
          1 0.5 0.1 10 -10 1.02 10 1 10 0
        ]`,
      ),
    );
    expect(network.staticGenerators).toMatchObject([
      { id: 'gen2', pMw: 1, vmPu: 1.01 },
      { id: 'gen3', pMw: 2, qMvar: 0, vmPu: null },
      { id: 'gen5', bus: 'bus1', pMw: 0.5, vmPu: null },
    ]);
    expect(network.externalGrid).toEqual({ bus: 'bus1', vmPu: 1.02, vaDegree: 3 });
    expect(leftOut).toEqual([{ what: 'generator', count: 1, reason: 'out of service' }]);
  });

  it('isolated buses, branches out of service, names of buses', () => {
    const { network, leftOut } = importMatpower(
      twoBuses([...line.slice(0, 10), 1], `mpc.bus_name = {'feeder "A"'; 'it''s far'; 'gone'};`)
        .replace('];\nmpc.gen', '  3 4 1 1 0 0 1 1 0 0.4 1 1.1 0.9;\n];\nmpc.gen')
        .replace(
          'mpc.branch = [',
          'mpc.branch = [1 3 0.1 0.1 0 0 0 0 0 0 0; 1 2 0 1 0 0 0 0 0 0 0; ',
        ),
    );
    expect(network.buses.map(({ name }) => name)).toEqual(['feeder "A"', "it's far"]);
    expect(leftOut.map(({ what, reason }) => [what, reason])).toEqual([
      ['bus', 'isolated (type 4), with its load and shunt'],
      ['branch', 'out of service, to an isolated bus'],
    ]);
    expect(network.transformers.map(({ id, inService }) => [id, inService])).toEqual([
      ['branch2', false],
      ['branch3', true],
    ]);
  });

  it('the format of version 1: one variable a matrix', () => {
    const text = twoBuses(line)
      .replace('function mpc = two', 'function [baseMVA, bus, gen, branch] = two')
      .replaceAll('mpc.', '');
    expect(importMatpower(text).network).toEqual(importMatpower(twoBuses(line)).network);
  });

  it('comments, continuations, commas, Inf, exponents, blocks of comments, Windows line ends', () => {
    const text = twoBuses(
      [1, 2, '1e-2' as never, '2.0D-2' as never, 0, 'Inf' as never, 0, 0, 0, 0, 1],
      `%{
       if this were read it would fail
       %}
       mpc.note = 'it''s 100 % % fine'; % said so
       scale = [2, ...  two
         -1 +1];`,
    ).replaceAll('\n', '\r\n');
    const { network, leftOut } = importMatpower(text);
    expect(network.transformers[0]).toMatchObject({ vkrPercent: 1 });
    expect(leftOut).toEqual([
      { what: 'mpc.note', count: 1, reason: 'no part of the network model' },
    ]);
  });

  it.each([
    ['mpc.bus(2, 3) = -2^2 + 8;', 4],
    ['a = [1 -2]; mpc.bus(2, 3) = a(1, 2);', -2],
    ['a = [1 - 2]; mpc.bus(2, 3) = a;', -1],
    ['a = [1 2; 3 4]; mpc.bus(2, 3) = a(2, 1) * 2 / 4;', 1.5],
    [
      'pf = 0.8; mpc.bus(:, 4) = mpc.bus(:, 3) * sin(acos(pf)); mpc.bus(2, 3) = mpc.bus(2, 4);',
      2.4,
    ],
    ['define_constants; mpc.bus(:, PD) = mpc.bus(:, PD) ./ [1; 8];', 0.5],
    ['[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD] = idx_bus; mpc.bus(1:2, PD) = 7;', 7],
    ['k = 2 * pi; mpc.bus(2, 3) = abs(-k) / pi;', 2],
    ['mpc.bus(2, 3) = (1 + 2) * (3 - 1)^-1;', 1.5],
  ])('plain formulas: %s', (statement, pMw) => {
    const { network } = importMatpower(twoBuses(line, statement));
    expect(network.loads.find(({ id }) => id === 'load2')!.pMw).toBeCloseTo(pMw, 12);
  });
});

describe('refused, by line or by element', () => {
  const line = [1, 2, 0.01, 0.02, 0, 0, 0, 0, 0, 0, 1];
  const without = (pattern: string | RegExp, put: string): string =>
    twoBuses(line).replace(pattern, put);

  it.each<[string, string, string]>([
    ['a condition', twoBuses(line, 'if 1\nend'), 'line 11: "if" starts a statement'],
    ['a call', twoBuses(line, 'mpc = loadcase(2);'), 'line 11: loadcase is neither a variable'],
    ['a matrix that is not closed', 'mpc.bus = [1 2\n', 'line 2: a matrix is not closed'],
    ['a text that is not closed', "\nmpc.version = '2;", 'line 2: a text is not closed'],
    ['rows of different lengths', 'mpc.bus = [1 2; 3];', 'line 1: the rows of the matrix'],
    ['an index outside', twoBuses(line, 'mpc.bus(3, 1) = 1;'), 'line 11: mpc.bus has no row 3'],
    ['an unknown character', 'mpc.bus = 1 ? 2;', 'line 1: the character "?" is not understood'],
    ['a product of matrices', 'a = [1 2] * [3 4];', 'line 1: "*" joins matrices'],
    ['no buses', 'function mpc = x\nmpc.baseMVA = 1;', 'mpc.bus: is missing'],
    ['too few columns', without(/mpc.branch = .*/, 'mpc.branch = [1 2 0 1];'), 'has 4 columns'],
    ['no base', without('mpc.baseMVA = 10', 'mpc.baseMVA = 0'), 'mpc.baseMVA: is not a number'],
    ['two slack buses', twoBuses(line, 'mpc.bus(2, 2) = 3;'), 'buses 1, 2: 2 slack buses'],
    ['no slack bus', twoBuses(line, 'mpc.bus(1, 2) = 1;'), 'mpc.bus: 0 slack buses'],
    [
      'a slack without generator',
      twoBuses(line, 'mpc.gen(1, 8) = 0;'),
      'bus "bus1": the reference',
    ],
    ['a dangling branch', twoBuses([1, 9, ...line.slice(2)]), 'branch1: bus 9 is isolated or not'],
    ['a generator nowhere', twoBuses(line, 'mpc.gen(1, 1) = 9;'), 'generator "gen1": bus 9 is not'],
    [
      'a DC line in service to a bus that is not there',
      twoBuses(line, 'mpc.dcline = [1 9 1 2 2 0 0 1 1 0 5 -1 1 -1 1 0 0];'),
      'dcline1: is in service, and its bus 9 is isolated or not in mpc.bus',
    ],
    [
      'a DC line of too few columns',
      twoBuses(line, 'mpc.dcline = [1 2 1 2];'),
      'mpc.dcline: has 4 columns',
    ],
    [
      'storage in service',
      twoBuses(line, 'mpc.storage = [2 1 0 1 1 1 1 1 1 1 1 1 0 0 0 0 1];'),
      'mpc.storage row 1: is in service, and the network model has no such element. Put its power ' +
        'into mpc.bus or mpc.gen and remove the row, or leave out knowingly what is so: --leave-out mpc.storage.',
    ],
    [
      'a converter of an extension',
      twoBuses(line, 'mpc.convdc = [1 2 1 0 0]; mpc.busdc = [1 1 0];'),
      'as with 1 more of mpc.convdc,mpc.busdc',
    ],
    [
      'a matrix that nobody knows, of rows that begin with a bus',
      twoBuses(line, 'mpc.heater = [2 3 1];'),
      'mpc.heater row 1: is in service',
    ],
    [
      'a load without path to the slack',
      twoBuses([...line.slice(0, 10), 0]),
      'load "load2": its bus "bus2" has no path to the external grid',
    ],
  ])('%s', (_, text, message) => {
    expect(() => importMatpower(text)).toThrow(message);
  });
});

describe('a DC line', () => {
  const threeBuses = (dcline: readonly number[], typeOf3 = 1, more = ''): string => `
function mpc = three
mpc.version = '2';
mpc.baseMVA = 10;
mpc.bus = [
  1 3 0 0   0 0 1 1 0 20 1 1.1 0.9;
  2 1 3 1   0 0 1 1 0 20 1 1.1 0.9;
  3 ${typeOf3} 2 0.5 0 0 1 1 0 20 1 1.1 0.9;
];
mpc.gen = [1 0 0 99 -99 1.01 10 1 99 -99];
mpc.branch = [
  1 2 0.01 0.03 0 0 0 0 0 0 1;
  2 3 0.01 0.03 0 0 0 0 0 0 1;
];
mpc.dcline = [${dcline.join(' ')}];
${more}`;
  const row = (values: Readonly<Record<number, number>>): number[] =>
    Object.assign([1, 3, 1, 2, 1.9, 0, 0, 1, 1, 0, 5, -1, 1, -1, 1, 0, 0], values) as number[];
  const voltages = (text: string): number[] =>
    solved(importMatpower(text).network).buses.map(({ vmPu }) => vmPu);

  /** Voltages at buses 2 and 3, loads and injections in pu of 10 MVA, by fixed point. */
  function byHand(bus3: { readonly p: number; readonly q: number }): number[] {
    const [r, x] = [0.01, 0.03];
    let [v2Re, v2Im, v3Re, v3Im] = [1, 0, 1, 0];
    const current = (p: number, q: number, re: number, im: number): [number, number] => {
      const size = re * re + im * im;
      return [(p * re + q * im) / size, (p * im - q * re) / size];
    };
    for (let k = 0; k < 200; k++) {
      const [i2Re, i2Im] = current(0.3, 0.1, v2Re, v2Im);
      const [i3Re, i3Im] = current(bus3.p, bus3.q, v3Re, v3Im);
      const [iRe, iIm] = [i2Re + i3Re, i2Im + i3Im];
      [v2Re, v2Im] = [1.01 - (r * iRe - x * iIm), 0 - (r * iIm + x * iRe)];
      [v3Re, v3Im] = [v2Re - (r * i3Re - x * i3Im), v2Im - (r * i3Im + x * i3Re)];
    }
    return [Math.hypot(v2Re, v2Im), Math.hypot(v3Re, v3Im)];
  }

  it('is two injections: PF drawn, and PT fed in where the file gives no losses', () => {
    const text = threeBuses(row({}));
    const { network, assumed } = importMatpower(text);
    expect(network.staticGenerators).toMatchObject([
      { id: 'dcline1 from', bus: 'bus1', pMw: -2, vmPu: null },
      { id: 'dcline1 to', bus: 'bus3', pMw: 1.9, qMvar: 0, vmPu: null },
    ]);
    const [, , v3] = voltages(text);
    expect(v3).toBeCloseTo(byHand({ p: 0.01, q: 0.05 })[1]!, 9);
    expect(v3).toBeCloseTo(1.0008, 4);
    expect(assumed.map(({ reason }) => reason)).toEqual([
      'LOSS0 and LOSS1 are 0, PF 2 and PT 1.9 MW: PT is fed in (toggle_dcline would feed in PF)',
      expect.stringContaining('an end at a PQ bus feeds in its QF or QT'),
      expect.stringContaining('another holds the voltage of its node'),
    ]);
  });

  it('loses LOSS0 and LOSS1 of what it draws, and feeds in its Q', () => {
    const text = threeBuses(row({ 4: 1.85, 6: 0.3, 15: 0.05, 16: 0.05 }));
    expect(voltages(text)[2]).toBeCloseTo(byHand({ p: 0.015, q: 0.02 })[1]!, 9);
    expect(
      importMatpower(text)
        .assumed.map(({ reason }) => reason)
        .join(),
    ).not.toContain('PT');
  });

  it.each([
    ['a PT that does not fit its losses gives way to them', { 4: 1, 15: 0.1 }, 0.01],
    ['a PT that is not given, too', { 4: 0 }, 0],
  ])('%s', (_, values, p) => {
    expect(voltages(threeBuses(row(values)))[2]).toBeCloseTo(byHand({ p, q: 0.05 })[1]!, 9);
  });

  it('holds its voltage at a PV bus', () => {
    const text = threeBuses(row({ 8: 1.004 }), 2);
    expect(voltages(text)[2]).toBeCloseTo(1.004, 12);
  });

  it('out of service is left out', () => {
    const { network, leftOut } = importMatpower(threeBuses(row({ 2: 0 })));
    expect(network.staticGenerators).toEqual([]);
    expect(leftOut).toEqual([{ what: 'mpc.dcline', count: 1, reason: 'out of service' }]);
  });
});

describe('what extensions of the format hold', () => {
  const line = [1, 2, 0.01, 0.02, 0, 0, 0, 0, 0, 0, 1];

  it('may be left out where it is out of service, described only, or as asked', () => {
    const text = twoBuses(
      line,
      `mpc.storage = [2 1 0 1 1 1 1 1 1 1 1 1 0 0 0 0 0];
       mpc.bus_coords = [1 4 5; 2 4 6];
       mpc.heater = [2 3 1; 2 4 1];`,
    );
    const { leftOut, network } = importMatpower(text, { leaveOut: ['mpc.heater'] });
    expect(leftOut).toEqual([
      { what: 'mpc.storage', count: 1, reason: 'out of service' },
      { what: 'mpc.bus_coords', count: 2, reason: 'no part of the network model' },
      {
        what: 'mpc.heater',
        count: 2,
        reason: 'in service, left out as asked: the network model has no such element',
      },
    ]);
    expect(network.remarks!.leftOut).toEqual(leftOut);
  });
});

describe('a branch without impedance', () => {
  const none = (values: Readonly<Record<number, number>>): number[] =>
    Object.assign([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1], values) as number[];
  const sameKv = 'mpc.bus(2, 10) = 20;';

  it('in service joins its buses, its charging included', () => {
    const { network, assumed } = importMatpower(twoBuses(none({ 4: 0.2 }), sameKv));
    expect(network.switches).toMatchObject([{ kind: 'busToBus', from: 'bus1', to: 'bus2' }]);
    expect(assumed).toMatchObject([{ what: 'line', count: 1 }]);
    const { externalGrid, buses } = solved(network);
    expect(buses[1]!.vmPu).toBeCloseTo(1.02, 12);
    // Load, shunt and charging at the slack's voltage.
    expect(externalGrid.pMw).toBeCloseTo(4 + 0.5 * 1.02 ** 2, 9);
    expect(externalGrid.qMvar).toBeCloseTo(1 - (2 + 0.2 * 10) * 1.02 ** 2, 9);
  });

  it('between two voltages, or with a ratio, is an ideal transformer', () => {
    const { network, assumed } = importMatpower(twoBuses(none({ 8: 0.98 })));
    expect(assumed.map(({ reason }) => reason)).toContain(
      'in service without impedance: an ideal transformer',
    );
    expect(solved(network).buses.find(({ id }) => id === 'bus2')!.vmPu).toBeCloseTo(1.02 / 0.98, 9);
  });

  it.each([sameKv, ''])('out of service needs none (%s)', (kv) => {
    const text = twoBuses([1, 2, 0.01, 0.02, 0, 0, 0, 0, 0, 0, 1], kv).replace(
      'mpc.branch = [',
      'mpc.branch = [1 2 0 0 0.1 0 0 0 0 0 0; ',
    );
    const { network } = importMatpower(text);
    expect([...network.lines, ...network.transformers].map(({ inService }) => inService)).toEqual([
      false,
      true,
    ]);
    expect(solved(network).converged).toBe(true);
  });
});
