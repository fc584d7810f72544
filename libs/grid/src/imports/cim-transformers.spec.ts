/**
 * Goal: what a tap changer does by table, and what a transformer or a line need not say. Method: a
 * substation with tables, and a transformer without rating against another program.
 */
import { importCgmes } from './cim';
import type { CimDocument, CimObject } from './cim-graph';
import { busOf, changed, noneAtC, object, withMore } from './testing/cgmes-objects';
import { solved } from './testing/grids';

describe('tap changers by table', () => {
  const point = (kind: string, step: number, values: Record<string, string>): CimObject =>
    object(
      `${kind}TapChangerTablePoint`,
      `${kind} point ${step}`,
      { 'TapChangerTablePoint.step': String(step), ...values },
      { [`${kind}TapChangerTablePoint.${kind}TapChangerTable`]: 'table' },
    );

  it('a ratio by table is that of its step, with what it does to the impedance', () => {
    const table: CimDocument = [
      object(
        'RatioTapChanger',
        't1 tap',
        { 'TapChanger.step': '2' },
        {
          'RatioTapChanger.RatioTapChangerTable': 'table',
        },
      ),
      object('RatioTapChangerTable', 'table'),
      point('Ratio', 1, { 'TapChangerTablePoint.ratio': '1.02' }),
      point('Ratio', 2, {
        'TapChangerTablePoint.ratio': '1.05',
        'TapChangerTablePoint.x': '10',
        'TapChangerTablePoint.r': '10',
      }),
    ];
    const { network } = importCgmes(withMore(table));
    const plain = importCgmes(changed({})).network.transformers[0]!;
    expect(network.transformers[0]).toMatchObject({
      tapSide: null,
      vnHvKv: expect.closeTo(plain.vnHvKv * 1.05, 9) as unknown,
      // Three quarters of the impedance are at the end with the tap.
      vkPercent: expect.closeTo(plain.vkPercent * (1 + 0.75 * 0.1), 9) as unknown,
    });
    const beyond: CimDocument = [object('RatioTapChanger', 't1 tap', { 'TapChanger.step': '3' })];
    expect(() => importCgmes(withMore(table, beyond))).toThrow(
      'TapChanger.step is 3, of which RatioTapChangerTable "table" has no point',
    );
  });

  it('a phase by table turns by its angle', () => {
    const table: CimDocument = [
      object(
        'PhaseTapChangerTabular',
        'phase',
        { 'TapChanger.neutralStep': '0', 'TapChanger.step': '1' },
        {
          'PhaseTapChanger.TransformerEnd': 't1 hv',
          'PhaseTapChangerTabular.PhaseTapChangerTable': 'table',
        },
      ),
      object('PhaseTapChangerTable', 'table'),
      point('Phase', 1, {
        'PhaseTapChangerTablePoint.angle': '4',
        'TapChangerTablePoint.ratio': '1',
      }),
    ];
    const { network, leftOut } = importCgmes(withMore(table));
    expect(network.transformers[0]!.shiftDegree).toBeCloseTo(150 - 4, 9);
    expect(leftOut).toEqual([]);
  });

  it('a position between two steps is folded into the rated voltage', () => {
    const { network } = importCgmes(
      changed({ 't1 tap': { values: { 'TapChanger.step': '1.5' } } }),
    );
    const plain = importCgmes(changed({})).network.transformers[0]!;
    expect(network.transformers[0]).toMatchObject({
      tapSide: null,
      vnHvKv: expect.closeTo(plain.vnHvKv * (1 + (1.5 * plain.tapStepPercent) / 100), 9) as unknown,
    });
  });

  it('a reactance that changes with the step is told of', () => {
    const changer = object(
      'PhaseTapChangerLinear',
      'phase',
      {
        'TapChanger.neutralStep': '0',
        'TapChanger.step': '3',
        'PhaseTapChangerLinear.stepPhaseShiftIncrement': '1',
        'PhaseTapChangerLinear.xMin': '1',
        'PhaseTapChangerLinear.xMax': '3',
      },
      { 'PhaseTapChanger.TransformerEnd': 't1 hv' },
    );
    expect(importCgmes(withMore([changer])).assumed).toMatchObject([
      { what: 'PhaseTapChangerLinear', count: 1 },
    ]);
  });
});

