/** Variants of a grid by its switches: what is open, what is closed, and what hangs together then. */
import { GridModelError } from './model/grid-model-error';
import type { Network } from './model/network';
import { topologyOf } from './model/topology';

/** Whether a switch is to be closed, or a line or transformer in service. */
export interface SwitchPosition {
  readonly elementType: 'switch' | 'line' | 'transformer';
  readonly elementId: string;
  readonly closed: boolean;
}

/** The tables of a model that have positions; of a file as well as of a network read from it. */
export type SwitchedTables = Pick<Network, 'switches' | 'lines' | 'transformers'>;

/**
 * The same model with these positions; of two for one element the last holds.
 *
 * @throws GridModelError when the model has no such element
 */
export function withPositions<Model extends SwitchedTables>(
  model: Model,
  positions: readonly SwitchPosition[],
): Model {
  const ids = {
    switch: new Set(model.switches.map(({ id }) => id)),
    line: new Set(model.lines.map(({ id }) => id)),
    transformer: new Set(model.transformers.map(({ id }) => id)),
  };
  const wanted = new Map<string, boolean>();
  for (const { elementType, elementId, closed } of positions) {
    if (!ids[elementType].has(elementId)) {
      throw new GridModelError(
        `${elementType} "${elementId}"`,
        `is no ${elementType} of this grid`,
        'Name one that the model has, of switches, lines and transformers',
      );
    }
    wanted.set(`${elementType}/${elementId}`, closed);
  }
  /** Rows that are not named stay as they are, so that a model switched back is the same again. */
  const set = <Row extends { readonly id: string }>(
    rows: readonly Row[],
    kind: SwitchPosition['elementType'],
    member: keyof Row,
  ): readonly Row[] =>
    rows.map((row) => {
      const position = wanted.get(`${kind}/${row.id}`);
      return position === undefined ? row : { ...row, [member]: position };
    });
  return {
    ...model,
    switches: set(model.switches, 'switch', 'closed'),
    lines: set(model.lines, 'line', 'inService'),
    transformers: set(model.transformers, 'transformer', 'inService'),
  };
}

/** What hangs together in a network. */
export interface Connectivity {
  /** Ids of buses without a path to the external grid, in the order of the model. */
  readonly unsuppliedBuses: readonly string[];
  /** Independent loops, parallel branches between two nodes counted as one; 0 = the grid is radial. */
  readonly rings: number;
}

/** @param network whose references hold; what hangs at its buses is not looked at */
export function connectivityOf(network: Network): Connectivity {
  const { nodeOfBus, nodeCount, fromNode, toNode } = topologyOf(network);
  const pairs = new Set<string>();
  fromNode.forEach((from, branch) => {
    const to = toNode[branch]!;
    if (from !== to) pairs.add(`${Math.min(from, to)}/${Math.max(from, to)}`);
  });
  return {
    unsuppliedBuses: network.buses.flatMap(({ id }, at) => (nodeOfBus[at]! < 0 ? [id] : [])),
    rings: pairs.size - (nodeCount - 1),
  };
}
