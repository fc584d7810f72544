/** What a configuration names by a file is looked at before anything runs by it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PartialConfig } from './config';
import { loadConfig } from './load-config';
import { requireNamedFiles } from './named-files';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'named-files-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const check = (flags: PartialConfig): void => requireNamedFiles(loadConfig({ flags }));
const certificate = () => ({
  keyFile: path.join(folder, 'key.pem'),
  certificateFile: path.join(folder, 'certificate.pem'),
});

it('takes what comes with the project', () => {
  expect(() => check({})).not.toThrow();
});

it.each<[string, PartialConfig, string]>([
  ['a rule pack', { market: { rules: 'none' } }, 'Rule pack none cannot be used'],
  ['a grid', { dso: { grid: 'none' } }, 'There is no grid "none"'],
])('refuses %s that there is not', (_, flags, reason) => {
  expect(() => check(flags)).toThrow(reason);
});

it.each(['http', 'mqtt'] as const)('refuses a certificate of %s that is none', (listener) => {
  const files = certificate();
  expect(() => check({ [listener]: { tls: files } })).toThrow('key.pem cannot be read: ENOENT');
  for (const file of Object.values(files)) writeFileSync(file, 'garbage');
  expect(() => check({ [listener]: { tls: files } })).toThrow('holds no certificate in PEM form');
});

it('refuses what is to be trusted and is no certificate', () => {
  const caFile = path.join(folder, 'ca.pem');
  expect(() => check({ mqtt: { caFile } })).toThrow(
    /^mqtt\.caFile .*ca\.pem cannot be used: .*ENOENT/,
  );
  writeFileSync(caFile, 'garbage');
  expect(() => check({ mqtt: { caFile } })).toThrow(`mqtt.caFile ${caFile} cannot be used: `);
});

it('refuses a mirror whose cluster’s certificates are not there', () => {
  const kafka = { brokers: ['a:1'], topics: ['t'], caFile: path.join(folder, 'ca.pem') };
  const mirror = { name: 'topics', url: 'https://a', party: 'dso', kafka, platforms: [] };
  expect(() => check({ mirrors: [mirror] })).toThrow(
    /^kafka\.caFile of mirror topics .*ca\.pem cannot be used: .*ENOENT/,
  );
});

it('refuses a mirror whose secret is not there, or empty', () => {
  const secretFile = path.join(folder, 'market.secret');
  const mirror = { name: 'market', url: 'https://a', party: 'dso', secretFile, platforms: [] };
  expect(() => check({ mirrors: [mirror] })).toThrow(
    /^secretFile of mirror market, .*market\.secret, cannot be used: .*ENOENT/,
  );
  writeFileSync(secretFile, '\n');
  expect(() => check({ mirrors: [mirror] })).toThrow('is empty; write the secret into it.');
  writeFileSync(secretFile, 'secret\n');
  expect(() => check({ mirrors: [mirror] })).not.toThrow();
});

it('refuses a key of the market’s account that is none', () => {
  const marketKeyFile = path.join(folder, 'market.key');
  const given = { chain: { marketKeyFile } };
  expect(() => check(given)).toThrow(
    /^chain\.marketKeyFile, .*market\.key, cannot be used: .*ENOENT/,
  );
  for (const none of ['', 'garbage', '0'.repeat(64), 'ab'.repeat(33)]) {
    writeFileSync(marketKeyFile, none);
    expect(() => check(given)).toThrow('holds no private key');
  }
  writeFileSync(marketKeyFile, `0x${'AB'.repeat(32)}\n`);
  expect(() => check(given)).not.toThrow();
});

it('refuses an account that awards without its key, where this process awards', () => {
  const chain = { marketAccount: `0x${'ab'.repeat(20)}` };
  expect(() => check({ chain })).toThrow(/chain\.marketAccount.*chain\.marketKeyFile/);
  expect(() => check({ chain, platforms: ['certifier'] })).not.toThrow();
});

it('refuses a broker password that is not there', () => {
  const tokenFile = path.join(folder, 'broker.secret');
  expect(() => check({ mqtt: { tokenFile } })).toThrow(
    /^mqtt\.tokenFile, .*broker\.secret, cannot be used: .*ENOENT/,
  );
});

it('asks for nothing that another process uses', () => {
  const flags = { dso: { grid: 'none' }, mqtt: { tls: certificate() } };
  expect(() => check({ platforms: ['certifier'], ...flags })).not.toThrow();
});
