/**
 * Rule packs from files: YAML in, a checked pack and its digest out. The shape is checked by the
 * JSON Schema that also helps editors (`libs/domain/rule-packs/rule-pack.schema.json`), the rest by
 * `rulePackViolations`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { RulePack, Violation } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { parse } from 'yaml';
import { repositoryRoot } from '../repository-root';
import { rulePackViolations } from './rule-pack-checks';

/** A pack that cannot be used: the file, and what is wrong by the path of the member. */
export class RulePackError extends Error {
  constructor(
    readonly file: string,
    readonly violations: readonly Violation[],
  ) {
    const list = violations.map(({ field, reason }) => `${field} ${reason}`.trim()).join('; ');
    super(`Rule pack ${file} cannot be used: ${list}.`);
    this.name = 'RulePackError';
  }
}

export interface LoadedRulePack {
  readonly rulePack: RulePack;
  /** SHA-256 of the pack's canonical JSON, hex; comments and order of the file do not count. */
  readonly digest: string;
}

/** Names of the packs that come with the project. */
export function shippedRulePacks(): string[] {
  return readdirSync(packFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.basename(file, '.yaml'))
    .sort();
}

/**
 * Loads a pack.
 *
 * @param nameOrFile a shipped pack (`platone`), or the path of a YAML or JSON file
 * @throws RulePackError
 */
export function loadRulePack(nameOrFile: string): LoadedRulePack {
  const shipped = path.join(packFolder(), `${nameOrFile}.yaml`);
  const isName = /^[a-z0-9][a-z0-9.-]*$/.test(nameOrFile);
  const file = isName && existsSync(shipped) ? shipped : nameOrFile;
  const rulePack = checked(file, parsed(file, textOf(file)));
  return { rulePack, digest: documentDigest(rulePack) };
}

function packFolder(): string {
  return path.join(repositoryRoot(), 'libs', 'domain', 'rule-packs');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `there is no such file; name a file or one of ${shippedRulePacks().join(', ')}`
        : (error as Error).message;
    throw new RulePackError(file, [{ field: '', reason }]);
  }
}

function parsed(file: string, text: string): unknown {
  try {
    // No aliases: a small file cannot grow in here.
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new RulePackError(file, [{ field: '', reason: reason!.replace(/:$/, '') }]);
  }
}

function checked(file: string, document: unknown): RulePack {
  const hasShape = shape();
  if (!hasShape(document)) throw new RulePackError(file, hasShape.errors!.map(violationOf));
  const violations = rulePackViolations(document);
  if (violations.length > 0) throw new RulePackError(file, violations);
  return document;
}

let compiled: ValidateFunction<RulePack> | undefined;

function shape(): ValidateFunction<RulePack> {
  if (compiled) return compiled;
  const file = path.join(packFolder(), 'rule-pack.schema.json');
  // A file of ours: not held to the schema of schemas, whose compilation takes longer than its own.
  const ajv = new Ajv2020({ allErrors: true, meta: false, validateSchema: false });
  compiled = ajv.compile<RulePack>(JSON.parse(readFileSync(file, 'utf8')) as object);
  return compiled;
}

/** `/settlement/penalty/points/1` as `settlement.penalty.points[1]`, with the member it speaks of. */
function violationOf({ instancePath, keyword, params, message }: ErrorObject): Violation {
  const steps = instancePath.split('/').slice(1);
  if (keyword === 'additionalProperties') {
    const field = fieldOf([...steps, String(params['additionalProperty'])]);
    return { field, reason: 'is not a member of a rule pack' };
  }
  if (keyword === 'required') {
    return { field: fieldOf([...steps, String(params['missingProperty'])]), reason: 'is missing' };
  }
  const allowed =
    keyword === 'enum' ? ` (${(params['allowedValues'] as string[]).join(', ')})` : '';
  return { field: fieldOf(steps), reason: `${message}${allowed}` };
}

function fieldOf(steps: readonly string[]): string {
  return steps
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
