/**
 * Completes the OpenAPI document that Nest reads from the decorators: what each operation answers (read
 * from the controllers' types into `infra/response-schemas.json`), an example of it, and every refusal.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { repositoryRoot } from '../../repository-root';
import { type JsonSchema, exampleOf } from './example-of';
import { problemComponents, problemsOf } from './problem-responses';
import { TAGS } from './tags';

/** What one method of a controller answers, by `npm run response-schemas`. */
interface AnswerOfOperation {
  /** The app whose it is; null where every app has it. */
  readonly platform: string | null;
  readonly status: number;
  /** Its answer depends on more than the log: no 304. */
  readonly live?: true;
  readonly media: readonly string[];
  /** Null for no JSON: nothing, bytes, a page. */
  readonly schema: JsonSchema | null;
}

/** `infra/response-schemas.json`. */
interface ResponseSchemas {
  readonly operations: Readonly<Record<string, AnswerOfOperation>>;
  /** Of all refusals. */
  readonly codes: readonly string[];
  readonly types: Readonly<Record<string, JsonSchema>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: JsonSchema;
  readonly description?: string;
}

interface Answer {
  readonly description?: string;
  readonly content?: object;
}

/** One operation, as far as it is looked at here. */
export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: object;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, Answer>>;
  readonly 'x-platform'?: string;
}

export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** The document as it is served: OpenAPI 3.1. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: object;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: object;
    readonly securitySchemes?: object;
  };
}

let read: ResponseSchemas | undefined;

/** What the controllers answer, as the release says it. */
export function responseSchemas(): ResponseSchemas {
  read ??= JSON.parse(
    readFileSync(path.join(repositoryRoot(), 'infra', 'response-schemas.json'), 'utf8'),
  ) as ResponseSchemas;
  return read;
}

/** The stable id of an operation: `sessionsList` of `SessionsController.list`. */
export function operationId(controller: string, method: string): string {
  return lowerFirst(controller.replace(/Controller$/, '')) + upperFirst(method);
}

/**
 * Completes a document.
 *
 * @param document of Nest, with the ids of `operationId`
 * @returns OpenAPI 3.1; of operations that `schemas` does not know only the refusals are added
 */
export function completeDocument(document: OpenAPIObject, schemas: ResponseSchemas): ApiDocument {
  const byId = new Map(
    Object.entries(schemas.operations).map(([key, answer]) => {
      const [controller, method] = key.split('.') as [string, string];
      return [operationId(controller, method), answer];
    }),
  );
  const inputs = (document.components?.schemas ?? {}) as Record<string, JsonSchema>;
  const types = { ...schemas.types, ...strictInputs(inputs) };
  const paths = mapOperations(document.paths as unknown as Paths, (operation, method) =>
    completed(operation, method, byId.get(operation.operationId), types),
  );
  const used = new Set(Object.values(paths).flatMap((it) => Object.values(it).flatMap(tagsOf)));
  const whole = asSchemas31({
    ...document,
    openapi: '3.1.0',
    info: {
      ...document.info,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this document is served' }],
    tags: TAGS.filter(({ name }) => used.has(name)),
    paths,
    components: {
      ...document.components,
      ...problemComponents(schemas.codes, types),
    },
  }) as ApiDocument;
  return { ...whole, components: usedComponents(whole) };
}

/** The part of a document that one platform serves, with what every process has. */
export function documentOf(document: ApiDocument, platform: string): ApiDocument {
  const paths = Object.fromEntries(
    Object.entries(document.paths)
      .map(([at, methods]) => [at, Object.fromEntries(ofPlatform(methods, platform))] as const)
      .filter(([, methods]) => Object.keys(methods).length > 0),
  );
  const used = new Set(Object.values(paths).flatMap((it) => Object.values(it).flatMap(tagsOf)));
  const kept = { ...document, paths, tags: document.tags.filter(({ name }) => used.has(name)) };
  return { ...kept, components: usedComponents(kept) };
}

/** The platforms whose operations a document has. */
export function platformsIn(document: ApiDocument): readonly string[] {
  const named = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap((it) => it['x-platform'] ?? []),
  );
  return [...new Set(named)].sort();
}

function ofPlatform(methods: Paths[string], platform: string) {
  return Object.entries(methods).filter(
    ([, { 'x-platform': its }]) => its === undefined || its === platform,
  );
}

