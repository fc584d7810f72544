/**
 * Goal: a pandapower network means here what it means there. Method: networks with one of everything,
 * solved by pandapower itself (`testing/grids/make.py`), within 1e-6 pu; then broken ones.
 */
import { expectedOf, expectVoltages, gridJson, solved } from './testing/grids';
import { importPandapower } from './pandapower';

describe('pandapower networks solve as they do in pandapower', () => {
  it.each([
    ['cigre-mv-all', 1e-9],
    ['example-simple-v2', 1e-9],
    ['multivoltage', 1e-9],
    ['elements', 1e-9],
    ['phase-shifters', 1e-9],
    // The iron of a star leg of negative reactance stands in its middle only nearly.
    ['three-windings', 1e-6],
  ])('%s, voltages within %d pu', (name, tolerancePu) => {
    const solution = solved(importPandapower(gridJson(name)).network);
    const expected = expectedOf(name);
    expectVoltages(solution, expected.buses, tolerancePu);
    expect(Math.abs(solution.externalGrid.pMw - expected.externalGrid[0])).toBeLessThan(1e-5);
    expect(Math.abs(solution.externalGrid.qMvar - expected.externalGrid[1])).toBeLessThan(1e-5);
  });

  it.each(['cigre-mv-all', 'example-simple-v2', 'multivoltage', 'phase-shifters'])(
    '%s, loadings of lines and transformers',
    (name) => {
      const { lines, transformers } = solved(importPandapower(gridJson(name)).network);
      const found = new Map(
        [...lines, ...transformers].map(({ id, loadingPercent }) => [id, loadingPercent]),
      );
      for (const [id, percent] of expectedOf(name).loadingPercent) {
        expect(found.get(id)).toBeCloseTo(percent, 6);
      }
    },
  );
});

describe('what becomes of the elements', () => {
  const { network, leftOut, assumed } = importPandapower(gridJson('elements'));
  const row = <Row extends { readonly id: string }>(rows: readonly Row[], id: string): Row =>
    rows.find((one) => one.id === id)!;

  it('ids are table and index, names are kept, numbers as names too', () => {
    expect(row(network.lines, 'line0')).toMatchObject({ name: 'Line 1-2', from: 'bus1' });
    expect(network.source).toBe('pandapower');
    const json = edited('elements', 'line', (rows) => (rows[0]!['name'] = 17));
    expect(row(importPandapower(json).network.lines, 'line0').name).toBe('17');
  });

  it('parallel lines and transformers, and deratings, are one of more', () => {
    const [line2, line3] = [row(network.lines, 'line2'), row(network.lines, 'line3')];
    expect(line3.maxIKa).toBeCloseTo(2 * line2.maxIKa!, 12);
    expect(line3.rOhm / 0.56).toBeCloseTo(line2.rOhm / 0.61 / 2, 12);
    expect(row(network.lines, 'line4').maxIKa).toBeCloseTo(0.8 * line2.maxIKa!, 12);
    expect(row(network.transformers, 'trafo0')).toMatchObject({
      snMva: expect.closeTo(25 * 2 * 0.9, 12) as unknown,
      tapSide: 'hv',
      tapPos: -3,
    });
  });

  it('an open switch at one end leaves the element live from the other, and can be closed', () => {
    expect(row(network.switches, 'switch1')).toEqual({
      id: 'switch1',
      name: 'S2',
      kind: 'busToBus',
      closed: false,
      from: 'bus7',
      to: 'line12 open end',
    });
    expect(row(network.switches, 'switch0')).toMatchObject({ kind: 'line', line: 'line12' });
    expect(row(network.transformers, 'trafo2').lv).toBe('trafo2 open end');
  });

  it('P and Q that follow the voltage in different shares are two loads', () => {
    const { loads } = network;
    expect(row(loads, 'load1 P')).toMatchObject({ qMvar: 0, constantCurrentPercent: 30 });
    expect(row(loads, 'load1 Q')).toMatchObject({ pMw: 0, constantImpedancePercent: 40 });
  });

  it('of two generators at a bus the first holds the voltage', () => {
    expect(network.staticGenerators.map(({ id, vmPu }) => [id, vmPu])).toEqual([
      ['asymmetric_sgen0', null],
      ['gen0', 0.99],
      ['gen1', null],
    ]);
  });

  it('what is left out and what is assumed is counted', () => {
    expect(leftOut).toEqual([
      { what: 'bus', count: 1, reason: 'out of service' },
      { what: 'load', count: 1, reason: 'out of service' },
    ]);
    expect(assumed.map(({ what, count }) => [what, count])).toEqual([
      ['switch', 1],
      ['generator', 1],
    ]);
    expect(importPandapower(gridJson('multivoltage')).leftOut).toEqual([
      { what: 'xward', count: 2, reason: 'not supported: the grid lacks it' },
    ]);
  });

  it('costs and the like are no part of the network', () => {
    const json = edited('elements', 'poly_cost', (rows) => rows.push({ et: 'gen', cp1: 1 }));
    expect(importPandapower(json).leftOut).toContainEqual({
      what: 'poly_cost',
      count: 1,
      reason: 'no part of the network model',
    });
  });
});

