import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { OperatingLimits, RulePack } from '@flexledger/domain';
import {
  gridFileOf,
  parseNetwork,
  romeCustomers,
  romeGrid,
  shippedGridNames,
} from '@flexledger/grid';
import { limitsOf } from '@flexledger/grid-operations';
import { repositoryRoot } from './repository-root';

/**
 * A grid that comes with the project, Rome by measure (`rome-1500`), or one that `flexledger grid import FILE --as name` wrote into
 * the present folder, as its file has it.
 *
 * @throws Error naming those there are
 */
export function gridFile(name: string): object {
  const romans = romeCustomers(name);
  if (romans !== undefined) return romeGrid(romans);
  const shipped = (shippedGridNames as readonly string[]).includes(name);
  const file = shipped ? dataFile(`${name}.json`) : path.resolve(`${path.basename(name)}.json`);
  if (!shipped && !existsSync(file)) {
    throw new Error(
      `There is no grid "${name}"; choose one of ${shippedGridNames.join(', ')}, rome-N ` +
        `(Rome by measure, for N of 11 to 1,600,000 customers), ` +
        `or make one here: flexledger grid import FILE --as ${name}.`,
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}

/** The same as it is published in a new log, with what a rule pack counts as a violation. */
export function publishedGridOf(
  name: string,
  rulePack: RulePack,
): { readonly gridId: string; readonly model: object; readonly limits: OperatingLimits } {
  const model = gridFileOf(parseNetwork(gridFile(name)));
  return { gridId: name, model, limits: limitsOf(rulePack) };
}

function dataFile(name: string): string {
  return path.join(repositoryRoot(), 'libs/grid/data', name);
}
