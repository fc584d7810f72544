/**
 * Packs the project as it is published: a manifest with the command and without what only its own folder
 * has, put together in a copy. In the folder itself a `bin` would have npx install the project into its
 * cache on every call, and a crash would leave the other manifest there.
 *
 *   npm run package [-- FOLDER]   builds, packs into the folder (by default the current one), names the file
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-child.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const OWN = ['private', 'workspaces', 'scripts', 'devDependencies', 'allowScripts', 'overrides'];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${packInto(path.resolve(process.argv[2] ?? '.'))}\n`);
}

/** Builds and packs; returns the package's file. */
export function packInto(folder) {
  run('npm', ['run', '--silent', 'build'], root);
  run('npm', ['run', '--silent', 'docs:build'], root);
  const copy = mkdtempSync(path.join(tmpdir(), 'flexledger-packed-'));
  try {
    for (const { path: file } of npmPack(root, '--dry-run').files) {
      cpSync(path.join(root, file), path.join(copy, file));
    }
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    for (const name of OWN) delete manifest[name];
    manifest.bin = {
      flexledger: 'apps/flexledger/bin/flexledger.js',
      'flexledger-node': 'apps/flexledger/bin/flexledger-node.js',
    };
    writeFileSync(path.join(copy, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return path.join(folder, npmPack(copy, '--pack-destination', folder).filename);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function npmPack(folder, ...args) {
  const said = run('npm', ['pack', '--json', '--ignore-scripts', ...args], folder);
  return JSON.parse(said)[0];
}
