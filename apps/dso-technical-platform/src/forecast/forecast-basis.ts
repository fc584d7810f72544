import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Place, parseStandardProfiles } from '@flexledger/grid';
import { repositoryRoot } from '@flexledger/service-kit';
import { DSO_POLICY } from '../policy';
import type { ForecastBasis } from './customer-forecast';

const PROFILES_FILE = 'libs/grid/data/bdew-1999.csv';

/** The standard profiles that come with the project, with the place and the holidays of a market. */
export function forecastBasis(
  timeZone: string,
  holidays: readonly string[] = [],
  place: Place = DSO_POLICY.place,
): ForecastBasis {
  const csv = readFileSync(path.join(repositoryRoot(), PROFILES_FILE), 'utf8');
  return { profiles: parseStandardProfiles(csv), place, timeZone, holidays };
}
