/** The ready configurations of the three demonstrations (D2.15), each started: what it has, and what it leaves out. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { parse, stringify } from 'yaml';
import { callAs } from '../testing/http-client';
import { type BuiltCli, buildCli } from './built-cli';

const FOLDER = path.join(repositoryRoot(), 'examples/demonstrations');
/** A configuration, and what answers there as whom; what does not is left out of it. */
const DEMONSTRATIONS: readonly [name: string, grid: string, answers: string[], not: string[]][] = [
  [
    'italy',
    'rome-1500',
    ['/api/v1/sessions', '/api/v1/pods', '/api/v1/grids', '/api/v1/packets'],
    [],
  ],
  [
    'greece',
    'cigre-mv',
    ['/api/v1/grids', '/api/v1/packets'],
    ['/api/v1/sessions', '/api/v1/pods'],
  ],
  [
    'germany',
    'cigre-mv-pv-wind',
    ['/api/v1/grids', '/api/v1/packets'],
    ['/api/v1/sessions', '/api/v1/pods'],
  ],
];

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-demonstrations-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

it('are these three', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  expect(names).toEqual(DEMONSTRATIONS.map(([name]) => `${name}.yaml`).sort());
});

it.each(DEMONSTRATIONS)('%s runs on its own', async (name, grid, answers, not) => {
  const config = parse(readFileSync(path.join(FOLDER, `${name}.yaml`), 'utf8')) as {
    dataDir: string;
    dso: { grid: string };
  };
  const [http, mqtt, chain] = await freePorts(3);
  const dataDir = path.join(folder, config.dataDir);
  const ports = { http: { port: http }, mqtt: { port: mqtt }, chain: { port: chain } };
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, stringify({ ...config, ...ports, dataDir }));
  const running = cli.start('up', '--config', file);
  const url = await running.url;
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  const dso = callAs(url, dataDir)('dso');
  const statusOf = async (at: string): Promise<[string, number]> => [
    at,
    (await dso.get(at)).status,
  ];
  for (const at of answers) expect(await statusOf(at)).toEqual([at, 200]);
  for (const at of not) expect(await statusOf(at)).toEqual([at, 404]);
  expect((await dso.get('/api/v1/grids')).body.items).toMatchObject([{ gridId: grid }]);
  // The DSO's platform estimates the state of its grid, from what is expected where nothing is measured.
  const estimates = `/api/v1/grids/${grid}/state-estimates`;
  expect(await statusOf(estimates)).toEqual([estimates, 200]);
  running.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});
