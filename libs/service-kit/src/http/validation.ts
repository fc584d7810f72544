import { DomainError, type Violation } from '@flexledger/domain';
import { instantMs } from '@flexledger/runtime';
import { type ArgumentMetadata, type ValidationError, ValidationPipe } from '@nestjs/common';
import * as transformer from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';

/**
 * Checks bodies, queries and parameters against their DTO class. What the class does not name is
 * refused, not dropped, so that a misspelt optional field is noticed.
 */
export function validationPipe(): ValidationPipe {
  return new InputPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    transformerPackage: { ...transformer, plainToInstance: toInstance },
    validationError: { target: false, value: true },
    exceptionFactory: (errors) => {
      return refusalOf(errors.flatMap((error) => violationsOf(error, '')));
    },
  });
}

/** By DTO class: its field of rows as they were sent. */
const rowFields = new Map<unknown, string>();

/**
 * A list whose rows come to their receiver as they were sent, who judges them one by one: nothing is copied or left
 * out of a million numbers. Rules on the list, and on each of its rows, hold as on any other.
 */
export function RowsAsSent(): PropertyDecorator {
  return ({ constructor }, field) => void rowFields.set(constructor, String(field));
}

/** The rows as sent of a body of a class, where it has any. */
function rowsAsSent(type: unknown, body: unknown): { field: string; rows: object } | undefined {
  const field = rowFields.get(type);
  if (field === undefined || typeof body !== 'object' || body === null) return undefined;
  const rows = (body as Readonly<Record<string, unknown>>)[field];
  return Array.isArray(rows) ? { field, rows } : undefined;
}

/** Nest's pipe goes into all of a value three times before it looks at any rule; not into rows as sent. */
class InputPipe extends ValidationPipe {
  private readonly asSent = new WeakSet<object>();

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const sent = rowsAsSent(metadata.metatype, value);
    if (sent) this.asSent.add(sent.rows);
    return (await super.transform(value, metadata)) as unknown;
  }

  protected override stripProtoKeys(value: unknown): void {
    if (!this.isAsSent(value)) super.stripProtoKeys(value);
  }

  protected override closeArrayGaps(value: unknown): void {
    const members = typeof value === 'object' && value !== null ? Object.values(value) : [];
    const hasRows = members.some((member) => this.isAsSent(member));
    super.closeArrayGaps(hasRows ? members.filter((member) => !this.isAsSent(member)) : value);
  }

  private isAsSent(value: unknown): boolean {
    return typeof value === 'object' && value !== null && this.asSent.has(value);
  }
}

/**
 * A field that may be left out. Other than with class-validator's `IsOptional`, null is a value like
 * others and refused where the type has none.
 */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** An instant with its zone, on a day that there is. */
export function IsInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value) => typeof value === 'string' && instantMs(value) !== undefined,
      defaultMessage: () => 'must be an instant with its zone like 2026-03-17T10:00:00Z',
    },
  });
}

/** A civil day that there is. */
export function IsDay(): PropertyDecorator {
  return ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value) =>
        typeof value === 'string' && instantMs(`${value}T00:00:00Z`) !== undefined,
      defaultMessage: () => 'must be a day like 2026-03-17',
    },
  });
}

/**
 * As class-transformer makes it; it fails itself where a list whose entries are told apart by a field
 * has a null among them, which is the input's fault and is told as such.
 */
function toInstance<T>(
  type: transformer.ClassConstructor<T>,
  plain: unknown,
  options?: transformer.ClassTransformOptions,
): T | T[] {
  try {
    const sent = rowsAsSent(type, plain);
    if (!sent) return transformer.plainToInstance(type, plain as T, options);
    const { [sent.field]: _, ...others } = plain as Record<string, unknown>;
    const instance = transformer.plainToInstance(type, others, options);
    return Object.assign(instance as object, { [sent.field]: sent.rows }) as T;
  } catch (error) {
    const violations = nullsInLists(plain, '');
    throw violations.length > 0 ? refusalOf(violations) : error;
  }
}

function nullsInLists(value: unknown, path: string): Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = isList ? `${path}[${key}]` : `${path}.${key}`.replace(/^\./, '');
    return isList && inner === null
      ? [{ field, reason: 'must be an object' }]
      : nullsInLists(inner, field);
  });
}

function refusalOf(violations: readonly Violation[]): DomainError {
  const list = violations.slice(0, 5).map(({ field, reason }) => `${field} ${reason}`);
  const more =
    violations.length > list.length ? ` and ${violations.length - list.length} more` : '';
  const message = `The input is refused: ${list.join('; ')}${more}.`;
  return new DomainError('input-malformed', message, violations);
}

/** An error of class-validator and all below it, each by its path (`offers[3].quantityW`). */
function violationsOf(error: ValidationError, parent: string): Violation[] {
  const { property, constraints = {}, children = [] } = error;
  const step = /^\d+$/.test(property) ? `[${property}]` : `.${property}`;
  const field = `${parent}${step}`.replace(/^\./, '');
  // What is not there breaks every rule at once; one says it.
  if (error.value === undefined) return [{ field, reason: 'is missing' }];
  const own = Object.values(constraints).map((message) => ({
    field,
    reason: message.replace(`property ${property} `, '').replace(`${property} `, ''),
  }));
  return [...own, ...children.flatMap((child) => violationsOf(child, field))];
}
