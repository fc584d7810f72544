/**
 * Compares what is published (REST, events, MQTT) with what was published before: whatever breaks others fails,
 * unless `infra/published-interface/allowed.json` has it with the reason.
 *
 *   npm run compare-interface
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { breakingChanges } from './interface-changes.mjs';

const at = (file) => new URL(file, import.meta.url);
const now = (file) => JSON.parse(readFileSync(at(file), 'utf8'));
const before = (name) =>
  JSON.parse(gunzipSync(readFileSync(at(`published-interface/${name}.json.gz`))).toString('utf8'));

const changes = breakingChanges(
  { openApi: before('openapi'), events: before('event-schemas'), asyncApi: before('asyncapi') },
  {
    openApi: now('../docs/openapi.json'),
    events: now('event-schemas.json'),
    asyncApi: now('asyncapi.json'),
  },
);
const allowed = new Map(
  now('published-interface/allowed.json').map((one) => [one.change, one.reason]),
);
const broken = [...new Set(changes)].filter((change) => !allowed.get(change));
const unneeded = [...allowed.keys()].filter((change) => !changes.includes(change));
for (const change of broken) process.stderr.write(`Broken: ${change}\n`);
for (const change of unneeded) process.stderr.write(`Not broken, but allowed: ${change}\n`);
if (broken.length > 0) {
  process.stderr.write(
    'Undo these, give the path or the event another version, or name them with the reason in ' +
      'infra/published-interface/allowed.json.\n',
  );
}
process.stdout.write(
  `${broken.length} changes break what was published, ${allowed.size - unneeded.length} are allowed with a reason.\n`,
);
process.exitCode = broken.length + unneeded.length === 0 ? 0 : 1;
