/**
 * The shapes of all events, read from the domain's types: what the `data` of each type looks like in each
 * version, as one line of TypeScript without names of types, comments and `readonly`.
 *
 *   npm run event-shapes             keeps the shapes of new versions in `event-shapes.json`
 *   npm run event-shapes -- --check  only compares, and prints what differs
 *   npm run event-shapes -- --same TYPE   a type is said more exactly and what is stored stays the same:
 *                                    its current version gets the new shape
 *
 * A version that is kept already is never changed otherwise: events of that shape are stored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = new URL('../libs/domain/src/log/', import.meta.url);
const kept = new URL('event-shapes.json', folder);
const source = fileURLToPath(new URL('event-versions.ts', folder));
const { argv } = process;
const same = argv.includes('--same') ? argv[argv.indexOf('--same') + 1] : undefined;

const { versions, shapeOf } = readDomain();
const shapes = JSON.parse(readFileSync(kept, 'utf8'));
const differing = [];
for (const [type, version] of Object.entries(versions)) {
  const now = shapeOf.get(type);
  const before = shapes[type]?.[version];
  if (now === before) continue;
  if (before === undefined || type === same) {
    shapes[type] = { ...shapes[type], [version]: now };
    if (argv.includes('--check')) differing.push(missing(type, version));
  } else {
    differing.push(changed(type, version, before, now));
  }
}
for (const type of Object.keys(shapes)) {
  if (!(type in versions))
    differing.push(`${type} is gone from eventVersions: its events are stored for ever.`);
}
if (differing.length > 0) {
  process.stderr.write(`${differing.join('\n\n')}\n`);
  process.exitCode = 1;
} else if (!argv.includes('--check')) {
  const sorted = Object.fromEntries(
    Object.entries(shapes).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  writeFileSync(kept, `${JSON.stringify(sorted, null, 2)}\n`);
}

function missing(type, version) {
  return (
    `The shape of ${type} version ${version} is not in libs/domain/src/log/event-shapes.json: ` +
    'run `npm run event-shapes` and check it in.'
  );
}

function changed(type, version, before, now) {
  return (
    `The shape of ${type} has changed and its version has not. Raise the version of ${type} in ` +
    'libs/domain/src/log/event-versions.ts, add an upcaster from version ' +
    `${version} in libs/domain/src/log/upcasters.ts, run \`npm run event-shapes\`. Where only the type is ` +
    `said more exactly and every stored event has it, run \`npm run event-shapes -- --same ${type}\`.\n` +
    `  version ${version}: ${before}\n  now: ${now}`
  );
}

/** The versions, and the shape of each type of event. */
function readDomain() {
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
  for (const event of union.types) {
    const type = typeOfProperty(checker, event, 'type').value;
    const shape = print(checker, typeOfProperty(checker, event, 'data'), []);
    if (shapeOf.has(type)) throw new Error(`Two events are named ${type}.`);
    shapeOf.set(type, shape);
  }
  const { initializer } = exported.get('eventVersions').valueDeclaration;
  const versions = Object.fromEntries(
    initializer.properties.map((it) => [it.name.text, Number(it.initializer.text)]),
  );
  return { versions, shapeOf };
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
