/**
 * What is shipped with the platform, from the lock file alone, without any registry: a bill of materials
 * (CycloneDX, by npm itself) and a look at the licences. Fails where a package is under a licence that is
 * not among those that go with Apache-2.0 without a duty beyond naming it, or names none.
 *
 *   node infra/dependencies.mjs [--sbom FILE]
 *
 * Then, where a registry answers, its list of known weaknesses is asked (`npm audit`); where none does, that
 * is said and fails nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
]);
/** Packages whose lock entry names no licence, with the one that their own `package.json` or repository names. */
const NAMED_ELSEWHERE = new Map([
  ['busboy', 'MIT'],
  ['streamsearch', 'MIT'],
  ['@foundry-rs/anvil-darwin-amd64', 'MIT OR Apache-2.0'],
  ['@foundry-rs/anvil-darwin-arm64', 'MIT OR Apache-2.0'],
  ['@foundry-rs/anvil-linux-arm64', 'MIT OR Apache-2.0'],
  ['@foundry-rs/anvil-win32-amd64', 'MIT OR Apache-2.0'],
]);

const say = (line) => process.stdout.write(`${line}\n`);

const sbom = execFileSync(
  'npm',
  ['sbom', '--omit', 'dev', '--sbom-format', 'cyclonedx', '--package-lock-only'],
  { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 },
);
const at = process.argv.indexOf('--sbom');
if (at > 0) {
  writeFileSync(process.argv[at + 1], sbom);
  say(`bill of materials in ${process.argv[at + 1]}`);
}

/** An expression of SPDX: all of an AND, one of an OR; brackets are of one level here. */
function isAllowed(expression) {
  const bare = expression.replace(/[()]/g, '');
  return bare
    .split(' AND ')
    .every((part) => part.split(' OR ').some((licence) => ALLOWED.has(licence.trim())));
}

function licenceOf({ name, group, licenses = [] }) {
  const full = group ? `${group}/${name}` : name;
  const named = licenses.map(({ license, expression }) => expression ?? license.id ?? license.name);
  if (named.length > 0) return named.join(' AND ');
  const own = path.join(root, 'node_modules', full, 'package.json');
  const written = existsSync(own) ? JSON.parse(readFileSync(own, 'utf8')) : {};
  return written.license ?? written.licenses?.[0]?.type ?? NAMED_ELSEWHERE.get(full);
}

const { components } = JSON.parse(sbom);
const faults = components.flatMap((component) => {
  const licence = licenceOf(component);
  if (licence !== undefined && isAllowed(licence)) return [];
  return [`${component.name} ${component.version}: ${licence ?? 'names no licence'}`];
});
for (const fault of faults) say(`licence: ${fault}`);
say(
  `${components.length - faults.length} of ${components.length} shipped packages are under licences that fit`,
);

const audit = spawnSync('npm', ['audit', '--omit', 'dev', '--json'], {
  cwd: root,
  encoding: 'utf8',
});
const found = readJson(audit.stdout)?.metadata?.vulnerabilities;
if (!found) say('known weaknesses: SKIPPED, no registry that answers this');
else
  say(
    `known weaknesses: ${found.critical} critical, ${found.high} high, ${found.moderate} moderate`,
  );

if (faults.length > 0 || (found && found.critical + found.high > 0)) process.exitCode = 1;

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
