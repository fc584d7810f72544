/**
 * The JSON Schemas of the `data` of all events, read from the domain's types; each stands by itself, as it
 * is served at `/schemas/TYPE/VERSION.json`.
 *
 *   npm run event-schemas             writes `infra/event-schemas.json`
 *   npm run event-schemas -- --check  only compares
 *
 * Versions of before stay as they were kept: events of them are stored.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readDomain } from './read-domain.mjs';

const kept = new URL('event-schemas.json', import.meta.url);
const before = existsSync(kept) ? readFileSync(kept, 'utf8') : '{}';

const { versions, schemas, named } = readDomain();
const all = JSON.parse(before);
for (const type of Object.keys(versions).sort()) {
  all[type] = { ...all[type], [versions[type]]: whole(type) };
}
const sorted = Object.fromEntries(
  Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)),
);
const text = `${JSON.stringify(sorted)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(kept, text);
} else if (before !== text) {
  process.stderr.write(
    'infra/event-schemas.json is not what the types of the events say: run `npm run event-schemas` and ' +
      'check it in.\n',
  );
  process.exitCode = 1;
}

/** A schema with all that it refers to. */
function whole(type) {
  const schema = schemas.get(type);
  const used = {};
  const take = (text) => {
    for (const [, name] of text.matchAll(/"#\/\$defs\/([^"]+)"/g)) {
      if (name in used) continue;
      used[name] = named[name];
      take(JSON.stringify(named[name]));
    }
  };
  take(JSON.stringify(schema));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `/schemas/${type}/${versions[type]}.json`,
    title: `Data of ${type}, version ${versions[type]}`,
    ...schema,
    ...(Object.keys(used).length > 0 ? { $defs: used } : {}),
  };
}
