import { GridModelError } from './grid-model-error';
import type { Network } from './network';
import { topologyOf } from './topology';

/**
 * What a network must hold across its tables: ids are unique, every reference leads somewhere,
 * voltages fit together, and whatever needs supply has a path to the slack.
 *
 * Unless `everyBusSupplied`, a bus without supply is no error as long as nothing on it needs any (a
 * spare section, a dead busbar); results then list it as unsupplied. A load, generator or PoD there is refused: a power
 * flow could only leave it out, and a market must not lose a customer in silence.
 *
 * @throws GridModelError for the first rule that does not hold.
 */
export function checkNetwork(
  network: Network,
  { everyBusSupplied }: { readonly everyBusSupplied: boolean },
): void {
  checkUniqueIds(network);
  checkReferences(network);
  checkVoltages(network);
  checkSupply(network, everyBusSupplied);
}

function checkUniqueIds(network: Network): void {
  const refuseDuplicate = (kind: string, rows: readonly { readonly id: string }[]): void => {
    const seen = new Set<string>();
    for (const { id } of rows) {
      if (seen.has(id)) {
        throw new GridModelError(`${kind} "${id}"`, 'the id is used twice', 'Give each its own id');
      }
      seen.add(id);
    }
  };
  refuseDuplicate('bus', network.buses);
  // One space for both, because a congested element is named by its id alone.
  refuseDuplicate('line or transformer', [...network.lines, ...network.transformers]);
  refuseDuplicate('load', network.loads);
  refuseDuplicate('generator', network.staticGenerators);
  refuseDuplicate('shunt', network.shunts);
  refuseDuplicate('switch', network.switches);
  refuseDuplicate('PoD', network.pods);
}

/** Every bus, line and transformer an element names exists, and its two ends differ. */
function checkReferences(network: Network): void {
  const ids = {
    bus: new Set(network.buses.map((row) => row.id)),
    line: new Set(network.lines.map((row) => row.id)),
    transformer: new Set(network.transformers.map((row) => row.id)),
  };
  const require = (label: string, field: string, kind: keyof typeof ids, id: string): void => {
    if (ids[kind].has(id)) return;
    throw new GridModelError(
      label,
      `${field} "${id}" is not a ${kind} of this grid`,
      `Add the ${kind} or correct the id`,
    );
  };
  const requireEnds = (label: string, ends: Readonly<Record<string, string>>): void => {
    const entries = Object.entries(ends);
    for (const [field, id] of entries) require(label, field, 'bus', id);
    if (entries[0]![1] === entries[1]![1]) {
      throw new GridModelError(
        label,
        `both ends are at bus "${entries[0]![1]}"`,
        'Correct one end',
      );
    }
  };
  require('external grid', 'bus', 'bus', network.externalGrid.bus);
  for (const { id, from, to } of network.lines) requireEnds(`line "${id}"`, { from, to });
  for (const { id, hv, lv } of network.transformers) requireEnds(`transformer "${id}"`, { hv, lv });
  for (const row of network.loads) require(`load "${row.id}"`, 'bus', 'bus', row.bus);
  for (const row of network.staticGenerators) {
    require(`generator "${row.id}"`, 'bus', 'bus', row.bus);
  }
  for (const row of network.shunts) require(`shunt "${row.id}"`, 'bus', 'bus', row.bus);
  for (const row of network.pods) require(`PoD "${row.id}"`, 'bus', 'bus', row.bus);
  for (const row of network.switches) {
    const label = `switch "${row.id}"`;
    if (row.kind === 'busToBus') requireEnds(label, { from: row.from, to: row.to });
    else if (row.kind === 'line') require(label, 'line', 'line', row.line);
    else require(label, 'transformer', 'transformer', row.transformer);
  }
}

function checkVoltages(network: Network): void {
  const vnKv = new Map(network.buses.map((bus) => [bus.id, bus.vnKv]));
  const requireEqual = (label: string, from: string, to: string): void => {
    if (vnKv.get(from) === vnKv.get(to)) return;
    throw new GridModelError(
      label,
      `joins bus "${from}" of ${vnKv.get(from)} kV and bus "${to}" of ${vnKv.get(to)} kV`,
      'Correct a nominal voltage, or put a transformer between them',
    );
  };
  for (const line of network.lines) requireEqual(`line "${line.id}"`, line.from, line.to);
  for (const item of network.switches) {
    if (item.kind === 'busToBus') requireEqual(`switch "${item.id}"`, item.from, item.to);
  }
  for (const { id, hv, lv, vnHvKv, vnLvKv } of network.transformers) {
    for (const [side, bus, ratedKv] of [
      ['hv', hv, vnHvKv],
      ['lv', lv, vnLvKv],
    ] as const) {
      const factor = ratedKv / vnKv.get(bus)!;
      if (factor > 0.5 && factor < 2) continue;
      throw new GridModelError(
        `transformer "${id}"`,
        `its ${side} winding of ${ratedKv} kV is at bus "${bus}" of ${vnKv.get(bus)} kV`,
        'Swap hv and lv, or correct a voltage',
      );
    }
  }
}

function checkSupply(network: Network, everyBusSupplied: boolean): void {
  const { nodeOfBus, fromNode, toNode, lineCount, elementOfBranch } = topologyOf(network);
  const nodeOf = new Map(network.buses.map((bus, index) => [bus.id, nodeOfBus[index]!]));
  const needing = [
    ...network.loads.map((row) => ({ label: `load "${row.id}"`, bus: row.bus })),
    ...network.staticGenerators.map((row) => ({ label: `generator "${row.id}"`, bus: row.bus })),
    ...network.pods.map((row) => ({ label: `PoD "${row.id}"`, bus: row.bus })),
    ...(everyBusSupplied ? network.buses : []).map(({ id }) => ({ label: `bus "${id}"`, bus: id })),
  ].filter((row) => nodeOf.get(row.bus)! < 0);
  const first = needing[0];
  if (first !== undefined) {
    const others = needing.length > 1 ? `, like ${needing.length - 1} other elements` : '';
    throw new GridModelError(
      first.label,
      `${first.label.startsWith('bus') ? 'it' : `its bus "${first.bus}"`} has no path to the external grid${others}`,
      'Close a switch, put a line in service, or remove what is not connected',
    );
  }
  for (let k = lineCount; k < elementOfBranch.length; k++) {
    if (fromNode[k] !== toNode[k]) continue;
    throw new GridModelError(
      `transformer "${network.transformers[elementOfBranch[k]!]!.id}"`,
      'closed busToBus switches join its two sides',
      'Open one of them',
    );
  }
  checkVoltageControl(network, nodeOf);
}

/**
 * One voltage cannot be set twice: a controlling generator stands alone at its node, off the slack.
 */
function checkVoltageControl(network: Network, nodeOf: ReadonlyMap<string, number>): void {
  const controlled = new Map([[0, 'the external grid']]);
  for (const { id, bus, vmPu } of network.staticGenerators) {
    if (vmPu === null) continue;
    const node = nodeOf.get(bus)!;
    const other = controlled.get(node);
    if (other !== undefined) {
      throw new GridModelError(
        `generator "${id}"`,
        `the voltage of its bus "${bus}" is already set by ${other}`,
        'Drop vmPu here and give qMvar',
      );
    }
    controlled.set(node, `generator "${id}"`);
  }
}
