/** Files of people, in YAML, taken as a whole or refused with the field that is wrong. */
import { messageOf } from '@flexledger/runtime';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';

/** What a text holds. @throws Error naming the first field that is wrong, without the file's name */
export function checkedYaml<Value>(text: string, validate: ValidateFunction<Value>): Value {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  }
  if (validate(value)) return value;
  const { instancePath, message, params } = validate.errors![0]!;
  const field = instancePath.slice(1).replaceAll('/', '.') || 'the file';
  const stranger = 'additionalProperty' in params ? ` ("${params['additionalProperty']}")` : '';
  throw new Error(`${field} ${message}${stranger}`);
}

/** Schema of an object that has these fields, perhaps those, and no others. */
export function record(needed: object, optional: object = {}): object {
  const properties = { ...needed, ...optional };
  const required = Object.keys(needed);
  return { type: 'object', properties, required, additionalProperties: false };
}
