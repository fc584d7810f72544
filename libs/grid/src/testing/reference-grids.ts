import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { PowerFlowSolution } from '../results';

/** Reference networks with results computed elsewhere; they stand beside the repository. */
const directory = path.resolve(__dirname, '../../../../../shared/reference-grids');

/** `describe`, or its skipping kind where the reference grids are absent. */
export const describeReference: jest.Describe = existsSync(directory) ? describe : describe.skip;

type Expected = Omit<PowerFlowSolution, 'iterations' | 'controlledGenerators' | 'unsuppliedBuses'>;

export interface ReferenceGrid {
  readonly name: string;
  readonly expected: Expected;
}

export function referenceJson<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(directory, `${name}.json`), 'utf8')) as T;
}

/** Names of all reference grids; a placeholder keeps `describe.each` alive where there are none. */
export const referenceGridNames: readonly string[] = existsSync(directory)
  ? readdirSync(directory)
      .filter((file) => file.endsWith('.json') && !file.endsWith('.profiles.json'))
      .map((file) => file.replace('.json', ''))
  : ['(reference grids absent)'];

export function shippedJson(name: string): unknown {
  return JSON.parse(
    readFileSync(path.resolve(__dirname, `../../data/${name}.json`), 'utf8'),
  ) as unknown;
}
