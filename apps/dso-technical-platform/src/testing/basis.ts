/** What forecasts of tests are made from: the shipped profiles, in Rome. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseStandardProfiles } from '@flexledger/grid';
import type { ForecastBasis } from '../forecast/customer-forecast';

export const basis: ForecastBasis = {
  profiles: parseStandardProfiles(
    readFileSync(path.resolve(__dirname, '../../../../libs/grid/data/bdew-1999.csv'), 'utf8'),
  ),
  place: { latitudeDegree: 41.9, longitudeDegree: 12.5 },
  timeZone: 'Europe/Rome',
};
