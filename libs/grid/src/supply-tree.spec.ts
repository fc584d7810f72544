/** Goal: who hangs below which element; what a market must ask to relieve it. */
import { parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import { busesBelow, feederOf, podsBelow, subtreesAbove } from './supply-tree';
import { shippedJson } from './testing/reference-grids';
import { lineRow, substation } from './testing/small-grids';

describe('below an element of a radial grid', () => {
  const network = parseNetwork(substation());

  it.each([
    ['t1', ['a', 'b', 'c', 'd'], ['pod-b', 'pod-c', 'pod-d']],
    ['l1', ['b', 'c', 'd'], ['pod-b', 'pod-c', 'pod-d']],
    ['l2', ['c'], ['pod-c']],
    ['l3', ['d'], ['pod-d']],
    ['l4', [], []],
  ])('%s hang %j with %j', (id, buses, pods) => {
    expect(busesBelow(network, id)).toEqual(buses);
    expect(podsBelow(network, id)).toEqual(pods);
  });

  it('an element that is not there is refused by name', () => {
    expect(() => podsBelow(network, 'z')).toThrow(
      'line or transformer "z": it is not in this grid',
    );
    expect(() => feederOf(network, 'z')).toThrow('bus "z": it is not in this grid');
  });
});

describe('loops', () => {
  const file = substation();
  file.lines[3]!['inService'] = true;
  file.lines.push(lineRow('l1b', 'b', 'a'));
  const network = parseNetwork(file);

  it('leave nothing below their lines, which have no single downstream', () => {
    for (const id of ['l2', 'l3', 'l4']) expect(busesBelow(network, id)).toEqual([]);
  });

  it('are not what parallel lines make: below both hangs what they supply together', () => {
    for (const id of ['l1', 'l1b']) expect(busesBelow(network, id)).toEqual(['b', 'c', 'd']);
  });
});

describe('the subtrees above an element', () => {
  const network = parseNetwork(substation());
  const grid = compileGrid(network);
  const idsOf = (subtrees: ReturnType<typeof subtreesAbove>): string[] =>
    subtrees!.map(({ root, buses }) =>
      [network.buses[root]!.id, ':', ...buses.map((bus) => network.buses[bus]!.id)].join(''),
    );

  it('lead from what hangs below it to the slack, which is left out', () => {
    expect(idsOf(subtreesAbove(grid, { kind: 'busVmPu', id: 'd' }))).toEqual([
      'd:d',
      'b:bcd',
      'a:abcd',
    ]);
    expect(idsOf(subtreesAbove(grid, { kind: 'lineIKa', id: 'l1' }))).toEqual(['b:bcd', 'a:abcd']);
    expect(idsOf(subtreesAbove(grid, { kind: 'transformerLoadingPercent', id: 't1' }))).toEqual([
      'a:abcd',
    ]);
    expect(subtreesAbove(grid, { kind: 'busVmPu', id: 'mv' })).toEqual([]);
  });

  it('are as `busesBelow` has them', () => {
    for (const id of ['l1', 'l2', 'l3']) {
      const [first] = subtreesAbove(grid, { kind: 'lineIKa', id })!;
      expect(first!.buses.map((bus) => network.buses[bus]!.id)).toEqual(busesBelow(network, id));
    }
  });

  it('do not exist where there is a loop, and an element without power has none', () => {
    const file = substation();
    file.lines[3]!['inService'] = true;
    const meshed = compileGrid(parseNetwork(file));
    expect(subtreesAbove(meshed, { kind: 'busVmPu', id: 'd' })).toBeNull();
    for (const [kind, id] of [
      ['lineIKa', 'l4'],
      ['busVmPu', 'z'],
    ] as const) {
      expect(() => subtreesAbove(grid, { kind, id })).toThrow(`"${id}": it is not in service`);
    }
  });
});

describe('the feeder of a bus', () => {
  it('is the first line on the way from the slack', () => {
    const cigre = parseNetwork(shippedJson('cigre-mv'));
    const feeders = new Map(cigre.buses.map((bus) => [bus.id, feederOf(cigre, bus.id)]));
    // Slack, busbar 1, feeder 1 to bus 11, busbar 12 of the second transformer, feeder 2.
    expect(feeders.get('bus0')).toBeNull();
    expect(feeders.get('bus1')).toBeNull();
    expect(feeders.get('bus2')).toBe('line0');
    expect(feeders.get('bus11')).toBe('line0');
    expect(feeders.get('bus12')).toBeNull();
    expect(feeders.get('bus14')).toBe(feeders.get('bus13'));
    expect(new Set(feeders.values()).size).toBe(3);
  });

  it('is none where a loop gives the bus two', () => {
    const file = substation();
    file.lines.push(lineRow('l5', 'a', 'd'));
    const network = parseNetwork(file);
    expect(feederOf(network, 'b')).toBeNull();
    expect(feederOf(network, 'd')).toBeNull();
  });
});
