/** Files of people, in YAML, taken as a whole or refused with the field that is wrong. */
import { messageOf } from '@flexledger/runtime';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

/** What holds a value to its schema. */
export type Check<Value> = () => ValidateFunction<Value>;

/** The schema is compiled when the first value is checked: most programs that know of it read no such file. */
export function checkOf<Value>(schema: object): Check<Value> {
  let compiled: ValidateFunction<Value> | undefined;
  return () => (compiled ??= new Ajv({ strict: true }).compile<Value>(schema));
}

/** What a text holds. @throws Error naming the first field that is wrong, without the file's name */
export function checkedYaml<Value>(text: string, check: Check<Value>): Value {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  }
  const validate = check();
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
