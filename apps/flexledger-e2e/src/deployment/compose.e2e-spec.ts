/**
 * What the compose files start, started here without containers: the same command with the same environment, its volumes
 * and ports in other places, until its health check is content. The images themselves are not built here.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '@flexledger/composer';
import { freePort, sleep } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { parse } from 'yaml';
import { type BuiltCli, type Running, buildCli } from '../command-line/built-cli';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const DEPLOY = path.join(repositoryRoot(), 'infra/deploy');
const COMPOSE = path.join(DEPLOY, 'compose');
/** Of our own images alone: engines of others cannot be had here. */
const STARTED = ['embedded', 'italy', 'greece', 'germany'];

let cli: BuiltCli;
let folder: string;

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-compose-'));
  execFileSync(path.join(DEPLOY, 'certificates.sh'), [path.join(folder, 'tls')]);
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const servicesOf = (name: string): Readonly<Record<string, Service>> => {
  const file = readFileSync(path.join(COMPOSE, `${name}.yaml`), 'utf8');
  return (parse(file, { merge: true }) as { services: Record<string, Service> }).services;
};

/** Our own, in the order in which they are started. */
const ownOf = (name: string): readonly (readonly [string, Service])[] =>
  Object.entries(servicesOf(name)).filter(([, { image }]) => image === 'flexledger');

it.each(readdirSync(COMPOSE).filter((name) => name.endsWith('.yaml')))(
  '%s gives our containers no rights that they do not need',
  (file) => {
    const own = ownOf(file.replace('.yaml', ''));
    for (const [, service] of own) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(service.user).toBeUndefined();
    }
  },
);

it('engines.yaml sets what the product knows', () => {
  const [[, { environment }]] = ownOf('engines') as [readonly [string, Service]];
  const secrets = { POSTGRES_PASSWORD: 'one', MONGO_PASSWORD: 'two' };
  const settings = Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [variable, filled(`${value}`, secrets)]),
  );
  const file = path.join(COMPOSE, 'engines/flexledger.yaml');
  expect(loadConfig({ file, environment: settings })).toMatchObject({
    log: { url: 'postgres://flexledger:one@postgres:5432/flexledger' },
    chain: { rpcUrl: 'http://validator-1:8545' },
  });
});

/** Variables of the compose file: `${NAME:?}` has to be given, `${NAME:-DEFAULT}` may be, also inside a default. */
function filled(value: string, given: Readonly<Record<string, string>>): string {
  return value
    .replace(/\$\{(\w+):\?\}/g, (_, name: string) => given[name]!)
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}

it.each(STARTED)('%s: every container of ours comes up and is well', async (name) => {
  const settings = await placed(name);
  const running: Running[] = [];
  try {
    for (const environment of settings) running.push(cli.startWith(environment, 'up'));
    for (const environment of settings) {
      const url = `https://localhost:${environment['FLEXLEDGER_HTTP_PORT']}`;
      await untilWell(environment, url);
    }
  } finally {
    for (const child of running.toReversed()) child.kill('SIGTERM');
    expect((await Promise.all(running.map(({ ended }) => ended))).map(({ code }) => code)).toEqual(
      running.map(() => 0),
    );
  }
});

/** Asks as the image's health check does. */
async function untilWell(environment: Environment, url: string): Promise<void> {
  for (;;) {
    const asked = cli.startWith(environment, 'status', '--url', url);
    const { code, stdout } = await asked.ended;
    if (code === 0) {
      expect(stdout).toContain(environment['FLEXLEDGER_PLATFORMS']?.split(',')[0] ?? 'all of them');
      return;
    }
    await sleep(500);
  }
}

type Environment = Readonly<Record<string, string>>;

/** The environments of a file's services, with volumes and ports of this test in the place of theirs. */
async function placed(name: string): Promise<readonly Environment[]> {
  const data = path.join(folder, name);
  mkdirSync(data);
  const ports = new Map<string, string>();
  const own = ownOf(name);
  const text = JSON.stringify(own.map(([, { environment }]) => environment));
  for (const [port] of text.matchAll(/\b8\d{3}\b/g)) {
    if (!ports.has(port)) ports.set(port, String(await freePort()));
  }
  const chainPort = String(await freePort());
  return own.map(([, { environment }]) => ({
    ...Object.fromEntries(
      Object.entries(environment).map(([variable, value]) => [
        variable,
        place(filled(`${value}`, {})),
      ]),
    ),
    FLEXLEDGER_CHAIN_PORT: chainPort,
  }));

  function place(value: string): string {
    return value
      .replace(/^\/data/, data)
      .replace(/^\/tls/, path.join(folder, 'tls'))
      .replace('0.0.0.0', '127.0.0.1')
      .replace(/\b8\d{3}\b/, (port) => ports.get(port)!);
  }
}
