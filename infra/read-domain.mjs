/** What the domain's types say of its events, read with TypeScript's own compiler. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { schemasOfTypes } from './schemas-of-types.mjs';

const source = fileURLToPath(new URL('../libs/domain/src/log/event-versions.ts', import.meta.url));

/**
 * The versions, the shape of each type of event, and for people: where it is declared, what is said there
 * of it, and its `data` with a line a member; JSON Schemas of the `data`, and the types that they refer to.
 */
export function readDomain() {
  const program = ts.createProgram([source], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2022,
    // Without the browser's types, which take longer to read than all of the domain.
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: [],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(source);
  const exported = new Map(
    checker.getExportsOfModule(checker.getSymbolAtLocation(file)).map((it) => [it.name, it]),
  );
  const union = checker.getDeclaredTypeOfSymbol(exported.get('AnyDomainEvent'));
  const shapeOf = new Map();
  const described = new Map();
  const schemas = new Map();
  const { schemaOf, named } = schemasOfTypes(checker, '#/$defs/');
  for (const event of union.types) {
    const type = typeOfProperty(checker, event, 'type').value;
    const shape = print(checker, typeOfProperty(checker, event, 'data'), []);
    if (shapeOf.has(type)) throw new Error(`Two events are named ${type}.`);
    shapeOf.set(type, shape);
    described.set(type, describe(checker, event));
    schemas.set(type, schemaOf(typeOfProperty(checker, event, 'data')));
  }
  const { initializer } = exported.get('eventVersions').valueDeclaration;
  const versions = Object.fromEntries(
    initializer.properties.map((it) => [it.name.text, Number(it.initializer.text)]),
  );
  return { versions, shapeOf, described, schemas, named: named() };
}

/** What the source says of one event. */
function describe(checker, event) {
  const property = checker.getPropertyOfType(event, 'type');
  const [declaration] = property.declarations;
  const file = declaration.getSourceFile();
  const aliases = file.statements.filter(
    (it) => it.pos <= declaration.pos && declaration.end <= it.end,
  );
  return {
    subject: /src\/([^/]+)\//.exec(file.fileName)[1],
    about: [firstComment(file), ...aliases.map((it) => commentBefore(file, it))].filter(Boolean),
    says: sentences(checker, property),
    data: lines(checker, typeOfProperty(checker, event, 'data'), '', []),
  };
}

/** The comment that opens a file; empty where the first one is of a declaration. */
function firstComment(file) {
  const [range] = ts.getLeadingCommentRanges(file.text, 0) ?? [];
  return range ? plain(file.text.slice(range.pos, range.end)) : '';
}

function commentBefore(file, node) {
  const ranges = ts.getLeadingCommentRanges(file.text, node.pos) ?? [];
  const last = ranges.at(-1);
  return last ? plain(file.text.slice(last.pos, last.end)) : '';
}

function plain(comment) {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim();
}

function sentences(checker, symbol) {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
}

/** The longest line of a type that is told on one. */
const WIDTH = 72;

/** A type over several lines where one is too short for it, each member after what is said of it. */
function lines(checker, type, indent, within) {
  const short = print(checker, type, []);
  if (type.isUnion()) {
    const [only, ...others] = type.types.filter((it) => !(it.flags & ts.TypeFlags.Undefined));
    return others.length === 0 ? lines(checker, only, indent, within) : short;
  }
  const bare = checker.isArrayType(type) ? checker.getTypeArguments(type)[0] : type;
  const isObject = (bare.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
  const isList = checker.isTupleType(bare) || checker.isArrayType(bare);
  if (!isObject || isList || within.includes(bare)) return short;
  const properties = checker.getPropertiesOfType(bare);
  const documented = properties.some((it) => sentences(checker, it) !== '');
  if (properties.length === 0 || (!documented && indent.length + short.length < WIDTH)) {
    return short;
  }
  const inner = `${indent}  `;
  const members = properties.map((property) => {
    const said = sentences(checker, property).replace(/\s+/g, ' ');
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const value = lines(checker, checker.getTypeOfSymbol(property), inner, [...within, bare]);
    const comment = said === '' ? '' : `${inner}// ${said}\n`;
    return `${comment}${inner}${property.name}${isOptional ? '?' : ''}: ${value}`;
  });
  const suffix = bare === type ? '' : '[]';
  return `{\n${members.join('\n')}\n${indent}}${suffix}`;
}

function typeOfProperty(checker, type, name) {
  return checker.getTypeOfSymbol(checker.getPropertyOfType(type, name));
}

/** A type without its name; `within` are the types it stands in, for those that hold themselves. */
function print(checker, type, within) {
  if (type.isUnion()) return printUnion(checker, type, within);
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) {
    return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
  }
  const depth = within.indexOf(type);
  if (depth >= 0) return `<itself, ${within.length - depth} up>`;
  const inside = [...within, type];
  if (checker.isTupleType(type)) {
    const items = checker.getTypeArguments(type).map((item) => print(checker, item, inside));
    return `[${items.join(', ')}]`;
  }
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type);
    const printed = print(checker, item, inside);
    return / \| /.test(printed) && !/^[{[]/.test(printed) ? `(${printed})[]` : `${printed}[]`;
  }
  if (type.getCallSignatures().length > 0) throw new Error('A function cannot be stored.');
  const members = checker.getIndexInfosOfType(type).map((index) => {
    const key = print(checker, index.keyType, inside);
    return `[key: ${key}]: ${print(checker, index.type, inside)}`;
  });
  const properties = checker
    .getPropertiesOfType(type)
    .map((property) => {
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      const value = print(checker, checker.getTypeOfSymbol(property), inside);
      return `${property.name}${isOptional ? '?' : ''}: ${value}`;
    })
    .sort();
  members.push(...properties);
  return members.length === 0 ? '{}' : `{ ${members.join('; ')} }`;
}

/** Members in the order of their text, so that the order of declarations does not matter. */
function printUnion(checker, type, within) {
  const isBoolean = (member) => (member.flags & ts.TypeFlags.BooleanLiteral) !== 0;
  const booleans = type.types.filter(isBoolean);
  const others = type.types.filter((member) => booleans.length < 2 || !isBoolean(member));
  const printed = others
    .filter((member) => (member.flags & ts.TypeFlags.Undefined) === 0)
    .map((member) => print(checker, member, within));
  if (booleans.length === 2) printed.push('boolean');
  return [...new Set(printed)].sort().join(' | ');
}
