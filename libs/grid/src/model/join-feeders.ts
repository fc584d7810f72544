import { GridModelError } from './grid-model-error';
import type { Network, Switch } from './network';
import { gridFileOf, parseNetwork } from './parse-network';

/** A network below a bus of another, as an LV network below a substation's bus. */
export interface FeederBelow {
  /** Stands before the ids of its elements: `ostiense/line3`. */
  readonly name: string;
  /** Bus of the network above, in the place of the feeder's own slack. */
  readonly bus: string;
  readonly network: Network;
}

const NAME = /^[\w.-]{1,40}$/;

/**
 * One network of a network and those below it, so that all are solved, asked for and validated together.
 * A feeder's slack bus is the bus it hangs at; the voltage that its file sets there is not used, and its
 * PoDs keep their codes. What stands for a feeder in the network above, a load of all its customers, is
 * for whoever gives it to take out.
 *
 * @throws GridModelError naming the feeder or element that does not fit
 */
export function joinFeeders(above: Network, feeders: readonly FeederBelow[]): Network {
  const buses = new Map(above.buses.map((bus) => [bus.id, bus]));
  const names = new Set<string>();
  const parts = feeders.map((feeder) => {
    const { name, bus, network } = feeder;
    const refuse = (reason: string, remedy: string): never => {
      throw new GridModelError(`feeder "${name}"`, reason, remedy);
    };
    if (!NAME.test(name)) {
      refuse(
        'its name does not begin an id',
        'Name it by 1 to 40 letters, digits, "_", "." or "-"',
      );
    }
    if (names.has(name)) refuse('the name is used twice', 'Give each its own');
    names.add(name);
    const head = buses.get(bus) ?? refuse(`the network above has no bus "${bus}"`, 'Name one');
    const own = network.buses.find(({ id }) => id === network.externalGrid.bus)!;
    if (own.vnKv !== head.vnKv) {
      refuse(
        `its slack has ${own.vnKv} kV, bus "${bus}" has ${head.vnKv} kV`,
        'Let it begin at the voltage of the bus',
      );
    }
    if (network.frequencyHz !== above.frequencyHz) {
      refuse(`it has ${network.frequencyHz} Hz, not ${above.frequencyHz} Hz`, 'Give both one');
    }
    return below(feeder);
  });
  const all = <Row>(of: (network: Omit<Network, 'externalGrid'>) => readonly Row[]): Row[] =>
    [above, ...parts].flatMap((part) => [...of(part)]);
  const remarks = [above, ...feeders.map(({ network }) => network)].flatMap(
    (network) => network.remarks ?? [],
  );
  // What one network of all has to hold is checked as it is of any other.
  return parseNetwork(
    gridFileOf({
      ...above,
      buses: all((part) => part.buses),
      lines: all((part) => part.lines),
      transformers: all((part) => part.transformers),
      loads: all((part) => part.loads),
      staticGenerators: all((part) => part.staticGenerators),
      shunts: all((part) => part.shunts),
      switches: all((part) => part.switches),
      pods: all((part) => part.pods),
      ...(remarks.length > 0
        ? {
            remarks: {
              leftOut: remarks.flatMap(({ leftOut }) => leftOut),
              assumed: remarks.flatMap(({ assumed }) => assumed),
            },
          }
        : {}),
    }),
  );
}

/** A feeder's tables as they stand in the network of all. */
function below({ name, bus, network }: FeederBelow): Omit<Network, 'externalGrid'> {
  const own = (id: string): string => `${name}/${id}`;
  const at = (id: string): string => (id === network.externalGrid.bus ? bus : own(id));
  const standing = <Row extends { readonly id: string; readonly bus: string }>(row: Row): Row => ({
    ...row,
    id: own(row.id),
    bus: at(row.bus),
  });
  return {
    ...network,
    buses: network.buses
      .filter(({ id }) => id !== network.externalGrid.bus)
      .map((row) => ({ ...row, id: own(row.id) })),
    lines: network.lines.map((row) => ({
      ...row,
      id: own(row.id),
      from: at(row.from),
      to: at(row.to),
    })),
    transformers: network.transformers.map((row) => ({
      ...row,
      id: own(row.id),
      hv: at(row.hv),
      lv: at(row.lv),
    })),
    loads: network.loads.map(standing),
    staticGenerators: network.staticGenerators.map(standing),
    shunts: network.shunts.map(standing),
    switches: network.switches.map((row): Switch => {
      const named = { ...row, id: own(row.id) };
      switch (named.kind) {
        case 'busToBus':
          return { ...named, from: at(named.from), to: at(named.to) };
        case 'line':
          return { ...named, line: own(named.line) };
        case 'transformer':
          return { ...named, transformer: own(named.transformer) };
      }
    }),
    pods: network.pods.map((pod) => ({ ...pod, bus: at(pod.bus) })),
  };
}
