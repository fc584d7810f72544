/**
 * Goal: a file that holds is read in full; a broken one is refused with the element, the reason and
 * the remedy.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileGrid } from '../power-flow/compile';
import { solvePowerFlow } from '../results';
import { sensitivities } from '../sensitivities';
import { busRow, lineRow, substation, transformerRow, type GridFile } from '../testing/small-grids';
import { GridModelError } from './grid-model-error';
import { gridFileOf, parseNetwork } from './parse-network';

type Edit = (file: GridFile) => unknown;

function edited(edit: Edit): GridFile {
  const file = substation();
  edit(file);
  return file;
}

describe('a flexledger-grid/1 file', () => {
  it('is read in full and written back without loss', () => {
    const file = edited(({ loads, shunts, switches, staticGenerators }) => {
      Object.assign(loads[0]!, { name: 'bakery', constantCurrentPercent: 30 });
      staticGenerators[0]!['type'] = 'PV';
      shunts.push({ id: 'c1', bus: 'b', pMw: 0, qMvar: -0.01 });
      switches.push({ id: 's1', kind: 'line', line: 'l2', closed: true });
    });
    const network = parseNetwork(file);
    expect(network.loads[0]).toEqual({
      id: 'load-b',
      name: 'bakery',
      bus: 'b',
      pMw: 0.02,
      qMvar: 0.006,
      constantCurrentPercent: 30,
      constantImpedancePercent: 0,
    });
    expect(network.pods).toEqual([
      { id: 'pod-b', bus: 'b' },
      { id: 'pod-c', bus: 'c' },
      { id: 'pod-d', bus: 'd' },
    ]);
    expect(parseNetwork(JSON.parse(JSON.stringify(gridFileOf(network))))).toEqual(network);
  });

  it('is what the README shows', () => {
    const readme = readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8');
    const example: unknown = JSON.parse(/```json\n([^`]*)```/.exec(readme)![1]!);
    expect(solvePowerFlow(compileGrid(parseNetwork(example)))).toMatchObject({ converged: true });
  });

  it('carries what its import left out and assumed, and back', () => {
    const remarks = {
      leftOut: [{ what: 'svc', count: 2, reason: 'in service, left out as asked' }],
      assumed: [],
    };
    const network = parseNetwork({ ...substation(), remarks });
    expect(network.remarks).toEqual(remarks);
    expect(parseNetwork(gridFileOf(network))).toEqual(network);
    expect(parseNetwork(substation())).not.toHaveProperty('remarks');
    const more = { leftOut: [{ ...remarks.leftOut[0], kind: 'x' }], assumed: [] };
    expect(() => parseNetwork({ ...substation(), remarks: more })).toThrow('kind is not a field');
    expect(() => parseNetwork({ ...substation(), remarks: { leftOut: [] } })).toThrow(
      'remarks: assumed is not a list',
    );
  });

  it('an unrated transformer carries power without loading', () => {
    const rated = parseNetwork(substation());
    const unrated = parseNetwork(
      edited(({ transformers }) => Object.assign(transformers[0]!, { unrated: true })),
    );
    const [one, other] = [rated, unrated].map((network) => {
      const result = solvePowerFlow(compileGrid(network));
      if (!result.converged) throw new Error('not converged');
      return result;
    });
    expect(other!.transformers[0]).toEqual({ ...one!.transformers[0], loadingPercent: null });
    expect(other!.buses).toEqual(one!.buses);
    const quantity = {
      kind: 'transformerLoadingPercent',
      id: unrated.transformers[0]!.id,
    } as const;
    expect(() => sensitivities(compileGrid(unrated), [quantity])).toThrow('is unrated');
  });

  it('a line or transformer out of service needs no impedance', () => {
    const file = edited(({ lines, transformers }) => {
      lines.push({ ...lines[0]!, id: 'spare', rOhm: 0, xOhm: 0, inService: false });
      const none = { vkPercent: 0, vkrPercent: 0, inService: false };
      transformers.push({ ...transformers[0]!, id: 'spare transformer', ...none });
    });
    expect(solvePowerFlow(compileGrid(parseNetwork(file)))).toMatchObject({ converged: true });
  });

  it('needs neither switches nor shunts nor PoDs', () => {
    const { switches, shunts, pods, ...file } = substation();
    expect(parseNetwork(file)).toMatchObject({ switches, shunts, pods: [] });
    expect(pods).not.toEqual([]);
  });

  it('may not hold a field that nobody reads; a reference-grid/1 file may', () => {
    const file = edited(({ loads }) => (loads[0]!['constantCurentPercent'] = 30));
    expect(() => parseNetwork(file)).toThrow(
      'load "load-b": constantCurentPercent is not a field of this format. Correct its name or remove it.',
    );
    expect(parseNetwork({ ...file, schema: 'reference-grid/1' }).loads).toHaveLength(3);
  });

  it('a switch may not name what one of another kind does, whatever the other switches are', () => {
    const file = edited(({ switches }) => {
      switches.push({ id: 's1', kind: 'line', line: 'l2', from: 'a', closed: true });
      switches.push({ id: 's2', kind: 'busToBus', from: 'b', to: 'c', closed: false });
    });
    expect(() => parseNetwork(file)).toThrow('switch "s1": from is not a field of this format');
  });

  it('a negative impedance is read in a flexledger-grid/1 file only', () => {
    const file = edited(({ lines }) => Object.assign(lines[0]!, { rOhm: -0.1, xOhm: -0.08 }));
    expect(parseNetwork(file).lines[0]!.rOhm).toBe(-0.1);
    expect(() => parseNetwork({ ...file, schema: 'reference-grid/1' })).toThrow(
      'line "l1": rOhm is -0.1',
    );
  });

  it('a table that nobody reads is refused in both', () => {
    for (const schema of ['flexledger-grid/1', 'reference-grid/1']) {
      expect(() => parseNetwork({ ...substation(), schema, externalGrids: [] })).toThrow(
        'grid file: externalGrids is not a field of this format',
      );
    }
  });
});

describe('a bus without supply', () => {
  const withSpare = edited(({ buses, lines }) => {
    buses.push(busRow('spare1', 0.4), busRow('spare2', 0.4));
    lines.push(lineRow('l9', 'spare1', 'spare2'));
  });

  it('is listed as unsupplied, and its lines carry nothing, when nothing there needs supply', () => {
    const result = solvePowerFlow(compileGrid(parseNetwork(withSpare)));
    expect(result).toMatchObject({ converged: true, unsuppliedBuses: ['spare1', 'spare2'] });
    if (!result.converged) return;
    expect(result.buses.map((bus) => bus.id)).toEqual(['mv', 'a', 'b', 'c', 'd']);
    expect(result.lines.map((line) => line.id)).toEqual(['l1', 'l2', 'l3']);
  });

  it.each<[string, Edit]>([
    ['load "x"', ({ loads }) => loads.push({ id: 'x', bus: 'spare2', pMw: 0, qMvar: 0 })],
    [
      'generator "x"',
      ({ staticGenerators }) => staticGenerators.push({ id: 'x', bus: 'spare2', pMw: 0, qMvar: 0 }),
    ],
    ['PoD "x"', ({ pods }) => pods.push({ id: 'x', bus: 'spare2' })],
  ])('is refused when it has a %s', (element, edit) => {
    const file = structuredClone(withSpare);
    edit(file);
    expect(() => parseNetwork(file)).toThrow(
      `${element}: its bus "spare2" has no path to the external grid. Close a switch`,
    );
  });

  it('is refused in a reference-grid/1 file, where every bus is supplied', () => {
    expect(() => parseNetwork({ ...withSpare, schema: 'reference-grid/1' })).toThrow(
      'bus "spare1": it has no path to the external grid, like 1 other elements',
    );
  });

  it('the refusal counts the others', () => {
    expect(() => parseNetwork(edited(({ lines }) => (lines[1]!['inService'] = false)))).toThrow(
      /load "load-c": its bus "c" has no path to the external grid, like 2 other elements/,
    );
  });
});

describe('refused, by name', () => {
  const rowIn =
    (
      table: 'buses' | 'lines' | 'transformers' | 'loads' | 'staticGenerators',
      values: object,
    ): Edit =>
    (file) =>
      Object.assign(file[table][0]!, values);

  it.each<[string, Edit, string]>([
    ['no format', (file) => (file.schema = 'x'), 'grid file: schema is "x". Give one of'],
    ['a table that is none', (file) => Object.assign(file, { lines: 3 }), 'lines is not a list'],
    ['a row that is none', (file) => file.lines.push(7 as never), 'lines[4]: 7 is not an object'],
    ['no id', (file) => delete file.lines[0]!['id'], 'lines[0]: id is missing'],
    [
      'dangling line end',
      rowIn('lines', { to: 'z' }),
      'line "l1": to "z" is not a bus of this grid',
    ],
    [
      'line from a bus to itself',
      rowIn('lines', { to: 'a' }),
      'line "l1": both ends are at bus "a"',
    ],
    [
      'zero impedance',
      rowIn('lines', { rOhm: 0, xOhm: 0 }),
      'line "l1": rOhm and xOhm are 0. Give an impedance, or use a closed busToBus switch.',
    ],
    ['negative resistance', rowIn('lines', { rOhm: -1 }), 'line "l1": rOhm is -1'],
    ['negative rating', rowIn('lines', { maxIKa: -0.2 }), 'line "l1": maxIKa is -0.2'],
    ['a rating of nothing', rowIn('lines', { maxIKa: 0 }), 'line "l1": maxIKa is 0'],
    [
      'a misspelt rating',
      (file) => delete file.lines[0]!['maxIKa'],
      'line "l1": maxIKa is missing',
    ],
    ['NaN', rowIn('loads', { pMw: NaN }), 'load "load-b": pMw is NaN. Give a finite number.'],
    ['infinity', rowIn('loads', { qMvar: -Infinity }), 'load "load-b": qMvar is -Infinity'],
    ['a number in quotes', rowIn('loads', { pMw: '3' }), 'load "load-b": pMw is "3"'],
    ['load at an unknown bus', rowIn('loads', { bus: 'z' }), 'load "load-b": bus "z" is not a bus'],
    ['PoD at an unknown bus', (file) => (file.pods[1]!['bus'] = 'z'), 'PoD "pod-c": bus "z"'],
    [
      'shares above 100 %',
      rowIn('loads', { constantCurrentPercent: 101 }),
      'load "load-b": constant',
    ],
    [
      'duplicate bus',
      (file) => file.buses.push(busRow('a', 0.4)),
      'bus "a": the id is used twice. Give each its own id.',
    ],
    ['line and transformer alike', rowIn('transformers', { id: 'l1' }), 'line or transformer "l1"'],
    [
      'duplicate PoD',
      (file) => (file.pods[1]!['id'] = 'pod-b'),
      'PoD "pod-b": the id is used twice',
    ],
    [
      'two slack buses',
      (file) => (file.externalGrid = [{ bus: 'mv' }, { bus: 'a' }]),
      'external grid at mv, a: 2 slack buses are given',
    ],
    ['no slack', (file) => (file.externalGrid = null), 'external grid: null is not an object'],
    [
      'slack nowhere',
      (file) => (file.externalGrid = { bus: 'z', vmPu: 1, vaDegree: 0 }),
      'bus "z"',
    ],
    ['no voltage', rowIn('buses', { vnKv: 0 }), 'bus "mv": vnKv is 0. Give a number above 0.'],
    ['an empty band', rowIn('buses', { vMinPu: 1.2 }), 'bus "mv": vMinPu is 1.2, vMaxPu 1.1'],
    [
      'a line across voltage levels',
      (file) => file.lines.push(lineRow('l5', 'mv', 'b')),
      'line "l5": joins bus "mv" of 20 kV and bus "b" of 0.4 kV',
    ],
    [
      'a transformer the wrong way round',
      rowIn('transformers', { hv: 'a', lv: 'mv' }),
      'transformer "t1": its hv winding of 20 kV is at bus "a" of 0.4 kV',
    ],
    [
      'no short-circuit voltage',
      rowIn('transformers', { vkPercent: 0 }),
      'transformer "t1": vkPercent',
    ],
    [
      'more r than z',
      rowIn('transformers', { vkrPercent: 7 }),
      'transformer "t1": vkrPercent is above',
    ],
    ['tap out of range', rowIn('transformers', { tapPos: 3 }), 'transformer "t1": tapPos is 3'],
    ['half a tap', rowIn('transformers', { tapPos: 0.5 }), 'transformer "t1": tapPos is 0.5'],
    [
      'a tap that leaves nothing',
      rowIn('transformers', { tapStepPercent: -60, tapPos: 2 }),
      'transformer "t1": tapPos leaves no voltage',
    ],
    ['negative rated power', rowIn('transformers', { snMva: -1 }), 'transformer "t1": snMva is -1'],
    [
      'two voltages at one bus',
      rowIn('staticGenerators', { bus: 'mv', vmPu: 1 }),
      'generator "pv"',
    ],
    [
      'a switch to nowhere',
      (file) => file.switches.push({ id: 's', kind: 'line', line: 'z', closed: true }),
      'switch "s": line "z" is not a line of this grid',
    ],
    [
      'a transformer bridged by switches',
      (file) => {
        file.buses.push(busRow('e', 20), busRow('f', 20));
        file.transformers.push(transformerRow('t2', 'e', 'f', { vnLvKv: 20 }));
        for (const bus of ['e', 'f']) {
          file.switches.push({ id: bus, kind: 'busToBus', from: 'mv', to: bus, closed: true });
        }
      },
      'transformer "t2": closed busToBus switches join its two sides',
    ],
  ])('%s', (_, edit, message) => {
    const read = (): unknown => parseNetwork(edited(edit));
    expect(read).toThrow(GridModelError);
    expect(read).toThrow(message);
  });

  it.each([null, undefined, 3, 'x', [], {}])('%p is not a grid file', (json) => {
    expect(() => parseNetwork(json)).toThrow(GridModelError);
  });
});

describe('switches', () => {
  const linesInService = (edit: Edit): string[] => {
    const result = solvePowerFlow(compileGrid(parseNetwork(edited(edit))));
    if (!result.converged) throw new Error('not converged');
    return result.lines.map((line) => line.id);
  };

  it('an open one takes its line out, a closed one changes nothing', () => {
    const ring: Edit = ({ lines }) => (lines[3]!['inService'] = true);
    const withSwitch = (closed: boolean): string[] =>
      linesInService((file) => {
        ring(file);
        file.switches.push({ id: 's', kind: 'line', line: 'l2', closed });
      });
    expect(withSwitch(true)).toEqual(['l1', 'l2', 'l3', 'l4']);
    expect(withSwitch(false)).toEqual(['l1', 'l3', 'l4']);
  });

  it('an open one takes its transformer out', () => {
    const file = edited(({ transformers, switches }) => {
      transformers.push(transformerRow('t2', 'mv', 'a'));
      switches.push({ id: 's', kind: 'transformer', transformer: 't1', closed: false });
    });
    expect(solvePowerFlow(compileGrid(parseNetwork(file)))).toMatchObject({
      transformers: [{ id: 't2' }],
    });
  });

  it('closed ones between buses make them one bus, in a chain too', () => {
    const file = edited(({ buses, lines, switches }) => {
      buses.push(busRow('b2', 0.4), busRow('b3', 0.4));
      Object.assign(lines[1]!, { from: 'b3' });
      switches.push({ id: 's1', kind: 'busToBus', from: 'b', to: 'b2', closed: true });
      switches.push({ id: 's2', kind: 'busToBus', from: 'b3', to: 'b2', closed: true });
    });
    const joined = solvePowerFlow(compileGrid(parseNetwork(file)));
    const plain = solvePowerFlow(compileGrid(parseNetwork(substation())));
    if (!joined.converged || !plain.converged) throw new Error('not converged');
    expect(joined.totalLossesMw).toBeCloseTo(plain.totalLossesMw, 12);
    const vmPu = new Map(joined.buses.map((bus) => [bus.id, bus.vmPu]));
    expect(vmPu.get('b2')).toBe(vmPu.get('b'));
    expect(vmPu.get('b3')).toBe(vmPu.get('b'));
  });
});
