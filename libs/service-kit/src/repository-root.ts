import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

let found: string | undefined;

/**
 * The folder that holds the project's `package.json`, found by walking up from this file, so that
 * sources and the compiled tree under `dist` find shipped files (rule packs, schemas) alike.
 *
 * @throws Error when no folder above is the project's
 */
export function repositoryRoot(): string {
  found ??= walkUp(__dirname);
  return found;
}

function walkUp(from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest) && nameOf(manifest) === 'flexledger') return folder;
    if (folder === path.dirname(folder)) {
      throw new Error(
        `No folder above ${from} holds the package.json of flexledger; ` +
          'keep the compiled files inside the repository.',
      );
    }
  }
}

function nameOf(manifest: string): unknown {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name;
}
