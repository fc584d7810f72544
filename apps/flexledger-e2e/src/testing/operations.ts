/** The operations of `docs/openapi.json`, and requests to them made out of what it says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type ApiDocument,
  type JsonSchema,
  type Operation,
  exampleOf,
  repositoryRoot,
} from '@flexledger/service-kit';

/** One operation and where it is. */
export interface OperationAt {
  readonly method: string;
  readonly at: string;
  readonly operation: Operation;
  /** Scopes that it asks for, all of them; none where anyone may call it. */
  readonly scopes: readonly string[];
  /** Of its JSON body; undefined where it takes none. */
  readonly body: JsonSchema | undefined;
}

/** The document as it is checked in. */
export function keptDocument(): ApiDocument {
  const file = path.join(repositoryRoot(), 'docs/openapi.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ApiDocument;
}

export function operationsOf({ paths, components }: ApiDocument): readonly OperationAt[] {
  return Object.entries(paths).flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      at,
      operation,
      scopes: (operation.security ?? []).flatMap((it) => Object.values(it).flat() as string[]),
      body: bodyOf(operation, components.schemas),
    })),
  );
}

/** A path whose ids are of the right form and known to nobody. */
export function pathToNothing({ at }: OperationAt): string {
  return at.replaceAll(/\{(\w+)\}/g, (_, name: string) => UNKNOWN[name] ?? `no-such-${name}`);
}

const UNKNOWN: Readonly<Record<string, string>> = {
  podId: 'IT002E69999999',
  pod: 'IT002E69999999',
  source: 'IT002E69999999',
  reader: 'aggregator:NOBODY',
  holder: 'customer',
  day: '2026-03-17',
  windowStart: '2026-03-17T11:00:00Z',
  round: '1',
  correction: '1',
  sequence: '1',
  party: 'aggregator:NOBODY',
  webhookId: '00000000-0000-4000-8000-000000000000',
};

/** A body that the schema allows. */
export function bodyExample(schema: JsonSchema, document: ApiDocument): Record<string, unknown> {
  return exampleOf(schema, document.components.schemas) as Record<string, unknown>;
}

function bodyOf(
  { requestBody }: Operation,
  schemas: ApiDocument['components']['schemas'],
): JsonSchema | undefined {
  const { content = {} } = (requestBody ?? {}) as {
    content?: Record<string, { schema: JsonSchema }>;
  };
  const schema = content['application/json']?.schema;
  return schema?.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)!];
}
