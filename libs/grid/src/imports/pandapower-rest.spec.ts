/**
 * Goal: elements that a network model cannot carry are refused by name, and settings that pandapower
 * ignores, or that are not followed, are told of. Method: networks with one table changed, the values
 * by pandapower itself.
 */
import { importPandapower } from './pandapower';
import { gridJson, solved } from './testing/grids';
import { edited, networkOf } from './testing/pandapower-files';

describe('elements that the network model has not', () => {
  const svc = { bus: 5, x_l_ohm: 1, x_cvar_ohm: -10, set_vm_pu: 1, in_service: true };
  const withSvc = (values: object): unknown =>
    edited('cigre-mv-all', 'svc', (rows) => rows.push({ ...svc, ...values }));

  it('are refused in service, by name, with all kinds that a remedy must name', () => {
    expect(() => importPandapower(withSvc({}))).toThrow(
      'svc 0: is in service, and the network model has no such element. Put loads and generators ' +
        'that do the same in its place, or set its in_service to False, or leave out knowingly ' +
        'what is so: --leave-out svc.',
    );
    const one = edited('cigre-mv-all', 'tcsc', (rows) =>
      rows.push({ from_bus: 1, to_bus: 2 }, { from_bus: 2, to_bus: 3 }),
    );
    expect(() => importPandapower(one)).toThrow('tcsc 0: is in service');
    expect(() => importPandapower(one)).toThrow('as with 1 more of tcsc');
  });

  it.each(['vsc', 'ssc', 'vsc_bipolar', 'heat_pump'])('so is a %s', (table) => {
    const json = edited('cigre-mv-all', table, (rows) => rows.push({ bus: 5, in_service: true }));
    expect(() => importPandapower(json)).toThrow(`${table} 0: is in service`);
    expect(importPandapower(json, { leaveOut: [table] }).leftOut).toHaveLength(1);
  });

  it('are left out as asked, and the network says so', () => {
    const { network, leftOut } = importPandapower(withSvc({}), { leaveOut: ['ssc', 'svc'] });
    const reason = 'in service, left out as asked: the network model has no such element';
    expect(leftOut).toEqual([{ what: 'svc', count: 1, reason }]);
    expect(network.remarks).toEqual({
      leftOut,
      assumed: [
        {
          what: 'ssc',
          count: 0,
          reason: 'to be left out, but none is in service that is not carried',
        },
      ],
    });
  });

  it.each([
    ['by itself', withSvc({ in_service: false })],
    ['at a bus out of service', edited('links', 'svc', (rows) => rows.push({ ...svc, bus: 23 }))],
  ])('are left out where they are off %s', (_, json) => {
    expect(importPandapower(json).leftOut).toContainEqual({
      what: 'svc',
      count: 1,
      reason: 'out of service',
    });
  });

  it('an impedance that differs by direction is one', () => {
    const json = edited('links', 'impedance', (rows) => rows.push({ ...rows[0], xtf_pu: 0.2 }));
    expect(() => importPandapower(json)).toThrow('impedance 2: is in service, and differs between');
    const { leftOut } = importPandapower(json, { leaveOut: ['impedance'] });
    expect(leftOut.find(({ what }) => what === 'impedance')).toMatchObject({ count: 1 });
  });
});

/** 20/0.4 kV, tap at 2 steps of 1.5 % at the HV side, 0.2 MW and 0.05 Mvar at the LV side. */
const tapCase = (tap_changer_type: string | null): unknown =>
  networkOf('3.1.2', {
    bus: [20, 0.4].map((vn_kv) => ({ vn_kv, in_service: true })),
    ext_grid: [{ bus: 0, vm_pu: 1, in_service: true }],
    trafo: [
      {
        ...{ hv_bus: 0, lv_bus: 1, sn_mva: 0.4, vn_hv_kv: 20, vn_lv_kv: 0.4, vk_percent: 6 },
        ...{ vkr_percent: 1.425, pfe_kw: 1.35, i0_percent: 0.3375, shift_degree: 0 },
        ...{ tap_side: 'hv', tap_neutral: 0, tap_pos: 2, tap_step_percent: 1.5 },
        ...{ tap_changer_type, in_service: true },
      },
    ],
    load: [{ bus: 1, p_mw: 0.2, q_mvar: 0.05, in_service: true }],
  });

