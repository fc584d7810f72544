/**
 * Goal: a CGMES model means what its equipment, steady-state and topology files say together. Method:
 * networks of our own are written as CGMES objects and must come back and solve alike; then single
 * objects are taken away or changed.
 */
import fc from 'fast-check';
import { parseNetwork } from '../model/parse-network';
import type { Network } from '../model/network';
import { busRow, radialGrid, substation, type GridFile } from '../testing/small-grids';
import { importCgmes } from './cim';
import type { CimDocument, CimObject } from './cim-graph';
import { busOf, changed, noneAtC, object, topologies } from './testing/cgmes-objects';
import { cgmesOf } from './testing/cgmes-of';
import { solved } from './testing/grids';

/** Largest voltage difference over the buses of `expected`, pu, angles included. */
function difference(found: Network, expected: Network): number {
  const voltages = new Map(solved(found).buses.map((bus) => [bus.id, bus]));
  // CGMES gives no angle of the slack: both are measured from it.
  const slackDegree = expected.externalGrid.vaDegree;
  return solved(expected).buses.reduce((largest, { id, vmPu, vaDegree }) => {
    const other = voltages.get(id)!;
    const turn = ((vaDegree - slackDegree - other.vaDegree) * Math.PI) / 180;
    return Math.max(largest, Math.hypot(vmPu - other.vmPu, 2 * vmPu * Math.sin(turn / 2)));
  }, 0);
}

