/**
 * Starts six organisations on this machine, each in a process and with a data folder of its own:
 *
 *   node examples/start-all.mjs [FOLDER] [FIRST_PORT] [PROGRAM]
 *
 * FOLDER (`data/organisations`) gets their configurations, secrets and data folders. FIRST_PORT (8100) takes
 * the place of 8100 in the configurations. PROGRAM is the program `flexledger`; that of this project by
 * itself. Ends all with Ctrl-C; started again with the same folder, they go on.
 *
 * Between machines the secrets are handed over by people; here the script does it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const ORGANISATIONS = ['market-operator', 'access-layer', 'dso', 'tso', 'aggregator', 'regulator'];
/** Who gives clients to others, whose secrets these then need. */
const SECRETS = [
  ['market-operator', 'dso'],
  ['market-operator', 'tso'],
  ['market-operator', 'aggregator-AGG1'],
  ['market-operator', 'auditor'],
  ['dso', 'operator'],
  ['access-layer', 'operator'],
  ['access-layer', 'dso'],
];

const [
  folder = path.join('data', 'organisations'),
  firstPort = '8100',
  program = path.join(here, '..', 'apps/flexledger/bin/flexledger.js'),
] = process.argv.slice(2);
const main = path.resolve(program);
const cwd = path.resolve(folder);

mkdirSync(path.join(cwd, 'secrets'), { recursive: true, mode: 0o700 });
for (const name of ORGANISATIONS) {
  const text = readFileSync(path.join(here, `${name}.yaml`), 'utf8');
  const own = text.replaceAll(/\b81(\d\d)\b/g, (_, port) =>
    String(Number(firstPort) + Number(port)),
  );
  writeFileSync(path.join(cwd, `${name}.yaml`), own);
}
for (const giver of new Set(SECRETS.map(([name]) => name))) await makeClients(giver);
for (const [giver, client] of SECRETS) handOver(giver, client);

/** What runs, by the name of the organisation. */
const running = new Map();
for (const name of ORGANISATIONS) {
  running.set(name, start(name));
  if (name === 'access-layer') await handOverBroker();
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => running.forEach((child) => child.kill('SIGTERM')));
}

/** The identity provider alone makes the first clients, before anybody can follow anybody. */
async function makeClients(name) {
  if (existsSync(path.join(cwd, name, 'client-secrets.json'))) return;
  const args = ['up', '--only', 'identity-provider', '--data', name, '--port', '0', '--json'];
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`The clients of ${name} could not be made.`);
}

function handOver(giver, client) {
  const file = path.join(cwd, 'secrets', `${client}-at-${giver}`);
  if (existsSync(file)) return;
  const secrets = JSON.parse(readFileSync(path.join(cwd, giver, 'client-secrets.json'), 'utf8'));
  writeFileSync(file, `${secrets[client]}\n`, { mode: 0o600 });
}

/** The access layer writes the password of the DSO's user at its broker once it opens. */
async function handOverBroker() {
  const file = path.join(cwd, 'access-layer', 'carrier-secrets.json');
  while (!existsSync(file)) {
    if (!running.has('access-layer'))
      throw new Error('The access layer ended before its broker began.');
    await setTimeout(100);
  }
  const { dso } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(path.join(cwd, 'secrets', 'dso-at-broker'), `${dso}\n`, { mode: 0o600 });
}

function start(name) {
  const args = [main, 'up', '--config', `${name}.yaml`];
  // In a group of its own, so that Ctrl-C reaches it once, by this script.
  const child = spawn(process.execPath, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      for (const line of text.split('\n')) {
        if (line !== '') process.stdout.write(`${name.padEnd(16)} ${line}\n`);
      }
    });
  }
  child.once('close', (code) => {
    running.delete(name);
    process.stdout.write(`${name.padEnd(16)} ended with ${code}\n`);
    // One that cannot run is told, and the others go on: they are somebody else's.
    if (code !== 0) process.exitCode = 1;
  });
  return child;
}
