/**
 * Goal: equipment that a network model cannot carry is refused by name, and settings that are not
 * followed are told of. Method: one equipment more, or one value changed, in a substation.
 */
import { importCgmes } from './cim';
import type { CimDocument } from './cim-graph';
import { busOf, changed, object, placed, withMore } from './testing/cgmes-objects';

describe('equipment that is not carried', () => {
  it('is refused in service, by name, and left out where it is off or asked for', () => {
    const converter = placed('VsConverter', 'b', { 'ACDCConverter.p': '1' });
    expect(() => importCgmes(withMore(converter))).toThrow(
      'VsConverter "extra": is in service, and the network model has no such equipment. Put ' +
        'injections that do the same in its place, or set its Equipment.inService to false, or ' +
        'leave out knowingly what is so: --leave-out VsConverter.',
    );
    const { leftOut, network } = importCgmes(withMore(converter), { leaveOut: ['VsConverter'] });
    expect(leftOut).toEqual([
      {
        what: 'VsConverter',
        count: 1,
        reason: 'in service, left out as asked: the network model has no such equipment',
      },
    ]);
    expect(network.remarks).toEqual({ leftOut, assumed: [] });
    const off = placed('VsConverter', 'b', { 'Equipment.inService': 'false' });
    expect(importCgmes(withMore(off)).leftOut).toMatchObject([
      { what: 'VsConverter', reason: 'disconnected or out of service' },
    ]);
    const apart: CimDocument = [
      object('Terminal', 'extra T1', { 'ACDCTerminal.connected': 'false' }),
    ];
    expect(importCgmes(withMore(converter, apart)).leftOut).toHaveLength(1);
  });

  it.each(['CsConverter', 'FrequencyConverter', 'Clamp', 'Cut', 'Ground'])('so is a %s', (name) => {
    expect(() => importCgmes(withMore(placed(name, 'b')))).toThrow(
      `${name} "extra": is in service`,
    );
  });

  it('equipment of the DC side too', () => {
    const line: CimDocument = [
      object('DCLineSegment', 'dc'),
      object('DCTerminal', 'dc T1', {}, { 'DCTerminal.DCConductingEquipment': 'dc' }),
    ];
    expect(() => importCgmes(withMore(line))).toThrow('DCLineSegment "dc": is in service');
    expect(() => importCgmes(withMore(line.slice(0, 1)))).toThrow(
      'DCLineSegment "dc": is in service',
    );
  });

  it('what describes, or stands at a neutral point, is no part of it', () => {
    const { leftOut } = importCgmes(
      withMore([object('Diagram', 'x1')], placed('GroundingImpedance', 'a')),
    );
    expect(leftOut).toEqual([
      { what: 'Diagram', count: 1, reason: 'no part of the network model' },
      {
        what: 'GroundingImpedance',
        count: 1,
        reason: 'at a neutral point: carries nothing in a balanced grid',
      },
    ]);
  });

  it('an open switch to ground carries nothing, a closed one is refused', () => {
    const ground = (open: string): CimDocument => [
      object(
        'ConnectivityNode',
        'earth',
        {},
        {
          'ConnectivityNode.ConnectivityNodeContainer': 'VL b',
        },
      ),
      object('GroundDisconnector', 'g', { 'Switch.open': open }),
      ...['b', 'earth'].map((node, at) =>
        object(
          'Terminal',
          `g T${at + 1}`,
          {},
          {
            'Terminal.ConductingEquipment': 'g',
            'Terminal.ConnectivityNode': node,
          },
        ),
      ),
      ...placed('Ground', 'earth'),
    ];
    expect(importCgmes(withMore(ground('true'))).leftOut.map(({ what }) => what)).toEqual([
      'GroundDisconnector',
      'Ground',
    ]);
    expect(() => importCgmes(withMore(ground('false')))).toThrow('GroundDisconnector "g": is in');
  });

  it('an equivalent branch that differs by direction', () => {
    const values = { r: '1', x: '2', r21: '1', x21: '3' };
    const branch = (change: object): CimDocument => [
      object(
        'EquivalentBranch',
        'eq',
        Object.fromEntries(
          Object.entries({ ...values, ...change }).map(([name, value]) => [
            `EquivalentBranch.${name}`,
            value as string,
          ]),
        ),
      ),
      ...['b', 'c'].map((node, at) =>
        object(
          'Terminal',
          `eq T${at + 1}`,
          {},
          {
            'Terminal.ConductingEquipment': 'eq',
            'Terminal.ConnectivityNode': node,
          },
        ),
      ),
    ];
    expect(() => importCgmes(withMore(branch({})))).toThrow('its r21, x21 are not its r, x');
    const { lines } = importCgmes(withMore(branch({ x21: '2' }))).network;
    expect(lines.at(-1)).toMatchObject({ id: 'eq', rOhm: 1, xOhm: 2 });
  });
});

