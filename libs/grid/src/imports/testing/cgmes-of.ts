import type { Load, Network, StaticGenerator, Transformer } from '../../model/network';
import type { CimDocument, CimObject } from '../cim-graph';

/**
 * A network as CGMES files, for tests: `connectivityNodes` = switches make the topology (EQ and
 * SSH), `topologicalNodes` = buses are topological nodes (EQ, TP and SSH). Shifts must be multiples
 * of 30 degrees, and switches between buses; the rest comes back as it was.
 */
export function cgmesOf(
  network: Network,
  topology: 'connectivityNodes' | 'topologicalNodes',
): readonly CimDocument[] {
  const equipment: CimObject[] = [];
  const steadyState: CimObject[] = [];
  const topologyFile: CimObject[] = [];
  const vnKv = new Map(network.buses.map((bus) => [bus.id, bus.vnKv]));
  const write: Writer = {
    equipment: (className, id, values, references = {}) =>
      equipment.push(object(className, id, values, references)),
    state: (className, id, values) => steadyState.push(object(className, id, values, {})),
    terminals: (id, buses, connected = true) =>
      buses.forEach((bus, index) => {
        const terminal = `${id} T${index + 1}`;
        const sequence = { 'ACDCTerminal.sequenceNumber': index + 1 };
        const conducting = { 'Terminal.ConductingEquipment': id };
        const byNode = { 'Terminal.ConnectivityNode': bus };
        const isNodeBreaker = topology === 'connectivityNodes';
        equipment.push(
          object(
            'Terminal',
            terminal,
            sequence,
            isNodeBreaker ? { ...conducting, ...byNode } : conducting,
          ),
        );
        if (!isNodeBreaker) {
          topologyFile.push(object('Terminal', terminal, {}, { 'Terminal.TopologicalNode': bus }));
        }
        steadyState.push(object('Terminal', terminal, { 'ACDCTerminal.connected': connected }, {}));
      }),
  };
  for (const kv of new Set(vnKv.values())) {
    write.equipment('BaseVoltage', `BV${kv}`, { 'BaseVoltage.nominalVoltage': kv });
  }
  for (const { id, name, vnKv: kv, vMinPu, vMaxPu } of network.buses) {
    const named = { 'IdentifiedObject.name': name };
    if (topology === 'topologicalNodes') {
      const base = { 'TopologicalNode.BaseVoltage': `BV${kv}` };
      topologyFile.push(object('TopologicalNode', id, named, base));
      continue;
    }
    const limits = {
      ...(vMinPu === null ? {} : { 'VoltageLevel.lowVoltageLimit': vMinPu * kv }),
      ...(vMaxPu === null ? {} : { 'VoltageLevel.highVoltageLimit': vMaxPu * kv }),
    };
    write.equipment('VoltageLevel', `VL ${id}`, limits, { 'VoltageLevel.BaseVoltage': `BV${kv}` });
    write.equipment('ConnectivityNode', id, named, {
      'ConnectivityNode.ConnectivityNodeContainer': `VL ${id}`,
    });
  }
  writeBranches(write, network);
  for (const load of network.loads) writeLoad(write, load);
  for (const generator of network.staticGenerators) {
    writeMachine(write, generator, vnKv.get(generator.bus)!);
  }
  for (const { id, name, bus, pMw, qMvar } of network.shunts) {
    const kv = vnKv.get(bus)!;
    write.equipment('LinearShuntCompensator', id, {
      'IdentifiedObject.name': name,
      'LinearShuntCompensator.gPerSection': pMw / 2 / kv ** 2,
      'LinearShuntCompensator.bPerSection': -qMvar / 2 / kv ** 2,
    });
    write.terminals(id, [bus]);
    write.state('LinearShuntCompensator', id, { 'ShuntCompensator.sections': 2 });
  }
  writeSlack(write, network, vnKv);
  return [equipment, steadyState, ...(topology === 'topologicalNodes' ? [topologyFile] : [])];
}

type Values = Readonly<Record<string, string | number | boolean>>;