describe('settings that pandapower ignores or that are not followed', () => {
  const notApplied = (reason: string): object => ({ what: 'transformer tap', count: 1, reason });

  it('a tap without type stays at neutral, and its effect is said', () => {
    expect(importPandapower(gridJson('taps-without-type')).assumed).toEqual([
      notApplied(
        '2 steps from neutral of 1.5 % a step: not applied, as pandapower ignores it without tap_changer_type',
      ),
      notApplied(
        '3 steps from neutral of 1.25 % a step: not applied, as pandapower ignores it without tap_changer_type',
      ),
    ]);
  });

  it.each([
    // By pandapower 3.5.6.
    ['Ratio', 0.9553427121906735, []],
    [null, 0.9849584181105177, [expect.objectContaining({ what: 'transformer tap' })]],
  ])('a tap of type %s has the voltage that pandapower finds', (type, vmPu, remarks) => {
    const { network, assumed } = importPandapower(tapCase(type));
    expect(solved(network).buses[1]!.vmPu).toBeCloseTo(vmPu, 9);
    expect(assumed).toEqual(remarks);
  });

  it.each([
    ['tap_side', 'tap_side'],
    ['tap_neutral', 'tap_neutral'],
  ])('a tap without %s too', (column, named) => {
    const json = edited('elements', 'trafo', (rows) => (rows[0]![column] = null));
    const { network, assumed } = importPandapower(json);
    expect(network.transformers[0]).toMatchObject({ tapSide: null, vnHvKv: 110 });
    expect(assumed.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining(`not applied, as pandapower ignores it without ${named}`),
    );
  });

  it('a file of pandapower 3 without the column of types has no types; one of pandapower 2 needs none', () => {
    const json = edited('elements', 'trafo', (rows) => {
      for (const row of rows) delete row['tap_changer_type'];
    }) as { _object: Record<string, unknown> };
    expect(importPandapower(json).network.transformers[0]).toMatchObject({ tapSide: null });
    json._object['version'] = '2.14.11';
    expect(importPandapower(json).network.transformers[0]).toMatchObject({
      tapSide: 'hv',
      tapPos: -3,
    });
  });

  it('a tap of steps without size has no effect, and that is said', () => {
    const json = edited('elements', 'trafo', (rows) =>
      Object.assign(rows[0]!, { tap_step_percent: null, tap_step_degree: null }),
    );
    const { network, assumed } = importPandapower(json);
    expect(network.transformers[0]).toMatchObject({ vnHvKv: 110, tapSide: null });
    expect(assumed.map(({ reason }) => reason)).toContain(
      'position -3 has no effect, as tap_step_percent and _degree are not given',
    );
  });

  it('a neutral tap without type changes nothing and is not told of', () => {
    const json = edited('taps-without-type', 'trafo', (rows) => (rows[0]!['tap_pos'] = 0));
    expect(importPandapower(json).assumed).toHaveLength(1);
  });

  it('controllers, limits of Q and of loading, stored options', () => {
    let json = edited('elements', 'controller', (rows) => rows.push({ in_service: true }));
    json = edited(json, 'gen', (rows) => (rows[0]!['max_q_mvar'] = 0.1));
    json = edited(json, 'line', (rows) => (rows[0]!['max_loading_percent'] = 80));
    (json as { _object: Record<string, unknown> })._object['user_pf_options'] = {
      enforce_q_lims: true,
      trafo_model: 't',
      numba: false,
    };
    const reasons = importPandapower(json).assumed.map(({ what, reason }) => `${what}: ${reason}`);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'gen: its limits of Q are not enforced: it holds its voltage by any Q',
        'controller: not run: taps and powers stand where the file has them',
        'line: max_loading_percent 80 is no limit here: loading is of the rating',
        'user_pf_options: enforce_q_lims true is not applied: solved with false',
      ]),
    );
    expect(reasons.join()).not.toContain('numba');
  });
});
