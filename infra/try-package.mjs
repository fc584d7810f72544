/**
 * Packs the project as it would be published, installs it in an empty folder as a user does, and tries it
 * there: a small demo is simulated and served with its pages, ends in order, and its log holds.
 *
 *   npm run try-package [-- FILE.tgz]    a package that was packed before, else one is packed
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-package-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const packed = process.argv[2] ? path.resolve(process.argv[2]) : pack();
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

function pack() {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], root).replace(/^[^[]*/s, ''),
  );
  return path.join(folder, filename);
}

/** `npx flexledger demo` until its pages have answered. */
async function demo(place) {
  const args = ['flexledger', 'demo', '--pods', '3', '--port', '0'];
  // In a group of its own, so that the signal reaches what npx has started.
  const child = spawn('npx', args, {
    cwd: place,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
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
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

function addressOf(child, ended) {
  return new Promise((resolve, reject) => {
    let told = '';
    child.stdout.on('data', (chunk) => {
      told += chunk;
      const [, url] = /status page +(http\S+?)\/\n/.exec(told) ?? [];
      if (url && told.includes('Stop with')) resolve(url);
    });
    ended.then((code) => reject(new Error(`The demo ended with ${code}: ${told}`)));
  });
}