const tagsOf = ({ tags }: Operation): readonly string[] => tags ?? [];

function completed(
  operation: Operation,
  method: string,
  answer: AnswerOfOperation | undefined,
  types: Readonly<Record<string, JsonSchema>>,
): Operation {
  const { security, ...said } = operation;
  const responses: Record<string, Answer> = {};
  // One that writes its answer by itself says its status by a decorator.
  const isSaid = Object.entries(operation.responses).some(
    ([status, it]) => /^2/.test(status) && it.description,
  );
  if (answer && !isSaid) responses[answer.status] = success(operation, answer, types);
  if (answer && method === 'get' && !answer.live) {
    responses['304'] = { description: 'Nothing was written since the `ETag` of `If-None-Match`' };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response.content || !(status in responses || Number(status) >= 400)) {
      responses[status] = response;
    }
  }
  return {
    ...said,
    ...(said.parameters && { parameters: said.parameters.map(withMeaning) }),
    // Said where nothing is asked for too, so that none is left open by oversight.
    security: security ?? [],
    ...(answer?.platform ? { 'x-platform': answer.platform } : {}),
    responses: { ...problemsOf(operation, method), ...responses },
  };
}

/** What a key does is the same everywhere. */
function withMeaning(parameter: Parameter): Parameter {
  if (parameter.name.toLowerCase() !== 'idempotency-key') return parameter;
  const description =
    'Under the same key the same request is done once, whenever it comes again, and answered alike; ' +
    'another body under it is refused with 422. A key counts for one thing (a session, a PoD, an ' +
    'account): used for another, it is another key.';
  return { ...parameter, description };
}

function success(
  { summary }: Operation,
  { schema, media }: AnswerOfOperation,
  types: Readonly<Record<string, JsonSchema>>,
): Answer {
  const description = summary ?? 'Done';
  if (schema === null && media.includes('application/json')) return { description };
  const content = media.map((type) => {
    if (type === 'application/json') return [type, { schema, example: exampleOf(schema!, types) }];
    const isText = type.startsWith('text/');
    return [type, { schema: isText ? { type: 'string' } : {} }];
  });
  return { description, content: Object.fromEntries(content) as object };
}

/** Inputs refuse what they do not name. */
function strictInputs(inputs: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, schema]) => [
      name,
      schema.type === 'object' ? { ...schema, additionalProperties: false } : schema,
    ]),
  );
}

function mapOperations(
  paths: Paths,
  change: (operation: Operation, method: string) => Operation,
): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([at, methods]) => [
      at,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, change(operation, method)]),
      ),
    ]),
  );
}

/** Nest writes `nullable` and a true `exclusiveMinimum` of OpenAPI 3.0; 3.1 has JSON Schema's own. */
function asSchemas31(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSchemas31);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, asSchemas31(inner)]),
  ) as Record<string, unknown>;
  if (rest['exclusiveMinimum'] === true) {
    rest['exclusiveMinimum'] = rest['minimum'];
    delete rest['minimum'];
  }
  if (nullable !== true) return nullable === undefined ? rest : { nullable, ...rest };
  const { type, allOf, enum: values, ...others } = rest as Record<string, unknown>;
  if (Array.isArray(allOf)) return { ...others, anyOf: [...(allOf as object[]), { type: 'null' }] };
  return {
    ...others,
    type: [type, 'null'],
    ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}

/** Schemas and responses that are referred to, directly or by one another. */
function usedComponents(document: ApiDocument): ApiDocument['components'] {
  const { components, ...rest } = document;
  const kinds = components as unknown as Record<string, Record<string, unknown>>;
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, kind, name] of JSON.stringify(value).matchAll(
      /"#\/components\/(schemas|responses)\/([^"]+)"/g,
    )) {
      const key = `${kind!}/${name!}`;
      if (found.has(key)) continue;
      found.add(key);
      visit(kinds[kind!]?.[name!] ?? null);
    }
  };
  visit(rest);
  const kept = (kind: 'schemas' | 'responses') =>
    Object.fromEntries(
      Object.entries(components[kind]).filter(([name]) => found.has(`${kind}/${name}`)),
    );
  return {
    ...components,
    schemas: kept('schemas') as Record<string, JsonSchema>,
    responses: kept('responses'),
  };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
