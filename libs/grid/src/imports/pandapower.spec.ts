/**
 * Goal: a pandapower network means here what it means there. Method: networks with one of everything,
 * solved by pandapower itself (`testing/grids/make.py`), within 1e-6 pu; then broken ones.
 */
import { expectedOf, expectVoltages, gridJson, solved } from './testing/grids';
import { importPandapower } from './pandapower';
import { edited, networkOf, type Rows } from './testing/pandapower-files';

describe('pandapower networks solve as they do in pandapower', () => {
  it.each([
    ['cigre-mv-all', 1e-9],
    ['example-simple-v2', 1e-9],
    ['multivoltage', 1e-9],
    ['elements', 1e-9],
    ['phase-shifters', 1e-9],
    // The iron of a star leg of negative reactance stands in its middle only nearly.
    ['three-windings', 1e-6],
    ['taps-without-type', 1e-6],
    ['links', 1e-6],
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

const perKm = { r_ohm_per_km: 0.3, x_ohm_per_km: 0.3, c_nf_per_km: 0 };

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

  it('shares below 0 or above 100 % are loads of the three kinds', () => {
    const json = networkOf('3.1.2', {
      bus: [{ vn_kv: 20 }, { vn_kv: 20 }],
      ext_grid: [{ bus: 0, vm_pu: 1.05 }],
      line: [{ from_bus: 0, to_bus: 1, length_km: 1, ...perKm }],
      load: [{ bus: 0, p_mw: 0.2, q_mvar: 0.1, const_z_percent: 120, const_i_percent: -40 }],
    });
    const { externalGrid } = solved(importPandapower(json).network);
    const factor = 0.2 - 0.4 * 1.05 + 1.2 * 1.05 ** 2;
    expect(externalGrid.pMw).toBeCloseTo(0.2 * factor, 9);
    expect(externalGrid.qMvar).toBeCloseTo(0.1 * factor, 9);
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
    expect(network.remarks).toEqual({ leftOut, assumed });
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
      'impedance by tap',
      edited('elements', 'trafo', set(0, { tap_dependent_impedance: true })),
      'trafo 0: tap_dependent_impedance is set',
    ],
    [
      'a tap changer of another type',
      edited('elements', 'trafo', set(0, { tap_changer_type: 'Tabular' })),
      'trafo 0: tap_changer_type is "Tabular"',
    ],
    [
      'a tap at the star point',
      edited('three-windings', 'trafo3w', set(0, { tap_at_star_point: true })),
      'trafo3w 0: tap_at_star_point is set',
    ],
    [
      'a load at a dead winding',
      edited('links', 'load', (rows) => rows.push({ ...rows[0], bus: 22, p_mw: 1, q_mvar: 0 })),
      'its bus "bus22" has no path to the external grid',
    ],
    [
      'a switch at a bus where its three-winding transformer does not end',
      edited('links', 'switch', (rows) => rows.push({ ...rows.at(-1), bus: 3 })),
      'three-winding transformer "trafo3w2" does not end at bus3',
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

describe('a DC line', () => {
  it('draws at one end what it feeds in at the other and loses, and holds both voltages', () => {
    const { staticGenerators } = importPandapower(gridJson('links')).network;
    expect(staticGenerators.filter(({ id }) => id.startsWith('dcline'))).toMatchObject([
      { id: 'dcline0 from', bus: 'bus4', pMw: -1.2, vmPu: 0.985 },
      { id: 'dcline0 to', bus: 'bus11', pMw: 1.2 * 0.97 - 0.02, vmPu: 0.99 },
      { id: 'dcline1 from', bus: 'bus9', pMw: 0.4 * 0.98 - 0.01, vmPu: 0.98 },
      { id: 'dcline1 to', bus: 'bus13', pMw: -0.4, vmPu: 0.985 },
    ]);
  });
});

/** 110/20/10 kV, the switch at the 10 kV winding open; loads of 5 MW at 20 kV and 1 MW at 10 kV. */
function t3Case({ loads = 2 } = {}): unknown {
  const sn = { sn_hv_mva: 63, sn_mv_mva: 25, sn_lv_mva: 38 };
  const vn = { vn_hv_kv: 110, vn_mv_kv: 20, vn_lv_kv: 10 };
  const vk = { vk_hv_percent: 10.4, vk_mv_percent: 10.4, vk_lv_percent: 10.4 };
  const vkr = { vkr_hv_percent: 0.28, vkr_mv_percent: 0.32, vkr_lv_percent: 0.35 };
  const shifts = { shift_mv_degree: 0, shift_lv_degree: 0 };
  const ends = { hv_bus: 0, mv_bus: 1, lv_bus: 2, in_service: true };
  return networkOf('2.14.9', {
    bus: [110, 20, 10].map((vn_kv) => ({ vn_kv, in_service: true })),
    ext_grid: [{ bus: 0, vm_pu: 1, in_service: true }],
    trafo3w: [{ ...ends, ...sn, ...vn, ...vk, ...vkr, pfe_kw: 35, i0_percent: 0.89, ...shifts }],
    load: [
      { bus: 1, p_mw: 5, q_mvar: 1, in_service: true },
      { bus: 2, p_mw: 1, q_mvar: 0.2, in_service: true },
    ].slice(0, loads),
    switch: [{ bus: 2, element: 0, et: 't3', closed: false }],
  });
}

describe('an open switch at a winding of three', () => {
  it('leaves its side dead and can be closed again', () => {
    const { network } = importPandapower(gridJson('links'));
    expect(solved(network).unsuppliedBuses).toEqual(['bus19', 'bus22']);
    const switches = network.switches.map((item) =>
      'from' in item && item.to === 'trafo3w2 lv open end' ? { ...item, closed: true } : item,
    );
    expect(switches).not.toEqual(network.switches);
    const closed = solved({ ...network, switches });
    expect(closed.unsuppliedBuses).toEqual(['bus19']);
    // Fed by the star, unloaded: near the rated voltage.
    expect(closed.buses.find(({ id }) => id === 'bus22')!.vmPu).toBeCloseTo(1.03, 1);
  });

  it('as a load behind it is refused by name, not served', () => {
    expect(() => importPandapower(t3Case())).toThrow(
      'load "load1": its bus "bus2" has no path to the external grid',
    );
    // Without that load the middle winding is fed as if there were no third.
    const solution = solved(importPandapower(t3Case({ loads: 1 })).network);
    expect(solution.unsuppliedBuses).toEqual(['bus2']);
    // By pandapower 3.5.6.
    expect(solution.buses.find(({ id }) => id === 'bus1')!.vmPu).toBeCloseTo(0.994657, 6);
  });
});

describe('a branch without impedance', () => {
  const none = { r_ohm_per_km: 0, x_ohm_per_km: 0 };

  it('in service joins its buses', () => {
    const json = edited('cigre-mv-all', 'line', (rows) => Object.assign(rows[0]!, none));
    const { network, assumed } = importPandapower(json);
    expect(assumed).toEqual([
      {
        what: 'line',
        count: 1,
        reason: 'in service without impedance: a closed switch joins its two buses',
      },
    ]);
    const voltages = new Map(solved(network).buses.map(({ id, vmPu }) => [id, vmPu]));
    expect(voltages.get('bus2')).toBe(voltages.get('bus1'));
    // As close to a short piece of line as its impedance is small.
    const short = edited('cigre-mv-all', 'line', (rows) =>
      Object.assign(rows[0]!, { r_ohm_per_km: 1e-7, x_ohm_per_km: 1e-7 }),
    );
    const near = solved(importPandapower(short).network);
    for (const { id, vmPu } of near.buses) expect(voltages.get(id)).toBeCloseTo(vmPu, 6);
  });

  it('so does one of no length', () => {
    const json = edited('cigre-mv-all', 'line', (rows) => (rows[0]!['length_km'] = 0));
    const voltages = solved(importPandapower(json).network).buses;
    expect(voltages[2]!.vmPu).toBeCloseTo(voltages[1]!.vmPu, 12);
  });

  it('keeps the switch that opens it, and drops those that are closed', () => {
    const json = edited('elements', 'line', (rows) => Object.assign(rows[12]!, none));
    const { network } = importPandapower(json);
    expect(network.switches.find(({ id }) => id === 'line12')).toMatchObject({
      to: 'line12 open end',
      closed: true,
    });
    expect(
      network.switches.filter(({ kind }) => kind === 'line').map(({ id }) => id),
    ).not.toContain('switch0');
    expect(solved(network).converged).toBe(true);
  });

  it('out of service needs none', () => {
    const json = edited('cigre-mv-all', 'line', (rows) =>
      Object.assign(rows[13]!, none, { in_service: false }),
    );
    const { network, assumed } = importPandapower(json);
    expect(network.lines[13]).toMatchObject({ rOhm: 0, xOhm: 0, inService: false });
    expect(assumed.map(({ what }) => what)).not.toContain('line');
    const trafo = edited('elements', 'trafo', (rows) =>
      Object.assign(rows[2]!, { vk_percent: 0, vkr_percent: 0, in_service: false }),
    );
    expect(importPandapower(trafo).network.transformers[2]).toMatchObject({ vkPercent: 0 });
  });

  it('a transformer is an ideal one', () => {
    const json = edited('elements', 'trafo', (rows) =>
      Object.assign(rows[1]!, { vk_percent: 0, vkr_percent: 0, pfe_kw: 0, i0_percent: 0 }),
    );
    const { network, assumed } = importPandapower(json);
    expect(assumed.map(({ what }) => what)).toContain('trafo');
    const near = edited('elements', 'trafo', (rows) =>
      Object.assign(rows[1]!, { vk_percent: 1e-5, vkr_percent: 0, pfe_kw: 0, i0_percent: 0 }),
    );
    const voltages = new Map(solved(network).buses.map(({ id, vmPu }) => [id, vmPu]));
    for (const { id, vmPu } of solved(importPandapower(near).network).buses) {
      expect(voltages.get(id)).toBeCloseTo(vmPu, 6);
    }
  });
});

it('columns with a default may be missing', () => {
  const without = (table: string, ...columns: string[]): unknown =>
    edited('elements', table, (rows) => {
      for (const row of rows) for (const column of columns) delete row[column];
    });
  const load = importPandapower(without('load', 'q_mvar', 'scaling')).network.loads[0]!;
  expect(load.qMvar).toBe(0);
  const { buses } = importPandapower(without('bus', 'in_service')).network;
  expect(buses.map(({ id }) => id)).toContain('bus16');
  expect(importPandapower(without('ext_grid', 'vm_pu', 'in_service')).network.externalGrid).toEqual(
    {
      bus: 'bus0',
      vmPu: 1,
      vaDegree: 0,
    },
  );
});
