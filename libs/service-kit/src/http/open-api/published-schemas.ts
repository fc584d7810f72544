import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../repository-root';

/** JSON Schemas of the `data` of events, by type and version. */
type EventSchemas = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** The JSON Schemas of `docs/file-formats.md`, by the name under which they are served. */
const FILES = {
  configuration: 'infra/flexledger.schema.json',
  'rule-pack': 'libs/domain/rule-packs/rule-pack.schema.json',
  'trust-file': 'infra/trust.schema.json',
  'clearing-problem': 'infra/file-schemas/clearing-problem.schema.json',
  weather: 'infra/file-schemas/weather.schema.json',
  costs: 'infra/file-schemas/costs.schema.json',
  network: 'infra/file-schemas/network.schema.json',
  measurements: 'infra/file-schemas/measurements.schema.json',
  profiles: 'infra/file-schemas/profiles.schema.json',
} as const;

const FILE_SCHEMAS = Object.keys(FILES) as readonly (keyof typeof FILES)[];

/**
 * The JSON Schema of the `data` of an event, as `infra/event-schemas.json` has it; undefined for a type or
 * a version that there is not.
 */
export function eventSchema(type: string, version: string): object | undefined {
  const schemas = eventSchemas();
  const versions = Object.hasOwn(schemas, type) ? schemas[type]! : {};
  return Object.hasOwn(versions, version) ? versions[version] : undefined;
}

/** The JSON Schema of a file; undefined for a name that there is not. */
export function fileSchema(name: string): object | undefined {
  const known = FILE_SCHEMAS.find((one) => one === name);
  return known && read(FILES[known]);
}

/** What there are schemas of: the versions of each event, and the names of files. */
export function schemaIndex(): {
  readonly events: Readonly<Record<string, readonly number[]>>;
  readonly files: readonly string[];
} {
  const versions = Object.entries(eventSchemas()).map(
    ([type, schemas]) => [type, Object.keys(schemas).map(Number)] as const,
  );
  return { events: Object.fromEntries(versions), files: FILE_SCHEMAS };
}

function eventSchemas(): EventSchemas {
  return read('infra/event-schemas.json') as EventSchemas;
}

const readBefore = new Map<string, object>();

/** They are shipped and never written: read once. */
function read(file: string): object {
  const known = readBefore.get(file);
  if (known) return known;
  const schema = JSON.parse(readFileSync(path.join(repositoryRoot(), file), 'utf8')) as object;
  readBefore.set(file, schema);
  return schema;
}
