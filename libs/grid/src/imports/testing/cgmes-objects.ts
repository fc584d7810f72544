import { parseNetwork } from '../../model/parse-network';
import type { Network } from '../../model/network';
import { substation } from '../../testing/small-grids';
import type { CimDocument, CimObject } from '../cim-graph';
import { cgmesOf } from './cgmes-of';
import { solved } from './grids';

/** How terminals may name where they are. */
export const topologies = ['connectivityNodes', 'topologicalNodes'] as const;

/** An object of a CIM file. */
export const object = (
  className: string,
  id: string,
  values: Readonly<Record<string, string>> = {},
  references: Readonly<Record<string, string>> = {},
): CimObject => ({ class: className, id, values, references });

/** The substation as CGMES, with some objects changed; null takes one away. */
export function changed(
  changes: Readonly<Record<string, Partial<CimObject> | null>>,
  topology: (typeof topologies)[number] = 'connectivityNodes',
): CimDocument[] {
  const documents = cgmesOf(parseNetwork(substation()), topology);
  return documents.map((objects) =>
    objects.flatMap((object) => {
      const change = changes[object.id];
      if (change === null) return [];
      if (change === undefined) return [object];
      const references = { ...object.references, ...change.references };
      return [{ ...object, ...change, values: { ...object.values, ...change.values }, references }];
    }),
  );
}

/** Nothing at bus c, so that it may be without supply. */
export const noneAtC = { 'load-c': null, 'load-c T1': null, pv: null, 'pv T1': null };

/** Voltage of a bus of a network that has a solution. */
export const busOf = (network: Network, id: string): { vmPu: number; vaDegree: number } =>
  solved(network).buses.find((bus) => bus.id === id)!;

/** An equipment `extra` of one terminal at a bus. */
export const placed = (
  className: string,
  bus: string,
  values: Readonly<Record<string, string>> = {},
  references: Readonly<Record<string, string>> = {},
): CimDocument => [
  object(className, 'extra', values, references),
  object(
    'Terminal',
    'extra T1',
    {},
    {
      'Terminal.ConductingEquipment': 'extra',
      'Terminal.ConnectivityNode': bus,
    },
  ),
];

/** The substation as CGMES, and more. */
export const withMore = (...documents: CimDocument[]): CimDocument[] => [
  ...changed({}),
  ...documents,
];
