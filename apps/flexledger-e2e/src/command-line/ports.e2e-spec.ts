/** Ports by configuration: a taken one is told before anything is made, and `doctor` looks at those of a configuration. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '@flexledger/runtime';
import { type BuiltCli, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
let holder: Server;
let taken: number;
let free: number;
beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-ports-'));
  holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  taken = (holder.address() as AddressInfo).port;
  [free] = (await freePorts(1)) as [number];
});
afterAll(async () => {
  await new Promise((resolve) => holder.close(resolve));
  cli.remove();
  rmSync(folder, { recursive: true });
});

it.each([
  ['--port', () => ['--port', String(taken), '--mqtt-port', '0']],
  ['--mqtt-port', () => ['--port', '0', '--mqtt-port', String(taken)]],
  ['--log-port', () => ['--port', '0', '--mqtt-port', '0', '--log-port', String(taken)]],
])('up: what %s names is taken, and no folder is made', async (option, ports) => {
  const data = path.join(folder, 'fresh');
  const { code, stderr } = await cli.run('up', '--data', data, ...ports());
  expect([code, stderr]).toEqual([2, expect.stringContaining(`Port ${taken} at 127.0.0.1`)]);
  expect(stderr).toContain(`choose another with ${option}`);
  expect(existsSync(data)).toBe(false);
});

it('up says where it listens, by TCP too, and doctor knows all those ports as its own', async () => {
  const data = path.join(folder, 'served');
  const file = path.join(folder, 'served.yaml');
  const [logPort] = await freePorts(1);
  const config = {
    dataDir: data,
    http: { port: 0 },
    mqtt: { port: 0 },
    log: { port: logPort },
    dso: { feeds: ['operations'], tcp: { port: 0 } },
    accessLayer: { tcp: { port: 0 } },
  };
  writeFileSync(file, JSON.stringify(config));
  const running = cli.start('up', '--config', file);
  const said = await running.said('Stop with');
  const portOf = (row: string): number => Number(new RegExp(`${row} +\\S+:(\\d+)`).exec(said)?.[1]);
  const ports = ['MQTT', 'TCP, meters', 'TCP, grid'].map(portOf);
  expect(ports.every((port) => port > 0)).toBe(true);
  const { stdout } = await cli.run('doctor', '--data', data, '--json');
  running.kill('SIGTERM');
  await running.ended;
  const { checks } = JSON.parse(stdout) as {
    checks: { name: string; ok: boolean; detail: string }[];
  };
  const found = new Map(checks.map(({ name, ok, detail }) => [name, { ok, detail }]));
  for (const port of [...ports, logPort]) {
    expect(found.get(`port ${port}`)).toEqual({
      ok: true,
      detail: expect.stringContaining('which runs on this data folder'),
    });
  }
});

it('doctor looks at the ports of a configuration, and at none that its process does not listen at', async () => {
  const file = path.join(folder, 'market.yaml');
  const config = {
    dataDir: path.join(folder, 'fresh'),
    platforms: ['market-platform', 'certifier', 'identity-provider'],
    http: { port: free },
    chain: { port: taken },
  };
  writeFileSync(file, JSON.stringify(config));
  const { code, stdout } = await cli.run('doctor', '--config', file, '--json');
  const { checks } = JSON.parse(stdout) as {
    checks: { name: string; ok: boolean; remedy?: string }[];
  };
  const ports = checks.filter(({ name }) => name.startsWith('port'));
  expect(ports.map(({ name, ok }) => [name, ok])).toEqual([
    [`port ${free}`, true],
    [`port ${taken}`, false],
  ]);
  expect([code, ports[1]!.remedy]).toEqual([1, expect.stringContaining('chain.port')]);
  expect(existsSync(config.dataDir)).toBe(false);
});
