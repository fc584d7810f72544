import path from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { inTemporaryFolder } from '../leave-nothing';
import { type PeriodRead, measurePeriods } from './measure-periods';

const PODS = 20;
/** Of 30 days. */
const QUARTER_HOURS = 2_880;

/** Reads months of PoDs: of the two that are in the log's own file, of an archived one, and of last year. */
export async function benchPeriods(
  onResult: (result: PeriodRead) => void,
): Promise<{ readonly results: readonly PeriodRead[] }> {
  const results = await inTemporaryFolder((folder) =>
    measurePeriods({
      path: path.join(folder, 'log.sqlite'),
      pods: PODS,
      quarterHours: QUARTER_HOURS,
      nowMs: wallClock.nowMs(),
    }),
  );
  results.forEach(onResult);
  return { results };
}
