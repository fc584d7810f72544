/**
 * The shapes of all events, read from the domain's types: what the `data` of each type looks like in each
 * version, as one line of TypeScript without names of types, comments and `readonly`.
 *
 *   npm run event-shapes             keeps the shapes of new versions in `event-shapes.json`
 *   npm run event-shapes -- --check  only compares, and prints what differs
 *   npm run event-shapes -- --same TYPE   a type is said more exactly and what is stored stays the same:
 *                                    its current version gets the new shape
 *
 * A version that is kept already is never changed otherwise: events of that shape are stored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readDomain } from './read-domain.mjs';

const folder = new URL('../libs/domain/src/log/', import.meta.url);
const kept = new URL('event-shapes.json', folder);
const { argv } = process;
const same = argv.includes('--same') ? argv[argv.indexOf('--same') + 1] : undefined;

const { versions, shapeOf } = readDomain();
const shapes = JSON.parse(readFileSync(kept, 'utf8'));
const differing = [];
for (const [type, version] of Object.entries(versions)) {
  const now = shapeOf.get(type);
  const before = shapes[type]?.[version];
  if (now === before) continue;
  if (before === undefined || type === same) {
    shapes[type] = { ...shapes[type], [version]: now };
    if (argv.includes('--check')) differing.push(missing(type, version));
  } else {
    differing.push(changed(type, version, before, now));
  }
}
for (const type of Object.keys(shapes)) {
  if (!(type in versions))
    differing.push(`${type} is gone from eventVersions: its events are stored for ever.`);
}
if (differing.length > 0) {
  process.stderr.write(`${differing.join('\n\n')}\n`);
  process.exitCode = 1;
} else if (!argv.includes('--check')) {
  const sorted = Object.fromEntries(
    Object.entries(shapes).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  writeFileSync(kept, `${JSON.stringify(sorted, null, 2)}\n`);
}

function missing(type, version) {
  return (
    `The shape of ${type} version ${version} is not in libs/domain/src/log/event-shapes.json: ` +
    'run `npm run event-shapes` and check it in.'
  );
}

function changed(type, version, before, now) {
  return (
    `The shape of ${type} has changed and its version has not. Raise the version of ${type} in ` +
    'libs/domain/src/log/event-versions.ts, add an upcaster from version ' +
    `${version} in libs/domain/src/log/upcasters.ts, run \`npm run event-shapes\`. Where only the type is ` +
    `said more exactly and every stored event has it, run \`npm run event-shapes -- --same ${type}\`.\n` +
    `  version ${version}: ${before}\n  now: ${now}`
  );
}
