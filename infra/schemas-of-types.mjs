/** JSON Schemas (2020-12) of TypeScript types, as `JSON.stringify` writes their values. */
import ts from 'typescript';

const { TypeFlags } = ts;

/**
 * Reads types of one program.
 *
 * @param prefix of the references to named types
 * @returns `schemaOf`, undefined for what is no JSON (nothing, a stream), and `named`: the interfaces
 *   and type names used so far
 */
export function schemasOfTypes(checker, prefix = '#/components/schemas/') {
  const names = new Map();
  const schemas = {};
  return { schemaOf: (type) => schemaOf(type), named: () => schemas };

  function schemaOf(type) {
    const { flags } = type;
    if (flags & (TypeFlags.Void | TypeFlags.Undefined | TypeFlags.Never)) return undefined;
    if (flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.NonPrimitive)) {
      return flags & TypeFlags.NonPrimitive ? { type: 'object' } : {};
    }
    const primitive = primitiveSchema(type);
    if (primitive) return primitive;
    if (type.symbol?.name === 'StreamableFile') return undefined;
    const name = nameOf(type);
    if (!name) return structure(type);
    const known = names.get(type) ?? newName(name, type);
    return { $ref: `${prefix}${known}` };
  }

  /** A name for each type; where two have one, the later gets a number. */
  function newName(name, type) {
    let free = name;
    for (let count = 2; free in schemas; count += 1) free = `${name}${count}`;
    names.set(type, free);
    schemas[free] = {};
    const doc = describe(type.aliasSymbol ?? type.symbol);
    const built = { ...doc, ...structure(type) };
    const twin = free === name ? undefined : twinOf(name, free, built);
    if (twin) {
      delete schemas[free];
      names.set(type, twin);
      return twin;
    }
    schemas[free] = built;
    return free;
  }

  /** The same type may come twice, by two ways of the checker. */
  function twinOf(name, free, built) {
    return Object.keys(schemas).find(
      (other) =>
        other !== free &&
        other.replace(/\d+$/, '') === name &&
        JSON.stringify(schemas[other]) === JSON.stringify(built),
    );
  }

  function nameOf(type) {
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!symbol || type.aliasTypeArguments?.length || /^__|^Readonly|^Array$/.test(symbol.name))
      return;
    if (symbol.name === 'Map' || symbol.name === 'Set') {
      throw new Error(`A ${symbol.name} cannot be answered: JSON would write {}.`);
    }
    if (!type.aliasSymbol && !(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)))
      return;
    if (checker.isArrayType(type) || checker.isTupleType(type)) return;
    if (!type.aliasSymbol && checker.getTypeArguments(type).length > 0) return;
    return symbol.name;
  }

  function structure(type) {
    if (type.isUnion()) return unionSchema(type);
    if (checker.isTupleType(type)) return tupleSchema(type);
    if (checker.isArrayType(type)) {
      return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0]) ?? {} };
    }
    if (type.isIntersection()) {
      const base = type.types.map(primitiveSchema).find((it) => it);
      if (base) return base;
    }
    const toJson = checker.getPropertyOfType(type, 'toJSON');
    if (toJson) return { type: 'string' };
    return objectSchema(type);
  }

  function objectSchema(type) {
    const properties = {};
    const required = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const value = checker.getTypeOfSymbol(property);
      if (value.getCallSignatures().length > 0) continue;
      const schema = schemaOf(value);
      if (schema === undefined) continue;
      const doc = describe(property);
      properties[property.name] = { ...schema, ...doc };
      const mayLack = value.isUnion() && value.types.some((it) => it.flags & TypeFlags.Undefined);
      if (!(property.flags & ts.SymbolFlags.Optional) && !mayLack) required.push(property.name);
    }
    const [index] = checker.getIndexInfosOfType(type);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(index ? { additionalProperties: schemaOf(index.type) ?? {} } : {}),
    };
  }

  function tupleSchema(type) {
    const { target } = type;
    const items = checker.getTypeArguments(type).map((item) => schemaOf(item) ?? {});
    const rest = target.elementFlags.findIndex((flag) => flag & ts.ElementFlags.Rest);
    if (rest >= 0 && rest === items.length - 1) {
      return {
        type: 'array',
        prefixItems: items.slice(0, rest),
        items: items[rest],
        minItems: target.minLength,
      };
    }
    return { type: 'array', prefixItems: items, items: false, minItems: target.minLength };
  }

  function unionSchema(type) {
    const parts = type.types.filter((it) => !(it.flags & TypeFlags.Undefined));
    const values = parts.filter((it) => it.isStringLiteral()).map(({ value }) => value);
    const numbers = parts.filter((it) => it.isNumberLiteral()).map(({ value }) => value);
    const isNull = parts.some((it) => it.flags & TypeFlags.Null);
    const truths = parts.filter((it) => it.flags & TypeFlags.BooleanLiteral);
    const others = parts.filter(
      (it) =>
        !(it.flags & (TypeFlags.Null | TypeFlags.BooleanLiteral)) &&
        !it.isStringLiteral() &&
        !it.isNumberLiteral(),
    );
    const options = others.map((it) => schemaOf(it)).filter((it) => it !== undefined);
    if (values.length > 0) options.unshift({ type: 'string', enum: values.sort() });
    if (numbers.length > 0)
      options.unshift({ type: 'number', enum: numbers.sort((a, b) => a - b) });
    if (truths.length === 2) options.push({ type: 'boolean' });
    else if (truths.length === 1) options.push(primitiveSchema(truths[0]));
    if (options.length === 0) return isNull ? { type: 'null' } : {};
    const unique = [...new Map(options.map((it) => [JSON.stringify(it), it])).values()];
    if (unique.length === 1) return isNull ? orNull(unique[0]) : unique[0];
    return { anyOf: isNull ? [...unique, { type: 'null' }] : unique };
  }

  function orNull(schema) {
    if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
    const { enum: values, ...rest } = schema;
    return {
      ...rest,
      type: [schema.type, 'null'],
      ...(values ? { enum: [...values, null] } : {}),
    };
  }

  function describe(symbol) {
    const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker) ?? []).trim();
    return text === '' ? {} : { description: text.replaceAll(/\s+/g, ' ') };
  }
}

function primitiveSchema(type) {
  const { flags } = type;
  if (type.isStringLiteral()) return { type: 'string', const: type.value };
  if (type.isNumberLiteral()) return { type: 'number', const: type.value };
  if (flags & TypeFlags.BooleanLiteral) {
    return { type: 'boolean', const: type.intrinsicName === 'true' };
  }
  if (flags & TypeFlags.Null) return { type: 'null' };
  if (flags & TypeFlags.StringLike) return { type: 'string' };
  if (flags & TypeFlags.NumberLike) return { type: 'number' };
  if (flags & TypeFlags.Boolean) return { type: 'boolean' };
  if (flags & TypeFlags.BigIntLike) throw new Error('A bigint cannot be answered as JSON.');
}