describe('shunts and injections', () => {
  const shuntOf = (document: CimDocument): object =>
    importCgmes(withMore(document)).network.shunts.find(({ id }) => id === 'extra')!;

  it('an equivalent shunt is one', () => {
    const document = placed('EquivalentShunt', 'b', {
      'EquivalentShunt.g': '0.1',
      'EquivalentShunt.b': '0.5',
    });
    expect(shuntOf(document)).toMatchObject({
      pMw: expect.closeTo(0.1 * 0.16, 12) as unknown,
      qMvar: expect.closeTo(-0.5 * 0.16, 12) as unknown,
    });
  });

  it('a nonlinear compensator counts with one section or none; with more it has no one meaning', () => {
    const nonlinear = (sections: string): CimDocument => [
      ...placed('NonlinearShuntCompensator', 'b', { 'ShuntCompensator.sections': sections }),
      ...['0.5', '0.7'].map((b, at) =>
        object(
          'NonlinearShuntCompensatorPoint',
          `point ${at}`,
          {
            'NonlinearShuntCompensatorPoint.sectionNumber': String(at + 1),
            'NonlinearShuntCompensatorPoint.b': b,
          },
          { 'NonlinearShuntCompensatorPoint.NonlinearShuntCompensator': 'extra' },
        ),
      ),
    ];
    expect(shuntOf(nonlinear('1'))).toMatchObject({ pMw: 0, qMvar: -0.5 * 0.4 ** 2 });
    expect(importCgmes(withMore(nonlinear('0'))).leftOut).toMatchObject([{ count: 1 }]);
    expect(() => importCgmes(withMore(nonlinear('2')))).toThrow(
      'NonlinearShuntCompensator "extra": is in service, and its admittance with 2 sections on',
    );
  });

  it('an equivalent injection with a target holds its voltage', () => {
    const document = placed('EquivalentInjection', 'c', {
      'EquivalentInjection.p': '-0.01',
      'EquivalentInjection.q': '0.002',
      'EquivalentInjection.regulationStatus': 'true',
      'EquivalentInjection.regulationTarget': '0.404',
    });
    const { network } = importCgmes(withMore(document));
    expect(busOf(network, 'c').vmPu).toBeCloseTo(1.01, 12);
  });

  it('limits of Q and slopes that are not followed are told of', () => {
    const control = object('RegulatingControl', 'hold', {
      'RegulatingControl.mode': 'RegulatingControlModeKind.voltage',
      'RegulatingControl.targetValue': '0.4',
    });
    const compensator = placed(
      'StaticVarCompensator',
      'c',
      {
        'StaticVarCompensator.q': '0',
        'StaticVarCompensator.slope': '0.01',
        'RegulatingCondEq.controlEnabled': 'true',
      },
      { 'RegulatingCondEq.RegulatingControl': 'hold' },
    );
    const { assumed } = importCgmes(withMore([control], compensator));
    expect(assumed.map(({ reason }) => reason)).toEqual([
      'its slope of 0.01 kV/Mvar is not applied: it holds its target',
    ]);
  });

  it('controls that are not run, and states of another solution, are told of', () => {
    const linear = placed(
      'LinearShuntCompensator',
      'b',
      {
        'ShuntCompensator.sections': '1',
        'LinearShuntCompensator.bPerSection': '0.01',
        'RegulatingCondEq.controlEnabled': 'true',
      },
      { 'RegulatingCondEq.RegulatingControl': 'hold' },
    );
    const states: CimDocument = [
      object('RegulatingControl', 'hold'),
      object(
        'SvShuntCompensatorSections',
        'sv1',
        { 'SvShuntCompensatorSections.sections': '2' },
        {
          'SvShuntCompensatorSections.ShuntCompensator': 'extra',
        },
      ),
      object(
        'SvTapStep',
        'sv2',
        { 'SvTapStep.position': '2' },
        { 'SvTapStep.TapChanger': 't1 tap' },
      ),
      object('RatioTapChanger', 't1 tap', {
        'TapChanger.controlEnabled': 'true',
        'TapChanger.neutralU': '21',
      }),
    ];
    const { assumed, leftOut } = importCgmes(withMore(linear, states));
    expect(assumed.map(({ what, reason }) => `${what}: ${reason}`)).toEqual([
      'RatioTapChanger: its control is not run: it stands where the file has it',
      expect.stringMatching(/^RatioTapChanger: position 2 in the state variables: it stands/),
      "RatioTapChanger: neutralU 21 kV is not its end's ratedU 20 kV: steps are % of ratedU, neutral is ratedU",
      'LinearShuntCompensator: its control is not run: the sections of the file are on',
      'LinearShuntCompensator: 2 sections on in the state variables: the 1 given stand',
    ]);
    expect(leftOut).toEqual([]);
  });

  it('terminals of single phases are read as three, and told of', () => {
    const { assumed } = importCgmes(
      changed({ 'load-c T1': { values: { 'Terminal.phases': 'PhaseCode.A' } } }),
    );
    expect(assumed).toMatchObject([{ what: 'Terminal', count: 1 }]);
  });
});
