import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { shippedGridNames } from '@flexledger/grid';
import { repositoryRoot } from './repository-root';

/**
 * A grid that comes with the project, or one that `flexledger grid import FILE --as name` wrote into
 * the present folder, as its file has it.
 *
 * @throws Error naming those there are
 */
export function gridFile(name: string): object {
  const shipped = (shippedGridNames as readonly string[]).includes(name);
  const file = shipped ? dataFile(`${name}.json`) : path.resolve(`${path.basename(name)}.json`);
  if (!shipped && !existsSync(file)) {
    throw new Error(
      `There is no grid "${name}"; choose one of ${shippedGridNames.join(', ')}, ` +
        `or make one here: flexledger grid import FILE --as ${name}.`,
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}

function dataFile(name: string): string {
  return path.join(repositoryRoot(), 'libs/grid/data', name);
}
