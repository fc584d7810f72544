/**
 * Completes package-lock.json with the optional packages of other platforms that a registry mirror
 * did not serve when the lock was written: npm leaves them out then, and a later `npm ci` refuses the
 * lock. Each entry names version, operating system and processor, so `npm ci` skips it where it does not
 * fit. Run it after any change of dependencies: `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony', 'wasm32'];
const processors = { amd64: 'x64', x64: 'x64', arm64: 'arm64', ia32: 'ia32', arm: 'arm' };

let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const words = name.split('/').at(-1).split('-');
    const os = words.find((word) => systems.includes(word));
    if (lock.packages[path] || !os || os === 'wasm32') continue;
    const next = words[words.indexOf(os) + 1];
    const libc = /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
    lock.packages[path] = {
      version,
      cpu: [processors[next] ?? next],
      ...(entry.dev ? { dev: true } : {}),
      ...(os === 'linux' && libc ? { libc } : {}),
      optional: true,
      os: [os],
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} packages of other platforms added\n`);
