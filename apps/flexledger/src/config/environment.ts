/** Settings from environment variables: `FLEXLEDGER_` and a member's path in capitals. */

/** As much of a JSON Schema as is walked here. */
export interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const PREFIX = 'FLEXLEDGER_';
/** Variables of ours that are no settings. */
const OTHERS: readonly string[] = ['FLEXLEDGER_DEBUG'];

/** What an environment sets. */
export interface EnvironmentSettings {
  readonly settings: object;
  /** Variables with our prefix that name no setting. */
  readonly unknown: readonly string[];
  /** All variables that there are. */
  readonly known: readonly string[];
}

/** Reads the variables that begin with the prefix; their values are checked by the schema. */
export function settingsOfEnvironment(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSettings {
  const leaves = new Map(leavesOf(schema, schema, []));
  const settings: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    // An empty one is an absent one: files of containers cannot leave a variable out.
    if (!name.startsWith(PREFIX) || !text || OTHERS.includes(name)) continue;
    const leaf = leaves.get(name);
    if (leaf) place(settings, leaf.path, valueOf(text, leaf.schema));
    else unknown.push(name);
  }
  return { settings, unknown, known: [...leaves.keys()] };
}

interface Leaf {
  readonly path: readonly string[];
  readonly schema: Schema;
}

function* leavesOf(
  root: Schema,
  schema: Schema,
  path: readonly string[],
): Generator<readonly [string, Leaf]> {
  const { properties, items } = resolved(root, schema);
  // A list of objects has no form in a variable; it stands in the file.
  if (items?.properties) return;
  if (!properties) {
    yield [variableOf(path), { path, schema: resolved(root, schema) }];
    return;
  }
  for (const [name, member] of Object.entries(properties)) {
    if (name !== '$schema') yield* leavesOf(root, member, [...path, name]);
  }
}

function resolved(root: Schema, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return root.$defs![schema.$ref.replace('#/$defs/', '')]!;
}

/** `http.tls.keyFile` as `FLEXLEDGER_HTTP_TLS_KEY_FILE`. */
function variableOf(path: readonly string[]): string {
  const words = path.map((name) =>
    name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll('-', '_'),
  );
  return `${PREFIX}${words.join('_').toUpperCase()}`;
}

/** Lists are parted by commas. What is no number stays text, so that the schema refuses it. */
function valueOf(text: string, { type }: Schema): unknown {
  if (type === 'array') {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
}

function place(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let group = settings;
  for (const name of path.slice(0, -1)) {
    group = (group[name] ??= {}) as Record<string, unknown>;
  }
  group[path.at(-1)!] = value;
}
