/**
 * The manifest with which the project is published: with the command, without what only its own folder has.
 * In the folder itself a `bin` would have npx install the project into its cache on every call.
 *
 *   node infra/published-manifest.mjs           before packing (`prepack`)
 *   node infra/published-manifest.mjs --undo    after it (`postpack`)
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package.json', import.meta.url));
const kept = fileURLToPath(new URL('../dist/package.json.kept', import.meta.url));
const OWN = ['private', 'workspaces', 'scripts', 'devDependencies', 'allowScripts'];

if (existsSync(kept)) renameSync(kept, file);
if (!process.argv.includes('--undo')) {
  const text = readFileSync(file, 'utf8');
  const manifest = JSON.parse(text);
  for (const name of OWN) delete manifest[name];
  manifest.bin = { flexledger: 'apps/flexledger/bin/flexledger.js' };
  writeFileSync(kept, text);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
