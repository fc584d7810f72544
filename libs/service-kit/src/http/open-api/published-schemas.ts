import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../repository-root';

/** JSON Schemas of the `data` of events, by type and version. */
type EventSchemas = Readonly<Record<string, Readonly<Record<string, object>>>>;

let read: EventSchemas | undefined;

/**
 * The JSON Schema of the `data` of an event, as `infra/event-schemas.json` has it; undefined for a type or
 * a version that there is not.
 */
export function eventSchema(type: string, version: string): object | undefined {
  read ??= JSON.parse(
    readFileSync(path.join(repositoryRoot(), 'infra', 'event-schemas.json'), 'utf8'),
  ) as EventSchemas;
  return Object.hasOwn(read, type) ? read[type]![version] : undefined;
}
