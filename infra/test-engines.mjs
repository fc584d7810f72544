/**
 * Runs what is said of engines against real ones: the contracts of log and read models, the topics, a witness and a
 * client of other projects on our log, one simulated day whose log stands in each engine, and one with every platform in a
 * process of its own on all engines at once, each of which is killed in it: they have to come to the same; and a day of
 * organisations whose market has its measurements from Kafka alone. What cannot be had is skipped, by name.
 *
 *   npm run test:engines [-- --rest] [--day DIR]
 *
 * --rest leaves out what "npm test" has shown without any provisioned engine, what the day on all engines shows as well,
 * and the day by topic, which is one of the longer forms of "npm run nightly". --day names the data folder of the day of
 * 20 PoDs where it is simulated already.
 *
 * The last line is "N passed, N failed, N skipped".
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { enginesFolder, findEngines, linesOf } from './engines.mjs';

const root = path.resolve(import.meta.dirname, '..');
const CLI = path.join(root, 'apps/flexledger/bin/flexledger.js');
const PROVISIONED = [
  'libs/projections/src/mongo',
  'apps/kafka-publisher/src/publisher.int-spec.ts',
  'apps/kafka-publisher/src/topic-carrier.int-spec.ts',
  'apps/flexledger-e2e/src/audit/others-programs',
];
const { values: wish } = parseArgs({
  options: { rest: { type: 'boolean', default: false }, day: { type: 'string' } },
});
const TESTS = wish.rest
  ? PROVISIONED
  : [
      'libs/event-store/src/kurrentdb',
      'libs/event-store/src/postgres',
      'libs/projections/src/postgres',
      'apps/kafka-publisher',
      'apps/certifier/src/anchoring/geth',
      ...PROVISIONED,
    ];
const DAY_ON_ENGINES = path.join(root, 'dist/apps/flexledger-e2e/src/engines/main.js');
const PODS_ON_ENGINES = '20';
const DAY_BY_TOPIC = path.join(
  root,
  'dist/apps/flexledger-e2e/src/engines/measurements-by-topic.js',
);
const PODS_BY_TOPIC = '3';
const DAY = ['--pods', '3', '--date', '2026-03-17', '--seed', '1', '--json'];

const folder = mkdtempSync(path.join(tmpdir(), 'test-engines-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const say = (text) => process.stdout.write(`${text}\n`);

try {
  const engines = findEngines({ provisions: true });
  say(linesOf(engines).join('\n'));
  await timed('tests', runTests);
  if (!wish.rest) await timed('days with the log in each engine', runDays);
  await timed('day on all engines', runDayOnEngines);
  if (!wish.rest) {
    const { reason } = engines.find(({ name }) => name === 'Kafka');
    await timed('day by topic', () => runDayByTopic(reason));
  }
  const reasons = engines.filter(({ reason }) => reason !== undefined);
  // A real server that is not named has at least one test that is not run, though none stands for it.
  counts.skipped = Math.max(counts.skipped, reasons.length);
  for (const { name, reason } of reasons) say(`skipped: what needs ${name} (${reason})`);
} finally {
  rmSync(folder, { recursive: true });
}
say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** Runs a stage, and says how long it took. */
async function timed(stage, run) {
  const beganMs = performance.now();
  await run();
  say(`${stage}: ${Math.round((performance.now() - beganMs) / 1_000)} s`);
}

function runTests() {
  const results = path.join(folder, 'jest.json');
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/jest/bin/jest.js',
      '--ci',
      '-w',
      '1',
      '--json',
      `--outputFile=${results}`,
      ...TESTS,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, FLEX_ENGINES: enginesFolder() },
    },
  );
  const found = JSON.parse(readFileSync(results, 'utf8'));
  counts.passed += found.numPassedTests;
  counts.skipped += found.numPendingTests;
  counts.failed += found.numFailedTests + found.numRuntimeErrorTestSuites;
  if (status !== 0 && counts.failed === 0) counts.failed += 1;
}

