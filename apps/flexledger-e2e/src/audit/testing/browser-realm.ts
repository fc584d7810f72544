/**
 * A JavaScript realm with what every browser has and nothing of Node: the sources of pure libraries are
 * compiled into it one by one, and a module that asks for anything else does not load.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { repositoryRoot } from '@flexledger/service-kit';
import { transformSync } from '@swc/core';

export interface BrowserRealm {
  /** A module's exports; its modules are loaded once. @throws Error naming what Node alone has */
  load<Exports>(specifier: string): Exports;
  /** Packages and libraries that were loaded. */
  loaded(): string[];
}

/** What the libraries may expect besides the language itself. */
const GLOBALS = { TextEncoder, TextDecoder, atob, btoa };

export function openBrowserRealm(): BrowserRealm {
  const root = path.resolve(repositoryRoot());
  const context = createContext({ ...GLOBALS });
  const modules = new Map<string, { exports: unknown }>();
  const own = librariesOf(root);

  function load(specifier: string, from: string): unknown {
    const file = fileOf(specifier, from);
    let module = modules.get(file);
    if (!module) {
      modules.set(file, (module = { exports: {} }));
      const wrapped = `(function (exports, require, module) {${compiled(file)}\n})`;
      const define = runInContext(wrapped, context, { filename: file }) as Define;
      define(module.exports, (next) => load(next, file), module);
    }
    return module.exports;
  }

  function fileOf(specifier: string, from: string): string {
    const library = own.get(specifier);
    if (library) return library;
    if (specifier.startsWith('.') && from.endsWith('.ts')) {
      return path.resolve(path.dirname(from), `${specifier}.ts`);
    }
    const file = require.resolve(specifier, { paths: [path.dirname(from)] });
    if (!path.isAbsolute(file))
      throw new Error(`${from} asks for ${specifier}, which is Node's own`);
    // As the packages' own "browser" condition has it.
    return file.replace(/cryptoNode\.js$/, 'crypto.js');
  }

  return {
    load: <Exports>(specifier: string) =>
      load(specifier, path.join(root, 'package.json')) as Exports,
    loaded: () => [...new Set([...modules.keys()].map((file) => nameOf(root, file)))].sort(),
  };
}

type Define = (exports: unknown, require: (name: string) => unknown, module: object) => void;

function compiled(file: string): string {
  const source = readFileSync(file, 'utf8');
  if (!file.endsWith('.ts')) return source;
  return transformSync(source, {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
  }).code;
}

/** `@flexledger/x` by its source file. */
function librariesOf(root: string): ReadonlyMap<string, string> {
  const text = readFileSync(path.join(root, 'tsconfig.base.json'), 'utf8');
  const { compilerOptions } = JSON.parse(text) as {
    compilerOptions: { paths: Record<string, [string]> };
  };
  return new Map(
    Object.entries(compilerOptions.paths).map(([name, [file]]) => [name, path.join(root, file)]),
  );
}

function nameOf(root: string, file: string): string {
  const [first, second] = file.split('/node_modules/').at(-1)!.split('/');
  if (file.includes('/node_modules/'))
    return first!.startsWith('@') ? `${first}/${second}` : first!;
  return path.relative(root, file).split('/').slice(0, 2).join('/');
}
