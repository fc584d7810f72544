/**
 * Tries the REST interface with inputs that schemathesis draws from its OpenAPI document, against `up` on a small
 * simulated day, as several parties: no status that is not documented, no body of another shape, no failure of the
 * server.
 *
 *   npm run fuzz-interface [-- --seconds N] [--schemathesis FILE]    pip install -r infra/fuzz-requirements.txt
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './run-child.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    schemathesis: { type: 'string', default: 'schemathesis' },
  },
});
const CLI = path.resolve(import.meta.dirname, '../apps/flexledger/bin/flexledger.js');
const CLIENTS = ['operator', 'dso', 'aggregator-AGG1'];
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** By its name found on the path, else a file: it runs in another folder. */
const program = values.schemathesis.includes('/')
  ? path.resolve(values.schemathesis)
  : values.schemathesis;
/** A stream, which does not end; and a body of lines, which schemathesis has no form for. */
const LEFT_OUT = '/api/v1/events$|/validation/rows$';

const data = mkdtempSync(path.join(tmpdir(), 'flexledger-fuzz-'));
const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
let server;
let failed = 0;
try {
  run(process.execPath, [CLI, 'simulate', '--pods', '6', '--date', day, '--data', data, '--force']);
  server = spawn(
    process.execPath,
    [CLI, 'up', '--data', data, '--port', '0', '--mqtt-port', '0', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { url } = await firstLine(server);
  for (const client of CLIENTS) {
    const token = await tokenOf(url, client);
    const status = await ended(
      spawn(program, argumentsFor(url, token), {
        stdio: ['ignore', 'inherit', 'inherit'],
        // Where it leaves its cache.
        cwd: data,
      }),
    );
    process.stdout.write(`${client}: ${status === 0 ? 'as documented' : 'not as documented'}\n`);
    if (status !== 0) failed += 1;
  }
} finally {
  if (server) {
    const stopped = ended(server);
    server.kill('SIGTERM');
    await stopped;
  }
  rmSync(data, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** The exit code of a child; this process goes on meanwhile, so that connections that idle are ended in time. */
function ended(child) {
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

/** The first line that `up --json` prints. */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      told += text;
      if (told.includes('\n')) resolve(JSON.parse(told.slice(0, told.indexOf('\n'))));
    });
    child.once('close', (code) => reject(new Error(`up ended with ${code}: ${told}`)));
  });
}

async function tokenOf(url, client) {
  const secrets = JSON.parse(readFileSync(path.join(data, 'client-secrets.json'), 'utf8'));
  const answer = await fetch(new URL('/oauth/token', url), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client,
      client_secret: secrets[client],
    }),
  });
  return (await answer.json()).access_token;
}

function argumentsFor(url, token) {
  const base = url.replace(/\/$/, '');
  return [
    'run',
    `${base}/api/docs/openapi.json`,
    ...['--url', base, '--header', `Authorization: Bearer ${token}`],
    ...['--checks', CHECKS.join(','), '--exclude-path-regex', LEFT_OUT],
    ...['--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--seed', '1'],
    ...['--max-time', values.seconds, '--warnings', 'off', '--request-timeout', '20'],
  ];
}