describe('what a transformer or a line need not have', () => {
  /** 20/0.4 kV, 14.25 and 58.2 ohm at 20 kV, behind a line; 0.2 MW and 0.05 Mvar at the LV side. */
  function unratedCase(): CimDocument[] {
    const level = (kv: string): CimDocument => [
      object('BaseVoltage', `B${kv}`, { 'BaseVoltage.nominalVoltage': kv }),
      object('VoltageLevel', `V${kv}`, {}, { 'VoltageLevel.BaseVoltage': `B${kv}` }),
    ];
    const node = (id: string, kv: string): CimObject =>
      object(
        'ConnectivityNode',
        id,
        {},
        { 'ConnectivityNode.ConnectivityNodeContainer': `V${kv}` },
      );
    const terminal = (of: string, at: string, number = '1'): CimObject =>
      object(
        'Terminal',
        `${of}${number}`,
        { 'ACDCTerminal.sequenceNumber': number },
        {
          'Terminal.ConductingEquipment': of,
          'Terminal.ConnectivityNode': at,
        },
      );
    const end = (number: string, ratedU: string, r: string, x: string): CimObject =>
      object(
        'PowerTransformerEnd',
        `E${number}`,
        {
          'TransformerEnd.endNumber': number,
          'PowerTransformerEnd.ratedU': ratedU,
          'PowerTransformerEnd.r': r,
          'PowerTransformerEnd.x': x,
        },
        { 'PowerTransformerEnd.PowerTransformer': 'T', 'TransformerEnd.Terminal': `T${number}` },
      );
    return [
      [
        ...[...level('20'), ...level('0.4'), node('n1', '20'), node('n2', '20'), node('n3', '0.4')],
        object('ExternalNetworkInjection', 'S', {
          'ExternalNetworkInjection.referencePriority': '1',
        }),
        object('ACLineSegment', 'L', { 'ACLineSegment.r': '0.6', 'ACLineSegment.x': '0.2' }),
        object('PowerTransformer', 'T'),
        ...[end('1', '20', '14.25', '58.2'), end('2', '0.4', '0', '0')],
        object('EnergyConsumer', 'C', { 'EnergyConsumer.p': '0.2', 'EnergyConsumer.q': '0.05' }),
        ...[terminal('S', 'n1'), terminal('L', 'n1'), terminal('L', 'n2', '2')],
        ...[terminal('T', 'n2'), terminal('T', 'n3', '2'), terminal('C', 'n3')],
      ],
    ];
  }
  const edited = (id: string, values: Readonly<Record<string, string>>): CimDocument[] => [
    ...unratedCase(),
    [object('', id, values)],
  ];

  it('without ratedS it solves, its loading stays unrated, and that is said', () => {
    const { network, assumed } = importCgmes(unratedCase());
    const { buses, transformers } = solved(network);
    // By pandapower 3.5.6, with the impedance in % of 1 MVA.
    expect(buses[1]!.vmPu).toBeCloseTo(0.9996693591749884, 9);
    expect(buses[2]!.vmPu).toBeCloseTo(0.9846599450868263, 9);
    expect(transformers[0]!.loadingPercent).toBeNull();
    expect(assumed).toContainEqual({
      what: 'PowerTransformer',
      count: 1,
      reason: 'no ratedS in the files: its loading stays unrated',
    });
  });

  it.each(['E1', 'E2'])('with ratedS at %s alone it is rated by that', (end) => {
    const { network } = importCgmes(edited(end, { 'PowerTransformerEnd.ratedS': '0.4' }));
    const { buses, transformers } = solved(network);
    expect(buses[2]!.vmPu).toBeCloseTo(0.9846599450868263, 9);
    expect(transformers[0]!.loadingPercent).toBeGreaterThan(50);
  });

  it('a line without impedance in service joins its buses, out of service needs none', () => {
    const none = { 'ACLineSegment.r': '0', 'ACLineSegment.x': '0' };
    const { network, assumed } = importCgmes(edited('L', none));
    expect(network.switches).toMatchObject([{ id: 'L', kind: 'busToBus', closed: true }]);
    expect(assumed.map(({ what }) => what)).toContain('line');
    expect(busOf(network, 'n2').vmPu).toBeCloseTo(1, 12);
    const off = importCgmes([
      ...changed({ ...noneAtC }),
      [object('ACLineSegment', 'l2', { ...none, 'Equipment.inService': 'false' })],
    ]);
    expect(off.network.lines.find(({ id }) => id === 'l2')).toMatchObject({ inService: false });
    expect(off.assumed).toEqual([]);
  });

  it('a transformer whose impedance is 0 is an ideal one; one of which nobody gives any is refused', () => {
    const none = { 'PowerTransformerEnd.r': '0', 'PowerTransformerEnd.x': '0' };
    const { network, assumed } = importCgmes(edited('E1', none));
    expect(assumed.map(({ reason }) => reason)).toContain(
      'in service without impedance: an ideal transformer',
    );
    expect(busOf(network, 'n3').vmPu).toBeCloseTo(busOf(network, 'n2').vmPu, 9);
    const [document] = unratedCase();
    const without = document!.map((one) =>
      one.class === 'PowerTransformerEnd'
        ? {
            ...one,
            values: { 'TransformerEnd.endNumber': '1', 'PowerTransformerEnd.ratedU': '20' },
          }
        : one,
    );
    expect(() => importCgmes([without])).toThrow(
      'PowerTransformer "T": PowerTransformerEnd.r and x are missing at every end',
    );
  });
});
