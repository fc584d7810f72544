/** `doctor --config`: what a configuration names beyond this machine is looked at, each by its name, before anything runs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@flexledger/runtime';
import { stringify } from 'yaml';
import { type SoftToken, makeSoftToken, whyNoToken } from '../testing/soft-token';
import { type BuiltCli, type Running, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
let log: Running;
let logUrl: string;
const inFolder = (name: string): string => path.join(folder, name);

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-doctor-'));
  for (const [name, days] of [
    ['lasting', '90'],
    ['ending', '1'],
  ] as const) {
    const files = ['-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.crt`)];
    const subject = ['-subj', `/CN=${name}`, '-days', days];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files],
      {
        stdio: 'ignore',
      },
    );
  }
  log = cli.start(
    ...['log', 'serve', '--data', inFolder('log'), '--port', '0', '--local-appends', '--json'],
  );
  logUrl = (JSON.parse(await log.said('}')) as { address: string }).address;
});
afterAll(async () => {
  log.kill('SIGTERM');
  await log.ended;
  cli.remove();
  rmSync(folder, { recursive: true });
});

async function examined(
  config: object,
): Promise<{ code: number | null; checks: Map<string, Check> }> {
  const file = inFolder('flexledger.yaml');
  writeFileSync(file, stringify({ dataDir: inFolder('data'), ...config }));
  const { code, stdout } = await cli.run('doctor', '--config', file, '--json');
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, checks: new Map(checks.map((check) => [check.name, check])) };
}

const tls = (name: string) => ({
  keyFile: inFolder(`${name}.key`),
  certificateFile: inFolder(`${name}.crt`),
});

it('finds well what answers and what lasts', async () => {
  const { checks } = await examined({ log: { url: logUrl }, http: { tls: tls('lasting') } });
  expect([checks.get('log'), checks.get('http.tls'), checks.get('configuration')]).toEqual([
    { name: 'log', ok: true, detail: 'answers, and holds no event yet' },
    { name: 'http.tls', ok: true, detail: expect.stringMatching(/^CN=lasting, for (89|90) days$/) },
    { name: 'configuration', ok: true, detail: expect.stringContaining('can be used') },
  ]);
});

it('names each engine that does not answer, and each certificate that ends soon, with a remedy', async () => {
  const port = await freePort();
  const at = `127.0.0.1:${port}`;
  writeFileSync(inFolder('secret'), 'secret');
  const { code, checks } = await examined({
    platforms: ['market-platform', 'certifier', 'identity-provider'],
    log: { url: `postgres://flexledger:PASSWORD@${at}/flexledger` },
    views: { url: `mongodb://flexledger:PASSWORD@${at}/` },
    kafka: { brokers: [at], caFile: inFolder('ending.crt') },
    chain: { rpcUrl: `http://${at}` },
    mqtt: { port, username: 'dso', tokenFile: inFolder('secret') },
    http: { tls: tls('ending') },
    identity: {
      issuers: [
        { issuer: `http://${at}`, audience: 'flexledger', partyClaim: 'p', rolesClaim: 'r' },
      ],
    },
    mirrors: [
      { name: 'dso', url: `http://${at}`, party: 'operator', secretFile: inFolder('secret') },
    ],
  });
  expect(code).toBe(1);
  const failed = [...checks.values()].filter(({ ok }) => !ok);
  expect(failed.map(({ name }) => name).filter((name) => !/^(port|anvil)/.test(name))).toEqual([
    'http.tls',
    'kafka.caFile',
    'log',
    'views',
    'kafka',
    'chain',
    'broker',
    `issuer http://${at}`,
    'mirror dso',
  ]);
  for (const { detail, remedy } of failed) {
    expect(`${detail} ${remedy}`).not.toContain('PASSWORD');
    expect(remedy).toMatch(/\w/);
  }
  expect(checks.get('http.tls')!.detail).toMatch(/\(CN=ending\) ends in [01] days/);
  expect(checks.get('mirror dso')!.detail).toContain('ECONNREFUSED');
});

it('says which file of a configuration is missing, and which setting it does not know', async () => {
  const missing = await examined({ mqtt: { caFile: inFolder('nothing.crt') } });
  expect(missing.checks.get('configuration')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('nothing.crt'),
  });
  writeFileSync(inFolder('wrong.yaml'), 'htpp: {}\n');
  const wrong = await cli.run('doctor', '--config', inFolder('wrong.yaml'));
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toMatch(/htpp .*did you mean http/);
});

const noToken = whyNoToken();
(noToken ? describe.skip : describe)(
  noToken ? `the log's key in a token: SKIPPED, ${noToken}` : "the log's key in a token",
  () => {
    let token: SoftToken;
    beforeAll(() => {
      token = makeSoftToken();
    });
    afterAll(() => token.remove());

    it('is asked to sign', async () => {
      const { checks } = await examined({ certifier: { pkcs11: token.key } });
      expect(checks.get('certifier.pkcs11')).toMatchObject({
        ok: true,
        detail: expect.stringMatching(/^signs as flexledger\/rome\+[0-9a-f]{8}\+/),
      });
    });

    it('is named where it does not', async () => {
      const pkcs11 = { ...token.key, keyId: 'ff' };
      const { code, checks } = await examined({ certifier: { pkcs11 } });
      expect(code).toBe(1);
      expect(checks.get('certifier.pkcs11')).toMatchObject({
        ok: false,
        detail: expect.stringContaining('Key ff of token "flexledger"'),
        remedy: 'see docs/how-to/keys.md',
      });
    });
  },
);
