/**
 * Goal: a PSS/E RAW file means here what it means there. Method: published cases against the solutions of another
 * program; transformers in each of the ways that a file may give them; then what is refused, by line.
 */
import { importPsse } from './psse';
import { expectedOf, expectVoltages, gridText, solved } from './testing/grids';

describe('published cases', () => {
  it.each(['case9', 'case14'])('%s solves as in PYPOWER, within 1e-9 pu', (name) => {
    const { network, leftOut } = importPsse(gridText(`${name}.raw`));
    expectVoltages(solved(network), expectedOf(name).buses, 1e-9);
    expect(leftOut).toEqual([]);
  });

  it('hold names, loads by bus and id, and what the file is', () => {
    const { network } = importPsse(gridText('case9.raw'));
    expect(network.source).toBe('PSS/E RAW 33');
    expect(network.title).toContain('Three machines and nine buses');
    expect(network.buses[0]).toMatchObject({ id: 'bus1', name: 'BUS 1', vnKv: 345 });
    expect(network.loads.map(({ id }) => id)).toEqual(['load5 1', 'load7 1', 'load9 1']);
    expect(network.lines.map(({ id }) => id)).toContain('branch4-5 1');
  });
});

/** Two buses over one transformer, with what a test says of it, and further sections. */
const small = (
  transformer: readonly string[] = [
    "1, 2, 0, '1', 1, 1, 1, 0, 0, 2, 'T', 1, 1, 1",
    '0.005, 0.1, 50',
    '1.02, 0, 0, 50',
    '0.98, 0',
  ],
  { load = "2, '1', 1, 1, 1, 20, 5", further = 'Q' } = {},
): string =>
  [
    '0, 100, 33, 0, 0, 50 / a test',
    'two buses',
    '',
    "1, 'HIGH, 1', 110, 3, 1, 1, 1, 1, 0",
    "2, 'LOW', 20, 1, 1, 1, 1, 1, 0",
    '0 / END OF BUS DATA',
    load,
    '0 / END OF LOAD DATA',
    '0 / END OF FIXED SHUNT DATA',
    "1, '1', 0, 0, 99, -99, 1.0, 0, 100, 0, 1, 0, 0, 1, 1",
    '0 / END OF GENERATOR DATA',
    '0 / END OF BRANCH DATA',
    ...transformer,
    '0 / END OF TRANSFORMER DATA',
    further,
  ].join('\n');

const voltageOf = (text: string, bus = 'bus2'): number =>
  solved(importPsse(text).network).buses.find(({ id }) => id === bus)!.vmPu;

describe('a transformer', () => {
  const reference = voltageOf(small());

  it('lowers what it carries by the ratio of its taps and by its impedance', () => {
    // No load: the ratio alone.
    const idle = voltageOf(small(undefined, { load: '2, 1, 1, 1, 1, 0, 0' }));
    expect(idle).toBeCloseTo(0.98 / 1.02, 9);
    expect(reference).toBeLessThan(idle);
  });

  it.each([
    [
      'turns in kV (CW 2)',
      ["1, 2, 0, '1', 2, 1, 1, 0, 0, 2, 'T', 1", '0.005, 0.1, 50', '112.2, 0, 0, 50', '19.6, 0'],
    ],
    [
      'turns of the rated voltage (CW 3)',
      ["1, 2, 0, '1', 3, 1, 1, 0, 0, 2, 'T', 1", '0.005, 0.1, 50', '0.935, 120, 0, 50', '0.98, 20'],
    ],
    [
      'impedance on its own base (CZ 2)',
      ["1, 2, 0, '1', 1, 2, 1, 0, 0, 2, 'T', 1", '0.0025, 0.05, 50', '1.02, 0, 0, 50', '0.98, 0'],
    ],
    [
      'load loss in W (CZ 3)',
      [
        "1, 2, 0, '1', 1, 3, 1, 0, 0, 2, 'T', 1",
        `125000, ${Math.hypot(0.0025, 0.05)}, 50`,
        '1.02, 0, 0, 50',
        '0.98, 0',
      ],
    ],
  ])('given by %s is the same', (_, lines) => {
    expect(voltageOf(small(lines))).toBeCloseTo(reference, 9);
  });

  it('of three windings is refused, or left out as asked', () => {
    const lines = ["1, 2, 2, '1', 1, 1, 1, 0, 0, 2, 'T', 1", '0, 0.1, 50', '1, 0', '1, 0\n1, 0'];
    expect(() => importPsse(small(lines))).toThrow(
      /line 13: is in service, and transformers of three windings are not read.*--leave-out three-winding-transformer/s,
    );
  });
});

it('loads of constant power, current and impedance are loads of their own', () => {
  const { network } = importPsse(small(undefined, { load: "2, 'A', 1, 1, 1, 10, 2, 3, 1, 4, -2" }));
  expect(
    network.loads.map(({ id, pMw, qMvar, constantCurrentPercent, constantImpedancePercent }) => [
      ...[id, pMw, qMvar, constantCurrentPercent, constantImpedancePercent],
    ]),
  ).toEqual([
    ['load2 A', 10, 2, 0, 0],
    ['load2 A constant current', 3, 1, 100, 0],
    ['load2 A constant impedance', 4, 2, 0, 100],
  ]);
});

it('a switched shunt stands as it is set, and is said to', () => {
  // Area to FACTS devices are empty.
  const empty = Array.from({ length: 10 }, () => '0 /');
  const further = [...empty, '2, 1, 0, 1, 1.1, 0.9, 0, 100, , 7.5', '0 /', '0 /', 'Q'].join('\n');
  const { network, assumed } = importPsse(small(undefined, { further }));
  expect(network.shunts).toMatchObject([{ id: 'switched shunt2', bus: 'bus2', qMvar: -7.5 }]);
  expect(assumed.map(({ what }) => what)).toContain('switched shunt');
});

it.each<[string, string, RegExp]>([
  ['of another version', small().replace('100, 33', '100, 30'), /^line 1: is of version 30/],
  ['without a base', small().replace('0, 100', '0, 0'), /^line 1: SBASE is 0/],
  ['with a text for a number', small().replace('20, 5', '20, five'), /^line 7: QL is "five"/],
  ['with an open quote', small().replace("'LOW'", "'LOW"), /^line 5: a quote is not closed/],
  [
    'with a bus given twice',
    small().replace("2, 'LOW'", "1, 'LOW'"),
    /^line 5: bus 1 is given twice/,
  ],
  ['with a load at no bus', small().replace("2, '1', 1", "8, '1', 1"), /^line 7: bus 8 is not in/],
  ['that is cut off', small().split('\n').slice(0, 8).join('\n'), /^line 8: the file ends within/],
  [
    'with an unknown CW',
    small().replace("'1', 1, 1, 1, 0, 0, 2", "'1', 5, 1, 1, 0, 0, 2"),
    /CW is 5/,
  ],
  ['with a winding of no turns', small().replace('1.02, 0', '0, 0'), /a winding has 0 turns/],
])('a file %s is refused, by its line', (_, text, reason) => {
  expect(() => importPsse(text)).toThrow(reason);
});

it('what else carries power is refused, and what does not is told', () => {
  const dc = small(undefined, { further: "1, 1, 0, 10, 'AREA'\n0 /\n'DC', 1, 1, 1\n0 /\nQ" });
  expect(() => importPsse(dc)).toThrow(
    /line 20: is in service, and two-terminal dc data are not read/,
  );
  const { leftOut } = importPsse(dc, { leaveOut: ['two-terminal-dc'] });
  expect(leftOut.map(({ what }) => what)).toEqual(['area', 'two-terminal-dc']);
});
