/**
 * The Light Node as one archive that is unpacked on a box: its program, meter models, the serial port's compiled part for
 * Linux, and a unit of systemd.
 *
 *   npm run package:node [-- FOLDER]   builds, packs into the folder (by default the current one), names the file
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNode } from './build-node.mjs';
import { run } from './run-child.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'flexledger-node';
/** Compiled parts of other systems stay behind. */
const OTHER_SYSTEMS = /\/prebuilds\/(?!linux-(x64|arm|arm64)(\/|$))/;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${await packNodeInto(path.resolve(process.argv[2] ?? '.'))}\n`);
}

/** Builds and packs; returns the archive's file. */
export async function packNodeInto(folder) {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const place = mkdtempSync(path.join(tmpdir(), `${NAME}-packed-`));
  try {
    const inside = path.join(place, NAME);
    mkdirSync(inside);
    const files = await buildNode(path.join(inside, `${NAME}.cjs`));
    writeFileSync(path.join(inside, 'THIRD-PARTY.txt'), licencesOf(files));
    cpSync(path.join(root, 'infra/deploy/node'), inside, { recursive: true });
    cpSync(path.join(root, 'edge-node/models'), path.join(inside, 'edge-node/models'), {
      recursive: true,
    });
    cpSync(path.join(root, 'LICENSE'), path.join(inside, 'LICENSE'));
    for (const file of packagesOf('serialport')) {
      const to = path.join(inside, path.relative(root, file));
      const filter = (source) => !OTHER_SYSTEMS.test(source) && !source.endsWith('.ts');
      cpSync(file, to, { recursive: true, filter });
    }
    const archive = path.join(folder, `${NAME}-${version}.tgz`);
    run('tar', ['--owner=0', '--group=0', '-czf', archive, '-C', place, NAME], root);
    return archive;
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** What the packages in the program ask to be told of their licences. */
function licencesOf(files) {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  return [...folders].sort().map(licenceOf).join('\n');
}

function licenceOf(folder) {
  const { name, version, license } = manifestOf(path.join(root, folder));
  const file = readdirSync(path.join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : readFileSync(path.join(root, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** Folders of a package and of all that it needs. */
function packagesOf(name) {
  const found = new Set();
  const look = (wanted, from) => {
    const own = createRequire(path.join(from, 'package.json'))
      .resolve.paths(wanted)
      .map((folder) => path.join(folder, wanted))
      .find((folder) => manifestOf(folder));
    if (own === undefined || found.has(own)) return;
    found.add(own);
    for (const needed of Object.keys(manifestOf(own).dependencies ?? {})) look(needed, own);
  };
  look(name, root);
  return found;
}

function manifestOf(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