interface Writer {
  equipment(
    className: string,
    id: string,
    values: Values,
    references?: Readonly<Record<string, string>>,
  ): void;
  state(className: string, id: string, values: Values): void;
  terminals(id: string, buses: readonly string[], connected?: boolean): void;
}

function object(
  className: string,
  id: string,
  values: Values,
  references: Readonly<Record<string, string>>,
): CimObject {
  const texts = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  return { class: className, id, values: Object.fromEntries(texts), references };
}

function writeBranches(write: Writer, network: Network): void {
  for (const { id, name, from, to, rOhm, xOhm, cNf, maxIKa, inService } of network.lines) {
    write.equipment('ACLineSegment', id, {
      'IdentifiedObject.name': name,
      'ACLineSegment.r': rOhm,
      'ACLineSegment.x': xOhm,
      'ACLineSegment.bch': 2 * Math.PI * network.frequencyHz * cNf * 1e-9,
    });
    write.terminals(id, [from, to], inService);
    if (maxIKa === null) continue;
    const set = `limits of ${id}`;
    write.equipment('OperationalLimitSet', set, {}, { 'OperationalLimitSet.Terminal': `${id} T1` });
    write.equipment(
      'CurrentLimit',
      `limit of ${id}`,
      { 'CurrentLimit.value': maxIKa * 1000 },
      { 'OperationalLimit.OperationalLimitSet': set },
    );
  }
  for (const transformer of network.transformers) writeTransformer(write, transformer);
  for (const item of network.switches) {
    if (item.kind !== 'busToBus') throw new Error(`switch ${item.id} is not between buses`);
    write.equipment('Breaker', item.id, { 'IdentifiedObject.name': item.name });
    write.terminals(item.id, [item.from, item.to]);
    write.state('Breaker', item.id, { 'Switch.open': !item.closed });
  }
}

function writeTransformer(write: Writer, t: Transformer): void {
  write.equipment('PowerTransformer', t.id, { 'IdentifiedObject.name': t.name });
  write.terminals(t.id, [t.hv, t.lv], t.inService);
  const baseOhm = t.vnHvKv ** 2 / t.snMva;
  const xPercent = Math.sqrt(t.vkPercent ** 2 - t.vkrPercent ** 2);
  const gSiemens = t.pfeKw / 1000 / t.vnHvKv ** 2;
  const ySiemens = (t.i0Percent / 100) * (t.snMva / t.vnHvKv ** 2);
  const bSiemens = -Math.sqrt(Math.max(0, ySiemens ** 2 - gSiemens ** 2));
  // The impedance is split between the ends, as files may have it.
  const share = 0.25;
  const turns = (t.vnHvKv / t.vnLvKv) ** 2;
  const end = (side: 'hv' | 'lv', values: Values): void => {
    const id = `${t.id} ${side}`;
    write.equipment(
      'PowerTransformerEnd',
      id,
      {
        'TransformerEnd.endNumber': side === 'hv' ? 1 : 2,
        'PowerTransformerEnd.ratedS': t.snMva,
        'PowerTransformerEnd.ratedU': side === 'hv' ? t.vnHvKv : t.vnLvKv,
        ...values,
      },
      {
        'PowerTransformerEnd.PowerTransformer': t.id,
        'TransformerEnd.Terminal': `${t.id} T${side === 'hv' ? 1 : 2}`,
      },
    );
  };
  end('hv', {
    'PowerTransformerEnd.r': (t.vkrPercent / 100) * baseOhm * (1 - share),
    'PowerTransformerEnd.x': (xPercent / 100) * baseOhm * (1 - share),
    'PowerTransformerEnd.g': gSiemens,
    'PowerTransformerEnd.b': bSiemens,
    'PowerTransformerEnd.phaseAngleClock': 0,
  });
  end('lv', {
    'PowerTransformerEnd.r': ((t.vkrPercent / 100) * baseOhm * share) / turns,
    'PowerTransformerEnd.x': ((xPercent / 100) * baseOhm * share) / turns,
    'PowerTransformerEnd.phaseAngleClock': t.shiftDegree / 30,
  });
  if (t.tapSide === null) return;
  write.equipment(
    'RatioTapChanger',
    `${t.id} tap`,
    {
      'TapChanger.lowStep': t.tapMin!,
      'TapChanger.highStep': t.tapMax!,
      'TapChanger.neutralStep': t.tapNeutral,
      'RatioTapChanger.stepVoltageIncrement': t.tapStepPercent,
    },
    { 'RatioTapChanger.TransformerEnd': `${t.id} ${t.tapSide}` },
  );
  write.state('RatioTapChanger', `${t.id} tap`, { 'TapChanger.step': t.tapPos });
}