/** The same day with its log in each engine: the same business digest, and an audit that holds. */
async function runDays() {
  const require = createRequire(import.meta.url);
  const { startPostgres, whyNoPostgres } = require(
    path.join(root, 'dist/libs/event-store/src/postgres/machine-postgres.js'),
  );
  const embedded = dayOn('embedded');
  say(`day on the embedded log: ${embedded}`);
  await day('over gRPC', embedded, async () => {
    const server = await servedLog();
    try {
      return dayOn('grpc', server.address);
    } finally {
      server.close();
    }
  });
  const reason = process.env.POSTGRES_URL
    ? 'POSTGRES_URL names a server whose log is not for a simulated day'
    : whyNoPostgres();
  if (reason !== undefined) {
    counts.skipped += 1;
    say(`day on PostgreSQL: SKIPPED, ${reason}`);
    return;
  }
  await day('on PostgreSQL', embedded, async () => {
    const server = await startPostgres();
    try {
      return dayOn('postgres', server.url);
    } finally {
      server.close();
    }
  });
}

/** A day on all engines that there are, each platform and each engine killed once. */
async function runDayOnEngines() {
  const args = ['--pods', PODS_ON_ENGINES, '--date', '2026-03-17', '--seed', '1', '--json'];
  const data = wish.day ?? path.join(folder, 'embedded-20');
  if (wish.day === undefined) flexledger('simulate', ...args, '--data', data);
  const embedded = flexledger('digest', '--business', '--data', data).trim();
  await day('on all engines, each killed once', embedded, async () => {
    const { digest, faults, skipped, seconds } = lived(DAY_ON_ENGINES, PODS_ON_ENGINES);
    say(`day on all engines: ${PODS_ON_ENGINES} PoDs in ${seconds} s`);
    counts.skipped += skipped.length;
    for (const reason of skipped) say(`skipped in the day on all engines: ${reason}`);
    return faults.length === 0 ? digest : faults.join('; ');
  });
}

/** A day of organisations whose market has its measurements from Kafka alone: settled as in one process. */
function runDayByTopic(whyNot) {
  const name = 'day of organisations with measurements from Kafka alone';
  if (whyNot !== undefined) {
    counts.skipped += 1;
    say(`${name}: SKIPPED, ${whyNot}`);
    return;
  }
  let said;
  try {
    const { sessions, measurements, faults, seconds } = lived(DAY_BY_TOPIC, PODS_BY_TOPIC);
    said =
      faults.length > 0
        ? `FAILED: ${faults.join('; ')}`
        : `${sessions} sessions and their settlements as in one process, from ${measurements} packets, in ${seconds} s`;
  } catch (error) {
    said = `FAILED: ${error.message}`;
  }
  counts[said.startsWith('FAILED') ? 'failed' : 'passed'] += 1;
  say(`${name}: ${said}`);
}

/** Runs the program of a day. @returns what its last line says; the others are printed */
function lived(program, pods) {
  const { status, stdout } = spawnSync(process.execPath, [program, '--pods', pods], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    env: { ...process.env, FLEX_ENGINES: enginesFolder() },
  });
  const lines = stdout.trimEnd().split('\n');
  say(lines.slice(0, -1).join('\n'));
  if (status !== 0) throw new Error(lines.at(-1));
  return JSON.parse(lines.at(-1));
}

async function day(where, wanted, run) {
  const found = await run().catch((error) => error.message);
  const isSame = found === wanted;
  counts[isSame ? 'passed' : 'failed'] += 1;
  say(`day ${where}: ${isSame ? 'the same digest, the audit holds' : `FAILED: ${found}`}`);
}

/** Simulates and audits a day. @returns its business digest */
function dayOn(name, url) {
  const data = path.join(folder, name);
  const log = url === undefined ? [] : ['--log', url];
  flexledger('simulate', ...DAY, '--data', data, ...log);
  flexledger('audit', '--all', '--data', data, ...log, '--json');
  const of = url === undefined ? ['--data', data] : log;
  return flexledger('digest', '--business', ...of).trim();
}

function flexledger(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`flexledger ${args[0]} fails (exit code ${status}): ${stdout}${stderr}`);
}

/** `flexledger log serve` on an empty folder. */
async function servedLog() {
  const args = ['log', 'serve', '--data', path.join(folder, 'served'), '--port', '0', '--json'];
  const child = spawn(process.execPath, [CLI, ...args, '--local-appends', '--writers-clock'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`flexledger log serve ends with exit code ${code}`);
    }),
  ]);
  return { address: JSON.parse(String(line)).address, close: () => child.kill('SIGTERM') };
}

function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}