describe('a network written as CGMES files and imported', () => {
  it.each(topologies)('solves as it did, %s', (topology) => {
    fc.assert(
      fc.property(radialGrid, (file) => {
        const network = parseNetwork(file);
        const { network: imported, leftOut, assumed } = importCgmes(cgmesOf(network, topology));
        expect(difference(imported, network)).toBeLessThan(1e-9);
        expect([leftOut, assumed]).toEqual([[], []]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps ids, names, ratings, limits, taps, switches and held voltages', () => {
    const network = parseNetwork(busyGrid());
    const imported = importCgmes(cgmesOf(network, 'connectivityNodes')).network;
    expect(imported.buses).toEqual(network.buses.map((bus) => closeTo(bus)));
    expect(imported.lines).toEqual(network.lines.map((line) => closeTo(line)));
    expect(imported.transformers).toEqual(network.transformers.map((row) => closeTo(row)));
    expect(imported.loads).toEqual(network.loads.map((row) => closeTo(row)));
    expect(imported.shunts).toEqual(network.shunts.map((row) => closeTo(row)));
    expect(imported.switches).toEqual(network.switches);
    expect(imported.staticGenerators).toEqual([
      closeTo({ ...network.staticGenerators[0]!, qMvar: 0 }),
      closeTo(network.staticGenerators[1]!),
    ]);
  });
});

/** Numbers may differ by rounding. */
const closeTo = <Row extends object>(row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? (expect.closeTo(value, 9) as unknown) : value,
    ]),
  ) as Row;

function busyGrid(): GridFile {
  const file = substation();
  file.buses.push(busRow('d2', 0.4));
  file.switches.push(
    { id: 's1', name: 'coupler', kind: 'busToBus', from: 'd', to: 'd2', closed: true },
    { id: 's2', kind: 'busToBus', from: 'c', to: 'd2', closed: false },
  );
  Object.assign(file.loads[0]!, {
    name: 'bakery',
    constantCurrentPercent: 30,
    constantImpedancePercent: 20,
  });
  file.shunts.push({ id: 'c1', bus: 'b', pMw: 0.001, qMvar: -0.01 });
  file.staticGenerators[0]!['vmPu'] = 1.01;
  file.staticGenerators.push({ id: 'chp', bus: 'd2', pMw: 0.01, qMvar: 0.002 });
  return file;
}

const machinesOf = (file: GridFile): Network['staticGenerators'] =>
  file.staticGenerators.map(
    (row) => ({ vmPu: null, name: row['id'], ...row }) as Network['staticGenerators'][number],
  );

describe('what the files say', () => {
  it('a disconnected terminal leaves the line live from its other end', () => {
    const documents = changed({ 'l2 T2': { values: { 'ACDCTerminal.connected': 'false' } } });
    const drop = (id: string): boolean => ['load-c', 'pv', 'load-c T1', 'pv T1'].includes(id);
    const { network } = importCgmes(documents.map((one) => one.filter(({ id }) => !drop(id))));
    expect(network.lines[1]).toMatchObject({ from: 'b', to: 'l2 open end 2', inService: true });
    const line = solved(network).lines.find(({ id }) => id === 'l2')!;
    expect(line.pFromMw).toBeGreaterThan(0);
    expect(line.pToMw).toBeCloseTo(0, 12);
  });

  it('of what is disconnected, nothing is left but its count', () => {
    const documents = changed({ 'load-c T1': { values: { 'ACDCTerminal.connected': 'false' } } });
    const { network, leftOut } = importCgmes(documents);
    expect(network.loads.map(({ id }) => id)).toEqual(['load-b', 'load-d']);
    expect(leftOut).toEqual([
      { what: 'ConformLoad', count: 1, reason: 'disconnected or out of service' },
    ]);
  });

  it('the steady-state file prevails over normal states', () => {
    const { network } = importCgmes([
      ...cgmesOf(parseNetwork(busyGrid()), 'connectivityNodes'),
      [{ class: 'Breaker', id: 's1', values: { 'Switch.normalOpen': 'true' }, references: {} }],
    ]);
    expect(network.switches[0]).toMatchObject({ id: 's1', closed: true });
  });

  it('of two machines at one node, joined by a closed switch, the first holds the voltage', () => {
    const file = busyGrid();
    Object.assign(file.staticGenerators[1]!, { vmPu: 1.02 });
    file.staticGenerators.push({ id: 'third', bus: 'd', pMw: 0, qMvar: 0.001, vmPu: 1.03 });
    // parseNetwork would refuse it: it is written as CGMES without.
    const network = { ...parseNetwork(busyGrid()), staticGenerators: machinesOf(file) };
    const { network: imported, assumed } = importCgmes(cgmesOf(network, 'connectivityNodes'));
    expect(imported.staticGenerators.map(({ id, vmPu }) => [id, vmPu])).toEqual([
      ['pv', expect.closeTo(1.01, 9)],
      ['chp', expect.closeTo(1.02, 9)],
      ['third', null],
    ]);
    expect(assumed).toMatchObject([{ what: 'generator', count: 1 }]);
  });

  it('a machine that regulates elsewhere feeds in what the file says', () => {
    const documents = cgmesOf(parseNetwork(busyGrid()), 'connectivityNodes');
    const elsewhere: CimDocument = [
      {
        class: 'RegulatingControl',
        id: 'control of pv',
        values: {},
        references: { 'RegulatingControl.Terminal': 'load-b T1' },
      },
    ];
    const { network, assumed } = importCgmes([...documents, elsewhere]);
    expect(network.staticGenerators[0]).toMatchObject({ pMw: 0.03, qMvar: -0.002, vmPu: null });
    expect(assumed).toMatchObject([{ what: 'SynchronousMachine', count: 1 }]);
  });

  it('a second tap changer is folded into the rated voltage of its end', () => {
    const changer: CimObject = {
      class: 'RatioTapChanger',
      id: 'second',
      values: {
        'TapChanger.neutralStep': '0',
        'TapChanger.step': '2',
        'RatioTapChanger.stepVoltageIncrement': '1.5',
      },
      references: { 'RatioTapChanger.TransformerEnd': 't1 lv' },
    };
    const { network } = importCgmes([...changed({}), [changer]]);
    expect(network.transformers[0]).toMatchObject({
      tapSide: 'hv',
      vnLvKv: expect.closeTo(0.4 * 1.03, 12) as unknown,
    });
  });

  it.each([
    ['PhaseTapChangerLinear', { 'PhaseTapChangerLinear.stepPhaseShiftIncrement': '1.5' }, 4.5],
    [
      'PhaseTapChangerSymmetrical',
      { 'PhaseTapChangerNonLinear.voltageStepIncrement': '2' },
      ((2 * Math.atan(0.03)) / Math.PI) * 180,
    ],
    [
      'PhaseTapChangerAsymmetrical',
      {
        'PhaseTapChangerNonLinear.voltageStepIncrement': '2',
        'PhaseTapChangerAsymmetrical.windingConnectionAngle': '90',
      },
      (Math.atan(0.06) / Math.PI) * 180,
    ],
  ])('a %s at the HV end turns the LV side forward', (className, values, degree) => {
    const changer: CimObject = {
      class: className,
      id: 'phase',
      values: { 'TapChanger.neutralStep': '0', 'TapChanger.step': '3', ...values },
      references: { 'PhaseTapChanger.TransformerEnd': 't1 hv' },
    };
    const plain = importCgmes(changed({})).network;
    const { network } = importCgmes([...changed({}), [changer]]);
    const turned = busOf(network, 'a').vaDegree - busOf(plain, 'a').vaDegree;
    expect(turned).toBeCloseTo(degree, 2);
    expect(network.transformers[0]!.shiftDegree).toBeCloseTo(150 - degree, 9);
  });

  it('loads with an exponent of the voltage are one of the three kinds', () => {
    const documents = (): CimDocument[] =>
      changed({
        'response of load-b': {
          values: {
            'LoadResponseCharacteristic.exponentModel': 'true',
            'LoadResponseCharacteristic.pVoltageExponent': '1',
            'LoadResponseCharacteristic.qVoltageExponent': '2',
          },
        },
        'response of load-c': {
          values: {
            'LoadResponseCharacteristic.exponentModel': 'true',
            'LoadResponseCharacteristic.pVoltageExponent': '1.3',
          },
        },
      });
    expect(() => importCgmes(documents())).toThrow(
      'ConformLoad "load-c": is in service, and its p follows the voltage by an exponent of 1.3',
    );
    const leaveOut = ['LoadResponseCharacteristic'];
    const { network, leftOut } = importCgmes(documents(), { leaveOut });
    expect(network.loads.slice(0, 3)).toMatchObject([
      { id: 'load-b P', pMw: 0.02, qMvar: 0, constantCurrentPercent: 100 },
      { id: 'load-b Q', pMw: 0, qMvar: 0.006, constantImpedancePercent: 100 },
      { id: 'load-c', constantCurrentPercent: 0, constantImpedancePercent: 0 },
    ]);
    expect(leftOut).toMatchObject([{ what: 'LoadResponseCharacteristic', count: 1 }]);
  });

  it('shares of a load that do not add up are scaled, and told of', () => {
    const { assumed } = importCgmes(
      changed({
        'response of load-b': {
          values: { 'LoadResponseCharacteristic.pConstantPower': '1.5' },
        },
      }),
    );
    expect(assumed).toMatchObject([{ what: 'LoadResponseCharacteristic', count: 1 }]);
  });

  it('an equipment is out of service by its normal state, unless the steady state says otherwise', () => {
    const values = { 'Equipment.normallyInService': 'false' };
    const inService = (more: Record<string, string>): boolean =>
      importCgmes([
        ...changed({ ...noneAtC, l2: { values: { ...values, ...more } } }),
      ]).network.lines.find(({ id }) => id === 'l2')!.inService;
    expect(inService({})).toBe(false);
    expect(inService({ 'Equipment.inService': 'true' })).toBe(true);
  });

  it('a switch out of service is open', () => {
    const documents = [
      ...cgmesOf(parseNetwork(busyGrid()), 'connectivityNodes'),
      [object('Breaker', 's2', { 'Switch.open': 'false', 'Equipment.inService': 'false' })],
    ];
    expect(importCgmes(documents).network.switches[1]).toMatchObject({ id: 's2', closed: false });
  });

  it('limits of newer files: the kind of the type, and normal values', () => {
    const { network } = importCgmes([
      ...changed({}),
      [
        object('OperationalLimitType', 'tatl', { 'OperationalLimitType.kind': 'LimitKind.tatl' }),
        object(
          'CurrentLimit',
          'limit 2',
          { 'CurrentLimit.value': '1' },
          {
            'OperationalLimit.OperationalLimitSet': 'limits of l1',
            'OperationalLimit.OperationalLimitType': 'tatl',
          },
        ),
        object(
          'CurrentLimit',
          'limit 3',
          { 'CurrentLimit.normalValue': '100' },
          {
            'OperationalLimit.OperationalLimitSet': 'limits of l1',
          },
        ),
      ],
    ]);
    expect(network.lines.find(({ id }) => id === 'l1')!.maxIKa).toBeCloseTo(0.1, 12);
  });
});

describe('a three-winding transformer', () => {
  /** `t1` with a third winding, unloaded, of the impedance given; its leg 1 has all of the iron. */
  function threeWindings(rOhm: string, xOhm: string): CimDocument[] {
    const third: CimDocument = [
      { class: 'ConnectivityNode', id: 'n3', values: {}, references: inLevelOf('a') },
      {
        class: 'Terminal',
        id: 't1 T3',
        values: { 'ACDCTerminal.sequenceNumber': '3' },
        references: { 'Terminal.ConductingEquipment': 't1', 'Terminal.ConnectivityNode': 'n3' },
      },
      {
        class: 'PowerTransformerEnd',
        id: 't1 third',
        values: {
          'TransformerEnd.endNumber': '3',
          'PowerTransformerEnd.ratedS': '0.2',
          'PowerTransformerEnd.ratedU': '0.42',
          'PowerTransformerEnd.r': rOhm,
          'PowerTransformerEnd.x': xOhm,
          'PowerTransformerEnd.phaseAngleClock': '5',
        },
        references: {
          'PowerTransformerEnd.PowerTransformer': 't1',
          'TransformerEnd.Terminal': 't1 T3',
        },
      },
    ];
    const noIron = { 'PowerTransformerEnd.g': '0', 'PowerTransformerEnd.b': '0' };
    return [...changed({ 't1 hv': { values: noIron } }), third];
  }
  const inLevelOf = (bus: string): Record<string, string> => ({
    'ConnectivityNode.ConnectivityNodeContainer': `VL ${bus}`,
  });

  it.each([
    ['of positive impedance', '0.001', '0.004'],
    ['of negative reactance', '0.001', '-0.004'],
    ['of negative resistance', '-0.001', '0.004'],
    ['of no impedance', '0', '0'],
  ])('with a third winding %s and unloaded is one of two windings', (_, rOhm, xOhm) => {
    const file = substation();
    Object.assign(file.transformers[0]!, { pfeKw: 0, i0Percent: 0 });
    const { network } = importCgmes(threeWindings(rOhm, xOhm));
    expect(difference(network, parseNetwork(file))).toBeLessThan(1e-9);
    expect(network.transformers.map(({ id }) => id)).toEqual(['t1 1', 't1 2', 't1 3']);
    const [third, lv] = [busOf(network, 'n3'), busOf(network, 't1 star')];
    expect(third.vmPu).toBeCloseTo((lv.vmPu * 0.42) / 0.4, 9);
    expect(third.vaDegree).toBeCloseTo(lv.vaDegree - 150, 9);
  });
});

describe('refused, by class and rdf:ID', () => {
  it.each<[string, () => readonly CimDocument[], string]>([
    [
      'a reference into a file that is missing',
      () => changed({ 'BV0.4': null }),
      'VoltageLevel "VL a": VoltageLevel.BaseVoltage refers to "BV0.4", which is in none of the files.',
    ],
    [
      'a terminal without node',
      () => changed({}, 'topologicalNodes').slice(0, 2),
      'Terminal "l1 T1": has neither a connectivity node nor a topological node. Add the topology file',
    ],
    [
      'a line with one terminal',
      () => changed({ 'l2 T2': null }),
      'ACLineSegment "l2": has 1 terminals. Give it 2',
    ],
    [
      'a load without power',
      () => changed({}).slice(0, 1),
      'ConformLoad "load-b": EnergyConsumer.p is missing. Add the file that has it (EQ or SSH)',
    ],
    [
      'a number that is none',
      () => changed({ l1: { values: { 'ACLineSegment.r': '0,1' } } }),
      'ACLineSegment "l1": ACLineSegment.r is "0,1". Give a number',
    ],
    [
      'two slack buses',
      () => changed({ pv: { values: { 'SynchronousMachine.referencePriority': '1' } } }),
      'ExternalNetworkInjection "slack" and SynchronousMachine "pv": 2 slack buses are given',
    ],
    [
      'no slack bus',
      () => changed({ slack: null, 'slack T1': null }),
      'CGMES files: 0 slack buses are given',
    ],
    [
      'a node without voltage',
      () => changed({ 'VL d': { class: 'Line', references: {} } }),
      'ConnectivityNode "d": nothing gives its nominal voltage',
    ],
    [
      'a transformer with one end',
      () => changed({ 't1 lv': null, 't1 tap': null }),
      'PowerTransformer "t1": has 1 ends',
    ],
    [
      'a load without path to the slack',
      () => changed({ 'l2 T2': { values: { 'ACDCTerminal.connected': 'false' } } }),
      'load "load-c": its bus "c" has no path to the external grid',
    ],
  ])('%s', (_, documents, message) => {
    expect(() => importCgmes(documents())).toThrow(message);
  });
});
