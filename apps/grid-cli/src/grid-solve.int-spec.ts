/**
 * Goal: `grid solve --feeder` answers for an MV grid and the LV feeders below it what one network of
 * all would, and says which of them stops it. Method: the command on files, beside the same command
 * on one file with everything in it; each feeder has its own taps, loads and voltage dependence.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BusResult, LineResult, PowerFlowSolution } from '@flexledger/grid';
import { runGrid } from './testing/run-grid';

interface Row {
  readonly id: string;
  readonly [field: string]: unknown;
}
interface GridFile {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly buses: readonly Row[];
  readonly lines: readonly Row[];
  readonly transformers: readonly Row[];
  readonly loads: readonly Row[];
}
interface FeederResult extends Pick<
  PowerFlowSolution,
  'buses' | 'lines' | 'transformers' | 'totalLossesMw'
> {
  readonly bus: string;
  readonly file: string;
  readonly converged: boolean;
}
type Answer = PowerFlowSolution & { readonly feeders: readonly FeederResult[] };

const mediumVoltage = path.resolve(__dirname, '../../../libs/grid/data/cigre-mv.json');

/** `head --t-- a --l-- b`, a load at b; ids and heads as they shall stand in the file. */
function feeder(prefix: string, head: string, pMw: number, headKv = 20): GridFile {
  const id = (own: string): string => `${prefix}${own}`;
  const bus = { vMinPu: null, vMaxPu: null };
  return {
    schema: 'flexledger-grid/1',
    name: 'village',
    frequencyHz: 50,
    staticGenerators: [],
    buses: [
      { id: head, vnKv: headKv, ...bus },
      { id: id('a'), vnKv: 0.4, ...bus },
      { id: id('b'), vnKv: 0.4, ...bus },
    ],
    lines: [
      {
        id: id('l'),
        from: id('a'),
        to: id('b'),
        rOhm: 0.03,
        xOhm: 0.01,
        cNf: 90,
        maxIKa: 0.27,
        inService: true,
      },
    ],
    transformers: [
      {
        id: id('t'),
        hv: head,
        lv: id('a'),
        snMva: 0.4,
        vnHvKv: headKv,
        vnLvKv: 0.4,
        vkPercent: 6,
        vkrPercent: 1.2,
        pfeKw: 1.2,
        i0Percent: 0.3,
        tapPos: prefix.length,
        tapNeutral: 0,
        tapMin: -2,
        tapMax: 2,
        tapStepPercent: 2.5,
        tapSide: 'hv',
        shiftDegree: 150,
        inService: true,
      },
    ],
    loads: [{ id: id('load'), bus: id('b'), pMw, qMvar: pMw / 4, constantImpedancePercent: 40 }],
    externalGrid: { bus: head, vmPu: 0.97, vaDegree: 0 },
  };
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-feeders-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

function jsonFile(name: string, content: object): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const read = (file: string): GridFile => JSON.parse(readFileSync(file, 'utf8')) as GridFile;

describe('grid solve of an MV grid with two feeders at one bus and one at another', () => {
  const below = [
    { prefix: '', head: 'bus5', pMw: 0.03 },
    { prefix: 'f', head: 'bus5', pMw: 0.05 },
    { prefix: 'ff', head: 'bus11', pMw: 0.07 },
  ];
  let answer: Answer;
  let whole: PowerFlowSolution;
  let files: string[];
  let options: string[];

  beforeEach(async () => {
    files = below.map(({ pMw, prefix }) =>
      jsonFile(`f${prefix}.json`, feeder(prefix, 'head', pMw)),
    );
    options = below.flatMap(({ head }, at) => ['--feeder', `${head}=${files[at]!}`]);
    answer = JSON.parse(
      (await runGrid('solve', mediumVoltage, ...options, '--json')).out,
    ) as Answer;
    const above = read(mediumVoltage);
    const parts = below.map(({ prefix, head, pMw }) => feeder(prefix, head, pMw));
    const all = jsonFile('all.json', {
      ...above,
      buses: [...above.buses, ...parts.flatMap(({ buses }) => buses.slice(1))],
      lines: [...above.lines, ...parts.flatMap(({ lines }) => lines)],
      transformers: [...above.transformers, ...parts.flatMap((part) => part.transformers)],
      loads: [...above.loads, ...parts.flatMap(({ loads }) => loads)],
    });
    whole = JSON.parse((await runGrid('solve', all, '--json')).out) as PowerFlowSolution;
  });

  const voltagesOf = (buses: readonly BusResult[]): Map<string, number> =>
    new Map(buses.map(({ id, vmPu }) => [id, vmPu]));
  const currentsOf = (lines: readonly LineResult[]): Map<string, number> =>
    new Map(lines.map(({ id, iKa }) => [id, iKa]));

  it('has the voltages, currents and losses of the whole network', () => {
    const voltages = voltagesOf(whole.buses);
    const currents = currentsOf(whole.lines);
    expect(answer.buses).toHaveLength(15);
    for (const { id, vmPu } of answer.buses) expect(vmPu).toBeCloseTo(voltages.get(id)!, 8);
    for (const { id, iKa } of answer.lines) expect(iKa).toBeCloseTo(currents.get(id)!, 8);
    answer.feeders.forEach(({ buses, lines, transformers }, at) => {
      const { head } = below[at]!;
      expect(buses).toHaveLength(3);
      for (const { id, vmPu } of buses) {
        expect(vmPu).toBeCloseTo(voltages.get(id === 'head' ? head : id)!, 8);
      }
      for (const { id, iKa } of lines) expect(iKa).toBeCloseTo(currents.get(id)!, 8);
      const [own] = transformers;
      const inWhole = whole.transformers.find(({ id }) => id === own!.id)!;
      expect(own!.loadingPercent).toBeCloseTo(inWhole.loadingPercent!, 5);
    });
    const lost = answer.feeders.reduce(
      (sum, { totalLossesMw }) => sum + totalLossesMw,
      answer.totalLossesMw,
    );
    expect(lost).toBeCloseTo(whole.totalLossesMw, 7);
    expect(answer.externalGrid.pMw).toBeCloseTo(whole.externalGrid.pMw, 7);
    expect(answer.externalGrid.qMvar).toBeCloseTo(whole.externalGrid.qMvar, 7);
  });

  it('has the keys of the MV grid alone and one more, and each feeder those it shall have', async () => {
    const alone = JSON.parse((await runGrid('solve', mediumVoltage, '--json')).out) as object;
    expect(Object.keys(answer)).toEqual([...Object.keys(alone), 'feeders']);
    expect(answer.feeders.map(({ bus, file, converged }) => ({ bus, file, converged }))).toEqual(
      below.map(({ head }, at) => ({ bus: head, file: files[at], converged: true })),
    );
    for (const one of answer.feeders) {
      expect(Object.keys(one)).toEqual([
        ...['bus', 'file', 'buses', 'lines', 'transformers', 'totalLossesMw', 'converged'],
        ...['leftOut', 'assumed'],
      ]);
    }
    expect(process.exitCode).toBeUndefined();
  });

  it('prints a table more, of the feeders', async () => {
    const { out } = await runGrid('solve', mediumVoltage, ...options);
    const alone = await runGrid('solve', mediumVoltage);
    const heads = (text: string): string[] => text.match(/│ (bus|element) +│ .*/g) ?? [];
    expect(heads(alone.out)).toHaveLength(2);
    expect(heads(out)).toHaveLength(3);
    const { buses, totalLossesMw } = answer.feeders[2]!;
    // A path that is wider than its column goes on in the lines below.
    const row = out.split('\n').findLast((line) => line.startsWith('│ bus11 '))!;
    const [, bus, file, ...values] = row.split('│').map((cell) => cell.trim());
    expect([bus, files[2]!.startsWith(file!)]).toEqual(['bus11', true]);
    expect(values).toEqual([
      ...[buses[2]!.vmPu.toFixed(6), buses[0]!.vmPu.toFixed(6)],
      ...[(totalLossesMw * 1e3).toFixed(3), ''],
    ]);
  });
});

describe('grid solve with a feeder that cannot be solved', () => {
  it('says which, shows no values, and exits with 2', async () => {
    const good = jsonFile('good.json', feeder('g', 'head', 0.03));
    const heavy = jsonFile('heavy.json', feeder('h', 'head', 5));
    const args = ['solve', mediumVoltage, '--feeder', `bus5=${good}`, '--feeder', `bus8=${heavy}`];
    const { out } = await runGrid(...args, '--json');
    expect(process.exitCode).toBe(2);
    const answer = JSON.parse(out) as { feeders: object[] };
    expect(answer).toEqual({
      converged: false,
      leftOut: [],
      assumed: [],
      feeders: [
        { bus: 'bus5', file: good, converged: true, leftOut: [], assumed: [] },
        expect.objectContaining({ bus: 'bus8', file: heavy, converged: false, worstBus: 'hb' }),
      ],
    });
    process.exitCode = undefined;
    const text = await runGrid(...args);
    expect(text.out).toMatch(
      /^feeder \S+heavy.json at bus8: no solution after \d+ iterations; .+\n$/,
    );
    expect(process.exitCode).toBe(2);
  });

  it('says so where the MV grid has none', async () => {
    const above = read(mediumVoltage);
    const loads = above.loads.map((load) => ({ ...load, pMw: 90 }));
    const file = jsonFile('above.json', { ...above, loads });
    const args = [
      'solve',
      file,
      '--feeder',
      `bus5=${jsonFile('f.json', feeder('', 'head', 0.03))}`,
    ];
    const answer = JSON.parse((await runGrid(...args, '--json')).out) as { worstBus: string };
    expect(answer).toMatchObject({ converged: false, feeders: [{ bus: 'bus5' }] });
    expect(answer.worstBus).toMatch(/^bus/);
    expect((await runGrid(...args)).out).toMatch(/^grid cigre-mv with its feeders: no solution/);
    expect(process.exitCode).toBe(2);
  });
});

describe('grid solve of feeders that draw more together than the MV grid can carry', () => {
  it('says so, though each alone has a solution, and exits with 2', async () => {
    const strong = feeder('', 'head', 40);
    const file = jsonFile('town.json', {
      ...strong,
      transformers: strong.transformers.map((row) => ({ ...row, snMva: 400 })),
      loads: strong.loads.map((row) => ({ ...row, bus: 'a', constantImpedancePercent: 0 })),
    });
    expect(JSON.parse((await runGrid('solve', file, '--json')).out)).toMatchObject({
      converged: true,
    });
    const args = ['solve', mediumVoltage, '--feeder', `bus11=${file}`];
    expect(JSON.parse((await runGrid(...args, '--json')).out)).toMatchObject({
      converged: false,
      feeders: [{ bus: 'bus11', file }],
    });
    const { out } = await runGrid(...args);
    expect(out).toContain('grid cigre-mv ');
    expect(out).not.toContain('voltage pu');
    expect(process.exitCode).toBe(2);
  });
});

describe('grid solve refuses a feeder', () => {
  const solving = (option: string): Promise<unknown> =>
    runGrid('solve', mediumVoltage, '--feeder', option);
  const fitting = (): string => jsonFile('village.json', feeder('', 'head', 0.03));

  it('at an unknown bus', async () => {
    await expect(solving(`bus99=${fitting()}`)).rejects.toThrow(
      /^feeder ".*village.json": grid "cigre-mv" has no bus "bus99"\. /,
    );
  });

  it('whose slack has another nominal voltage, naming both', async () => {
    const low = jsonFile('ten.json', feeder('', 'head', 0.03, 10));
    await expect(solving(`bus5=${low}`)).rejects.toThrow(
      /ten.json": its slack "head" has 10 kV, bus "bus5" of grid "cigre-mv" 20 kV\. /,
    );
  });

  it('whose file is missing, or holds no network that can be used', async () => {
    const none = path.join(folder, 'none.json');
    await expect(solving(`bus5=${none}`)).rejects.toThrow(`${none} cannot be read`);
    const broken = feeder('', 'head', 0.03);
    const file = jsonFile('broken.json', { ...broken, loads: [{ ...broken.loads[0], bus: 'x' }] });
    await expect(solving(`bus5=${file}`)).rejects.toThrow(`feeder "${file}": load "load"`);
  });

  it.each(['bus5', '=file.json', 'bus5='])('given as %s', async (option) => {
    await expect(solving(option)).rejects.toThrow('--feeder must be BUS=FILE');
  });
});