type Rows = Record<string, unknown>[];

/** A network with one table changed. */
function edited(name: string, table: string, edit: (rows: Rows) => unknown): unknown {
  const json = gridJson(name) as { _object: Record<string, { _class: string; _object: string }> };
  const stored = json._object[table]?._object ?? '{"columns":[],"index":[],"data":[]}';
  const { columns, index, data } = JSON.parse(stored) as {
    columns: string[];
    index: number[];
    data: unknown[][];
  };
  const rows = data.map((row) => Object.fromEntries(columns.map((column, k) => [column, row[k]])));
  edit(rows);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const frame = {
    columns: names,
    index: rows.map((_, at) => index[at] ?? at),
    data: rows.map((row) => names.map((column) => row[column] ?? null)),
  };
  json._object[table] = { _class: 'DataFrame', _object: JSON.stringify(frame) };
  return json;
}

describe('refused, by name', () => {
  const set =
    (at: number, values: object) =>
    (rows: Rows): unknown =>
      Object.assign(rows[at]!, values);

  it.each<[string, unknown, string]>([
    ['no network', { _class: 'x' }, 'pandapower file: _class is not "pandapowerNet"'],
    [
      'a table that is none',
      { _class: 'pandapowerNet', _object: { bus: { _class: 'DataFrame', _object: '[' } } },
      'pandapower table "bus": is not a DataFrame of orientation "split"',
    ],
    [
      'a dangling line',
      edited('cigre-mv-all', 'line', set(0, { to_bus: 99 })),
      'line 0: bus 99 is not in the network',
    ],
    [
      'a line without impedance',
      edited('cigre-mv-all', 'line', set(0, { r_ohm_per_km: 0, x_ohm_per_km: 0 })),
      'line "line0": rOhm and xOhm are 0',
    ],
    [
      'a number that is missing',
      edited('cigre-mv-all', 'trafo', set(1, { vk_percent: null })),
      'trafo 1: vk_percent is null',
    ],
    [
      'two slack buses',
      edited('cigre-mv-all', 'ext_grid', (rows) => rows.push({ ...rows[0], bus: 5 })),
      'ext_grid 0 and ext_grid 1: 2 slack buses are in service',
    ],
    [
      'no slack bus',
      edited('cigre-mv-all', 'ext_grid', set(0, { in_service: false })),
      'ext_grid: 0 slack buses are in service',
    ],
    [
      'a load without path to the slack',
      edited('cigre-mv-all', 'line', set(0, { in_service: false })),
      'load "load1": its bus "bus3" has no path to the external grid',
    ],
    [
      'a switch of a line that is not there',
      edited('cigre-mv-all', 'switch', set(0, { element: 77 })),
      'switch "switch0": line 77 is not in the network',
    ],
    [
      'a switch at a bus where its line does not end',
      edited('cigre-mv-all', 'switch', set(0, { bus: 3 })),
      'switch "switch0": line "line12" does not end at bus3',
    ],
    [
      'taps by table',
      edited('elements', 'trafo', set(0, { tap_dependency_table: true })),
      'trafo 0: tap_dependency_table is set',
    ],
    [
      'unequal leakage with iron losses',
      edited('elements', 'trafo', set(0, { leakage_reactance_ratio_hv: 0.4 })),
      'trafo 0: leakage_reactance_ratio_hv is not 0.5',
    ],
    [
      'a switch of a kind that is not known',
      edited('elements', 'switch', set(0, { et: 'x' })),
      'switch 0: et is "x"',
    ],
  ])('%s', (_, json, message) => {
    expect(() => importPandapower(json)).toThrow(message);
  });
});

it('a generator marked as slack is the external grid where there is no other', () => {
  const json = edited('elements', 'gen', (rows) => (rows[0]!['slack'] = true)) as {
    _object: Record<string, unknown>;
  };
  delete json._object['ext_grid'];
  const { externalGrid } = importPandapower(json).network;
  expect(externalGrid).toEqual({ bus: 'bus5', vmPu: 0.99, vaDegree: 0 });
});
