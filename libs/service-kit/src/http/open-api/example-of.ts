/** An example that a JSON Schema allows, with the values that a field of this market has by its name. */

/** The part of JSON Schema 2020-12 that the documents use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly minimum?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly example?: unknown;
  readonly default?: unknown;
}

/** By the ending of a field's name; the first that fits. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^sessionId$/, 'dayAhead-2026-03-17'],
  [/^podIds?$|^pod$|^pods$/, 'IT002E60000001'],
  [/^aggregatorIds?$/, 'AGG1'],
  [/^gridId$/, 'ieee33'],
  [/^offerId$/, 'offer-1'],
  [/^requestIds?$/, 'request-1'],
  [/^bidId$/, 'bid-1'],
  [/^party$|^actor$|^holder$/, 'aggregator:AGG1'],
  [/(day|date)$/i, '2026-03-17'],
  [/^(lastSeen|time)$|(At|Start|End|From|Until|Opens|Closes)$/, '2026-03-17T11:00:00Z'],
  [/(hash|root|digest)$/i, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  [/url$/i, 'https://example.org/flexledger'],
];

/**
 * An example of a schema.
 *
 * @param types of `#/components/schemas`, by name
 * @param field its name, which says what is usual
 */
export function exampleOf(
  schema: JsonSchema,
  types: Readonly<Record<string, JsonSchema>>,
  field = '',
  within: readonly string[] = [],
): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!;
    return exampleOf(types[name] ?? {}, types, field, [...within, name]);
  }
  if (schema.allOf) return exampleOf(schema.allOf[0]!, types, field, within);
  if (schema.anyOf) return exampleOf(schema.anyOf[0]!, types, field, within);
  return exampleOfType(schema, types, field, within);
}

function exampleOfType(
  schema: JsonSchema,
  types: Readonly<Record<string, JsonSchema>>,
  field: string,
  within: readonly string[],
): unknown {
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'object':
      return objectExample(schema, types, within);
    case 'array':
      return arrayExample(schema, types, field, within);
    case 'string':
      return TEXTS.find(([pattern]) => pattern.test(field))?.[1] ?? (field || 'text');
    case 'number':
    case 'integer':
      return Math.max(schema.minimum ?? 0, /W$/.test(field) ? 2_000 : 1);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function objectExample(
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  types: Readonly<Record<string, JsonSchema>>,
  within: readonly string[],
): object {
  const members = Object.entries(properties)
    .filter(([name, inner]) => required.includes(name) || !repeats(inner, within))
    .map(([name, inner]) => [name, exampleOf(inner, types, name, within)]);
  if (members.length === 0 && typeof additionalProperties === 'object') {
    members.push(['id', exampleOf(additionalProperties, types, 'id', within)]);
  }
  return Object.fromEntries(members) as object;
}

function arrayExample(
  { items, prefixItems = [] }: JsonSchema,
  types: Readonly<Record<string, JsonSchema>>,
  field: string,
  within: readonly string[],
): unknown[] {
  const first = prefixItems.map((item) => exampleOf(item, types, field, within));
  if (!items || first.length > 0 || repeats(items, within)) return first;
  return [exampleOf(items, types, field, within)];
}

/** Whether a type stands in itself: an example has to end somewhere. */
function repeats(schema: JsonSchema, within: readonly string[]): boolean {
  return schema.$ref !== undefined && within.includes(schema.$ref.split('/').at(-1)!);
}
