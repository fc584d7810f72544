/**
 * Configuration from a file (YAML or JSON), environment variables and flags, later ones first. The
 * JSON Schema says what there is; what it does not name is refused by its name, with the nearest known
 * one beside it, so that a misspelt key is never silently without effect.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Violation } from '@flexledger/domain';
import { repositoryRoot } from '@flexledger/service-kit';
import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import leven from 'leven';
import { parse } from 'yaml';
import { type Config, type PartialConfig, PLATFORMS, type PlatformName } from './config';
import { faultsBeyondSchema } from './config-faults';
import { type Schema, settingsOfEnvironment } from './environment';

/** A configuration that cannot be used: where it comes from, and what is wrong by the member's path. */
export class ConfigError extends Error {
  constructor(
    readonly source: string,
    readonly violations: readonly Violation[],
  ) {
    const list = violations.map(({ field, reason }) => `${field} ${reason}`.trim()).join('; ');
    super(`The configuration in ${source} cannot be used: ${list}${list.endsWith('?') ? '' : '.'}`);
    this.name = 'ConfigError';
  }
}

export interface ConfigSources {
  /** YAML or JSON; none where absent. */
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What the command line says. */
  readonly flags?: PartialConfig;
}

const ALL_PORT = 8_080;

/**
 * Puts a configuration together.
 *
 * @throws ConfigError naming the source and every member that is at fault
 */
export function loadConfig({ file, environment = {}, flags = {} }: ConfigSources): Config {
  const ofFile = file === undefined ? {} : checked(file, parsed(file));
  const named = settingsOfEnvironment(configSchema(), environment);
  if (named.unknown.length > 0) {
    throw new ConfigError(
      'the environment',
      named.unknown.map((name) => ({
        field: name,
        reason: `is no setting${suggestion(name, named.known)}`,
      })),
    );
  }
  const ofEnvironment = checked('the environment', named.settings);
  const given = merged(merged(ofFile, ofEnvironment), checked('the command line', flags));
  const faults = faultsBeyondSchema(given);
  if (faults.length === 0) return complete(given);
  throw new ConfigError(file ?? 'the environment and on the command line', faults);
}

/** The published schema. */
export function configSchema(): Schema {
  const file = path.join(repositoryRoot(), 'infra', 'flexledger.schema.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

function parsed(file: string): unknown {
  try {
    // JSON is YAML too. Aliases are not needed here and can be made to grow without end.
    return parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new ConfigError(file, [{ field: '', reason: reason!.replace(/:$/, '') }]);
  }
}

let compiled: ValidateFunction<PartialConfig> | undefined;

function checked(source: string, document: unknown): PartialConfig {
  compiled ??= new Ajv2020({
    ...{ allErrors: true, verbose: true, strict: true },
    // A file of ours: not held to the schema of schemas, whose compilation takes longer than its own.
    ...{ meta: false, validateSchema: false },
  }).compile<PartialConfig>(configSchema());
  if (compiled(document)) return document;
  throw new ConfigError(source, compiled.errors!.map(violationOf));
}

function violationOf(error: ErrorObject): Violation {
  const field = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties') {
    const { additionalProperty } = error.params as { additionalProperty: string };
    const known = Object.keys((error.parentSchema as Schema).properties ?? {});
    return {
      field: field === '' ? additionalProperty : `${field}.${additionalProperty}`,
      reason: `is no setting${suggestion(additionalProperty, known)}`,
    };
  }
  if (error.keyword === 'enum') {
    const { allowedValues } = error.params as { allowedValues: string[] };
    return {
      field,
      reason: `is "${String(error.data)}"${suggestion(String(error.data), allowedValues)}; choose of ${allowedValues.join(', ')}`,
    };
  }
  return { field, reason: error.message ?? 'does not hold' };
}

/** The nearest known name, where one is near enough to have been meant. */
function suggestion(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((other) => ({ other, distance: leven(name.toLowerCase(), other.toLowerCase()) }))
    .sort((one, two) => one.distance - two.distance);
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3);
  return isNear ? `; did you mean ${nearest.other}?` : '';
}

function merged(lower: PartialConfig, upper: PartialConfig): PartialConfig {
  const result: Record<string, unknown> = { ...lower };
  for (const [name, value] of Object.entries(upper)) {
    const before = result[name];
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    result[name] =
      isGroup && typeof before === 'object' && before !== null
        ? merged(before as PartialConfig, value as PartialConfig)
        : value;
  }
  return result as PartialConfig;
}

/** Defaults of the schema for whatever was not said. */
function complete(given: PartialConfig): Config {
  const config = withDefaults(configSchema(), given) as Omit<Config, 'platforms' | 'instance'> & {
    platforms?: readonly PlatformName[];
    instance?: string;
    clients?: readonly string[];
    http: { port?: number };
  };
  const wanted = config.platforms ?? PLATFORMS;
  const platforms = PLATFORMS.filter((name) => wanted.includes(name));
  const isAll = platforms.length === PLATFORMS.length;
  const own = new URL(config.addresses[platforms[0]!]);
  return {
    ...config,
    platforms,
    instance:
      config.instance ??
      `${hostname()
        .replaceAll(/[^A-Za-z0-9.-]/g, '-')
        .slice(0, 20)}-${process.pid}`,
    http: { ...config.http, port: config.http.port ?? (isAll ? ALL_PORT : portOf(own)) },
    clients: config.clients ?? [],
  };
}

function portOf(address: URL): number {
  if (address.port !== '') return Number(address.port);
  return address.protocol === 'https:' ? 443 : 80;
}

function withDefaults(schema: Schema, given: unknown): unknown {
  const { items } = schema;
  if (items?.properties && Array.isArray(given)) return given.map((it) => withDefaults(items, it));
  if (!schema.properties) return given ?? schema.default;
  const values = (given ?? {}) as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(schema.properties)) {
    // A group of which something has to be given is off where nothing of it is.
    const isAbsent = member.required !== undefined && values[name] === undefined;
    const value = isAbsent ? undefined : withDefaults(member, values[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}
