/**
 * Packs the project as it would be published, installs it in an empty folder as a user does, and tries it
 * there: a small demo is simulated and served with its pages, ends in order, and its log holds.
 *
 *   npm run try-package [-- FILE.tgz]    a package that was packed before, else one is packed
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packInto } from './package.mjs';
import { run } from './run-child.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-package-'));

try {
  const packed = process.argv[2] ? path.resolve(process.argv[2]) : packInto(folder);
  const place = mkdtempSync(path.join(folder, 'empty-'));
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', packed],
    place,
  );
  await demo(place);
  const audit = JSON.parse(
    run('npx', ['flexledger', 'audit', '--all', '--data', 'data/demo', '--json'], place),
  );
  if (!audit.ok)
    throw new Error(`The log of the packaged demo does not hold: ${JSON.stringify(audit)}`);
  process.stdout.write(
    `The package runs a demo in an empty folder; ${audit.checks.length} checks hold.\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** `npx flexledger demo` until its pages have answered. */
async function demo(place) {
  const args = ['flexledger', 'demo', '--pods', '3', '--port', '0'];
  // In a group of its own, so that the signal reaches what npx has started.
  const child = spawn('npx', args, {
    cwd: place,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let isRunning = true;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(() => (isRunning = false));
  try {
    const url = await addressOf(child, ended);
    for (const [page, expected] of [
      ['/', 'Flexledger'],
      ['/docs/', 'Flexledger'],
      ['/docs/tutorial.html', 'tutorial'],
      ['/health/ready', 'event log'],
    ]) {
      const answer = await fetch(url + page);
      const text = await answer.text();
      if (!answer.ok || !text.includes(expected))
        throw new Error(`${page} answers ${answer.status}: ${text}`);
    }
  } finally {
    // One that has ended by itself has nobody left to tell, and its reason is on its way.
    if (isRunning) process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

function addressOf(child, ended) {
  return new Promise((resolve, reject) => {
    let told = '';
    let complained = '';
    child.stderr.on('data', (chunk) => (complained += chunk));
    child.stdout.on('data', (chunk) => {
      told += chunk;
      const [, url] = /screens +(http\S+?)\/\n/.exec(told) ?? [];
      if (url && told.includes('Stop with')) resolve(url);
    });
    ended.then((how) =>
      reject(new Error(`The demo ended (${how}) before it served:\n${told}${complained}`)),
    );
  });
}
