import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseStandardProfiles, shippedGridNames } from '@flexledger/grid';
import type { ForecastBasis } from '@flexledger/dso-technical-platform';
import { repositoryRoot } from '@flexledger/service-kit';

/** Rome, where the sun is computed for. */
const ROME = { latitudeDegree: 41.9, longitudeDegree: 12.5 };

/** A grid that comes with the project, as its file has it. @throws Error naming those there are */
export function shippedGrid(name: string): object {
  if (!(shippedGridNames as readonly string[]).includes(name)) {
    throw new Error(`There is no grid "${name}"; choose one of ${shippedGridNames.join(', ')}.`);
  }
  return JSON.parse(readFileSync(dataFile(`${name}.json`), 'utf8')) as object;
}

/** Standard profiles, place and holidays for forecasts. */
export function forecastBasis(timeZone: string, holidays: readonly string[] = []): ForecastBasis {
  const csv = readFileSync(dataFile('bdew-1999.csv'), 'utf8');
  return { profiles: parseStandardProfiles(csv), place: ROME, timeZone, holidays };
}

function dataFile(name: string): string {
  return path.join(repositoryRoot(), 'libs/grid/data', name);
}
