/**
 * The longer forms of what `.ci/run` does, one after another, and what is too long for it: tests named `*.nightly-spec.ts`,
 * everything against real engines, a thousand days with drawn faults, every torture, every tampering, the assessment up to
 * 1,500 PoDs, broker and platform killed under 200 Light Nodes, and minutes of drawn requests. Takes hours.
 *
 *   npm run nightly [-- --only TEXT] [--schemathesis FILE]    --only runs the forms whose name holds the text
 *
 * The last line is "N passed, N failed": each form counts as what its own last line of this kind says, else as one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const { values: wish } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    schemathesis: { type: 'string', default: 'schemathesis' },
  },
});

const SOAK_SEEDS = 1_000;
/** A process of its own for so many, so that none grows over all of them and a failure is near its name. */
const SEEDS_TOGETHER = 100;
const FUZZ_SECONDS = '600';
const CLI = 'apps/flexledger/bin/flexledger.js';
const E2E = 'dist/apps/flexledger-e2e/src';

const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-nightly-'));
const jestResults = path.join(folder, 'jest.json');

const JEST = [
  'node_modules/jest/bin/jest.js',
  ...['--ci', '-w', '1', '--json', `--outputFile=${jestResults}`, '--passWithNoTests'],
  String.raw`\.nightly-spec\.ts$`,
];

/** Each with the arguments of Node that run it. */
const FORMS = [
  { name: 'tests of the night', args: JEST, counted: countedByJest },
  { name: 'engines', args: ['infra/test-engines.mjs'] },
  ...Array.from({ length: SOAK_SEEDS / SEEDS_TOGETHER }, (_, index) => {
    const from = 1 + index * SEEDS_TOGETHER;
    const seeds = ['--seeds', `${SEEDS_TOGETHER}`, '--from', `${from}`];
    return { name: `soak from ${from}`, args: [CLI, 'soak', ...seeds] };
  }),
  { name: 'torture', args: [`${E2E}/torture/main.js`] },
  { name: 'tamper', args: [`${E2E}/audit/tamper/main.js`] },
  { name: 'assess', args: [CLI, 'assess', '--stages', '12,100,1500'] },
  { name: 'chaos', args: [`${E2E}/nodes/main.js`] },
  { name: 'chaos with two access layers', args: [`${E2E}/nodes/main.js`, '200', '120', '1', '2'] },
  {
    name: 'fuzz',
    args: [
      'infra/fuzz-interface.mjs',
      ...['--seconds', FUZZ_SECONDS, '--schemathesis', wish.schemathesis],
    ],
    whyNot: () =>
      spawnSync(wish.schemathesis, ['--version']).status === 0
        ? undefined
        : `there is no ${wish.schemathesis}; pip install -r infra/fuzz-requirements.txt`,
  },
];

const say = (text) => process.stdout.write(`${text}\n`);

const forms = FORMS.filter(({ name }) => name.includes(wish.only));
if (forms.length === 0) {
  say(
    `No form's name holds "${wish.only}"; there are ${FORMS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
const counts = { passed: 0, failed: 0 };
const failed = [];
try {
  for (const { name, args, counted = countedByLastLine, whyNot } of forms) {
    const reason = whyNot?.();
    if (reason !== undefined) {
      say(`== ${name} SKIPPED: ${reason}`);
      continue;
    }
    say(`== ${name}`);
    const beganMs = performance.now();
    const ended = await run(args);
    const found = counted(ended);
    // A run that ends badly without a failure that it counts has failed all the same.
    if (ended.status !== 0 && found.failed === 0) found.failed = 1;
    counts.passed += found.passed;
    counts.failed += found.failed;
    if (found.failed > 0) failed.push(name);
    const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
    say(`== ${name}: ${found.passed} passed, ${found.failed} failed, in ${minutes} min`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
say(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** Runs Node. @returns its exit code, and the last line that it printed */
function run(args) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NIGHTLY: '1' },
  });
  let last = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    last = `${last}${text}`.trimEnd().split('\n').at(-1);
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ status: code ?? 1, last }));
  });
}

function countedByLastLine({ status, last }) {
  const [, passed, failures] = /^(\d+) passed, (\d+) failed/.exec(last) ?? [];
  if (passed !== undefined) return { passed: Number(passed), failed: Number(failures) };
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function countedByJest() {
  const found = JSON.parse(readFileSync(jestResults, 'utf8'));
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests + found.numRuntimeErrorTestSuites,
  };
}
