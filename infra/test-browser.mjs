/**
 * Tries the screens in the machine's Chromium, against a platform on a small simulated day; the last line
 * is "N passed, N failed". Without a Chromium it says so and is skipped by name.
 *
 *   npm run test:browser [-- PATTERN]      `CHROMIUM` names another browser
 *   SCREENSHOTS=data/screens npm run test:browser   keeps a picture of every page
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const browsers = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

if (!browsers.some((file) => file !== '' && existsSync(file))) {
  process.stdout.write('SKIPPED: no Chromium on this machine; CHROMIUM names one elsewhere.\n');
} else {
  const pictures = process.env.SCREENSHOTS && path.resolve(root, process.env.SCREENSHOTS);
  if (pictures) mkdirSync(pictures, { recursive: true });
  const results = mkdtempSync(path.join(tmpdir(), 'flexledger-browser-'));
  const file = path.join(results, 'results.json');
  const tests = [
    '--testMatch',
    '**/*.browser-spec.ts',
    '--runInBand',
    '--json',
    `--outputFile=${file}`,
  ];
  const { status } = spawnSync('npx', ['jest', ...tests, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...(pictures ? { SCREENSHOTS: pictures } : {}) },
  });
  const {
    numPassedTests: passed,
    numFailedTests,
    numRuntimeErrorTestSuites,
  } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(results, { recursive: true });
  // A runner that failed without a failed test fails too.
  const failed = numFailedTests + numRuntimeErrorTestSuites || (status === 0 ? 0 : 1);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
