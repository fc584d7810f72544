/** The short form of `npm run chaos`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuiltCli, buildCli } from '../command-line/built-cli';
import { chaos } from './chaos';
import { type BrokerKind, mosquittoVersion } from './external-broker';

let cli: BuiltCli;
let folder: string;

beforeAll(async () => {
  cli = await buildCli();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => cli.remove());

const lacking = mosquittoVersion() === undefined ? ' (skipped where there is no mosquitto)' : '';

const withMosquitto = lacking === '' ? it : it.skip;

describe.each<[string, BrokerKind, number, jest.It]>([
  ['the embedded broker', 'embedded', 1, it],
  [`a Mosquitto${lacking}`, 'mosquitto', 1, withMosquitto],
  [
    `a Mosquitto, and two access layers that divide the nodes${lacking}`,
    'mosquitto',
    2,
    withMosquitto,
  ],
])('with %s', (_, broker, instances, test) => {
  test('what nodes sign stands in the log once and in order, whatever is killed and cut', async () => {
    const scripts = path.resolve(path.dirname(cli.main), '../../flexledger-e2e/src/nodes');
    const field = { nodes: 12, instances, seconds: 10, seed: 2 };
    const report = await chaos({ broker, scripts, folder, ...field });
    expect(report.faults).toEqual([]);
    expect(report.brokerKills).toBeGreaterThan(0);
    expect(report.platformKills).toBeGreaterThan(0);
    expect(report.cuts).toBeGreaterThan(0);
    expect(report.signed).toBeGreaterThan(12);
    expect(report.recorded).toBe(report.signed);
  });
});
