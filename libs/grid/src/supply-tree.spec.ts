/** Goal: who hangs below which element; what a market must ask to relieve it. */
import { parseNetwork } from './model/parse-network';
import { busesBelow, feederOf, podsBelow } from './supply-tree';
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
