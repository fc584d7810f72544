/**
 * The JSON Schemas of what every operation of the REST interface answers, read from the types that the
 * controllers' methods return, by operation (`Sessions.list`); the OpenAPI document is completed with it.
 *
 *   npm run response-schemas             writes `infra/response-schemas.json`
 *   npm run response-schemas -- --check  only compares
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { schemasOfTypes } from './schemas-of-types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = fileURLToPath(new URL('response-schemas.json', import.meta.url));
const METHODS = ['Get', 'Post', 'Put', 'Patch', 'Delete'];

const text = `${JSON.stringify(readControllers(), null, 1)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(kept, text);
} else if (readFileSync(kept, 'utf8') !== text) {
  process.stderr.write(
    'What the controllers answer is no longer what infra/response-schemas.json says: run ' +
      '`npm run response-schemas && npm run api-document` and check both in.\n',
  );
  process.exitCode = 1;
}

/** The answers by operation, the named types that they use, and the codes of refusals. */
function readControllers() {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const controllers = fileNames.filter((name) => name.endsWith('.controller.ts'));
  // What a platform opens refuses too, though no controller names it: what a bus hands on to.
  const opened = fileNames.filter((name) => name.endsWith('/src/open.ts'));
  const program = ts.createProgram([...controllers, ...opened], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const { schemaOf, named } = schemasOfTypes(checker);
  const operations = {};
  for (const name of controllers.sort()) {
    for (const method of handlersIn(program.getSourceFile(name))) {
      const key = `${method.parent.name.text.replace(/Controller$/, '')}.${method.name.text}`;
      if (operations[key] !== undefined)
        throw new Error(`Two controllers have the operation ${key}.`);
      const signature = checker.getSignatureFromDeclaration(method);
      const type = checker.getReturnTypeOfSignature(signature);
      operations[key] = {
        platform: platformOf(name),
        status: statusOf(method),
        ...(isOf(method, 'Live') ? { live: true } : {}),
        media: mediaOf(checker, method),
        schema: schemaOf(checker.getAwaitedType(type) ?? type) ?? null,
      };
    }
  }
  const codes = program
    .getSourceFiles()
    .filter(({ isDeclarationFile }) => !isDeclarationFile)
    .flatMap((file) => codesIn(checker, file));
  return {
    operations: sorted(operations),
    codes: [...new Set(codes)].sort(),
    types: sorted(named()),
  };
}

/** The app whose controller it is; null for what every app has. */
function platformOf(file) {
  return /\/apps\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/** The methods that answer requests. */
function handlersIn(file) {
  return file.statements
    .filter((it) => ts.isClassDeclaration(it) && decoratorsOf(it, ['Controller']).length > 0)
    .flatMap(({ members }) =>
      members.filter((it) => ts.isMethodDeclaration(it) && decoratorsOf(it, METHODS).length > 0),
    );
}

function decoratorsOf(node, names) {
  return (ts.getDecorators(node) ?? [])
    .map(({ expression }) => expression)
    .filter((it) => ts.isCallExpression(it) && names.includes(it.expression.text));
}

function isOf(method, name) {
  return [method, method.parent].some((node) => decoratorsOf(node, [name]).length > 0);
}

function statusOf(method) {
  const [said] = decoratorsOf(method, ['HttpCode']);
  if (said) return Number(said.arguments[0].text);
  return decoratorsOf(method, ['Post']).length > 0 ? 201 : 200;
}

function mediaOf(checker, method) {
  const [said] = decoratorsOf(method, ['ApiProduces']);
  return said?.arguments.map((it) => checker.getTypeAtLocation(it).value) ?? ['application/json'];
}

/** Texts that are given for a parameter or a property `code`: those of refusals. */
function codesIn(checker, file) {
  const codes = [];
  const take = (node) => {
    const type = checker.getTypeAtLocation(node);
    for (const part of type.isUnion() ? type.types : [type]) {
      if (part.isStringLiteral() && /^[a-z]+([-_][a-z]+)+$/.test(part.value)) {
        codes.push(part.value.replaceAll('_', '-'));
      }
    }
  };
  const visit = (node) => {
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.arguments?.length > 0) {
      const place = checker
        .getResolvedSignature(node)
        ?.parameters.findIndex(({ name }) => name === 'code');
      if (place >= 0 && node.arguments[place]) take(node.arguments[place]);
    }
    if (ts.isPropertyAssignment(node) && node.name.text === 'code') take(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return codes;
}

function sorted(record) {
  return Object.fromEntries(
    Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
