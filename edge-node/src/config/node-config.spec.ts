import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { emsOf, meterOf } from './devices';
import { readFleetConfig, readTokens } from './fleet-config';
import { NodeConfigUnusable, readNodeConfig, secretIn } from './node-config';

let folder: string;
const file = (text: string): string => {
  const at = path.join(folder, 'file');
  writeFileSync(at, text);
  return at;
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NODE = `
podId: IT002E60000001
folder: /var/lib/flexledger-node
platform: { url: https://market.example, tokenFile: /etc/flexledger-node/token }
`;

it('is taken as it stands', () => {
  const text = `${NODE}
meter: { model: abb-b23, at: /dev/ttyUSB0, unit: 7, serialNumber: M-1 }
ems: { at: "https://192.168.1.30/plant", power: kW }
serialLines: { /dev/ttyUSB0: { baudRate: 19200, parity: none } }
`;
  expect(readNodeConfig(file(text))).toMatchObject({
    podId: 'IT002E60000001',
    meter: { model: 'abb-b23', at: '/dev/ttyUSB0', unit: 7 },
    serialLines: { '/dev/ttyUSB0': { baudRate: 19_200, parity: 'none' } },
  });
});

it.each([
  ['no PoD code', NODE.replace('IT002E60000001', 'X'), 'podId must match pattern'],
  [
    'a field that there is not',
    `${NODE}\nmetre: 1`,
    'must NOT have additional properties ("metre")',
  ],
  ['a speed that no line has', `${NODE}\nserialLines: { /dev/x: { baudRate: 9601 } }`, 'baudRate'],
  ['power told too seldom', `${NODE}\npowerEverySeconds: 60`, 'powerEverySeconds must be <= 10'],
  [
    'a time from no address',
    NODE.replace('token }', 'token, timeFrom: [ntp.example] }'),
    'platform.timeFrom.0 must match pattern',
  ],
  ['no YAML', '{', 'Flow map must end with a }'],
])('with %s is refused, by its file and field', (_, text, reason) => {
  const at = file(text);
  expect(() => readNodeConfig(at)).toThrow(NodeConfigUnusable);
  expect(() => readNodeConfig(at)).toThrow(`${at} cannot be used: `);
  expect(() => readNodeConfig(at)).toThrow(reason);
});

it('that is not there, or a secret that is empty, is told by its name', () => {
  expect(() => readNodeConfig('/nowhere/node.yaml')).toThrow('/nowhere/node.yaml cannot be used');
  expect(() => secretIn(file(' \n'))).toThrow('it is empty');
  expect(secretIn(file('secret\n'))).toBe('secret');
});

it.each([
  ['a meter of no model', () => meterOf({ model: 'x', at: 'a:1' }, {}), 'no meter model "x"'],
  ['a meter at no address', () => meterOf({ model: 'sunspec', at: 'a:70000' }, {}), 'no address'],
  ['an EMS by MQTT without a topic', () => emsOf({ at: 'mqtt://a' }, {}), 'ends with its topic'],
])('names %s', (_, make, reason) => {
  expect(make).toThrow(NodeConfigUnusable);
  expect(make).toThrow(reason);
});

describe('of a fleet', () => {
  it('has its tokens in a file, as many as nodes run', () => {
    const at = file('IT002E60000001,one\nIT002E60000002,two\n\nIT002E60000003\n');
    expect(readTokens(at, 3)).toEqual([
      { podId: 'IT002E60000001', token: 'one' },
      { podId: 'IT002E60000002', token: 'two' },
      { podId: 'IT002E60000003' },
    ]);
    expect(readTokens(at, 1)).toHaveLength(1);
    expect(() => readTokens(at, 4)).toThrow('it has 3 PoDs for a fleet of 4');
  });

  it('is refused with a PoD twice, or none', () => {
    expect(() => readTokens(file('IT002E60000001,a\nIT002E60000001,b'), 1)).toThrow('a PoD twice');
    expect(() => readTokens(file('token'), 1)).toThrow('line 1 does not begin with a PoD code');
    expect(() => readFleetConfig(file('folder: x'))).toThrow("required property 'platform'");
  });
});