function writeLoad(write: Writer, load: Load): void {
  const { id, name, bus, pMw, qMvar } = load;
  const response = `response of ${id}`;
  const current = load.constantCurrentPercent / 100;
  const impedance = load.constantImpedancePercent / 100;
  const shares = (quantity: 'p' | 'q'): Values => ({
    [`LoadResponseCharacteristic.${quantity}ConstantCurrent`]: current,
    [`LoadResponseCharacteristic.${quantity}ConstantImpedance`]: impedance,
    [`LoadResponseCharacteristic.${quantity}ConstantPower`]: 1 - current - impedance,
  });
  write.equipment('LoadResponseCharacteristic', response, {
    'LoadResponseCharacteristic.exponentModel': false,
    ...shares('p'),
    ...shares('q'),
  });
  write.equipment(
    'ConformLoad',
    id,
    { 'IdentifiedObject.name': name },
    { 'EnergyConsumer.LoadResponse': response },
  );
  write.terminals(id, [bus]);
  write.state('ConformLoad', id, { 'EnergyConsumer.p': pMw, 'EnergyConsumer.q': qMvar });
}

function writeMachine(write: Writer, generator: StaticGenerator, vnKv: number): void {
  const { id, name, bus, pMw, qMvar, vmPu } = generator;
  const control = `control of ${id}`;
  write.equipment(
    'SynchronousMachine',
    id,
    { 'IdentifiedObject.name': name },
    { 'RegulatingCondEq.RegulatingControl': control },
  );
  write.terminals(id, [bus]);
  write.equipment(
    'RegulatingControl',
    control,
    { 'RegulatingControl.mode': 'RegulatingControlModeKind.voltage' },
    { 'RegulatingControl.Terminal': `${id} T1` },
  );
  write.state('RegulatingControl', control, {
    'RegulatingControl.enabled': vmPu !== null,
    'RegulatingControl.targetValue': (vmPu ?? 1) * vnKv,
    'RegulatingControl.targetValueUnitMultiplier': 'UnitMultiplier.k',
  });
  write.state('SynchronousMachine', id, {
    'RotatingMachine.p': -pMw,
    'RotatingMachine.q': -qMvar,
    'RegulatingCondEq.controlEnabled': true,
    'SynchronousMachine.referencePriority': 0,
  });
}

function writeSlack(write: Writer, network: Network, vnKv: ReadonlyMap<string, number>): void {
  const { bus, vmPu } = network.externalGrid;
  write.equipment(
    'ExternalNetworkInjection',
    'slack',
    {},
    { 'RegulatingCondEq.RegulatingControl': 'control of slack' },
  );
  write.terminals('slack', [bus]);
  write.equipment('RegulatingControl', 'control of slack', {
    'RegulatingControl.mode': 'RegulatingControlModeKind.voltage',
  });
  write.state('RegulatingControl', 'control of slack', {
    'RegulatingControl.enabled': true,
    'RegulatingControl.targetValue': vmPu * vnKv.get(bus)! * 1000,
    'RegulatingControl.targetValueUnitMultiplier': 'UnitMultiplier.none',
  });
  write.state('ExternalNetworkInjection', 'slack', {
    'RegulatingCondEq.controlEnabled': true,
    'ExternalNetworkInjection.referencePriority': 1,
  });
}
