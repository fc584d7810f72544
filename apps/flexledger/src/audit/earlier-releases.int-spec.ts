/** What earlier releases made holds today: nothing in the audit may come to another result than they did. */
import { CHECK_NAMES } from '@flexledger/audit';
import { auditLog } from './audit-log';
import { checkOf, failing } from './testing/simulated-day';
import { releases, unpackReleasedDay } from './testing/released-day';

jest.setTimeout(600_000);

it('there is a release to look back to', () => {
  expect(releases()).toContain('0.1.0');
});

describe.each(releases())('the day that %s made', (release) => {
  it('holds, every check of it', async () => {
    const { dataDir, remove } = unpackReleasedDay(release);
    try {
      const report = await auditLog({ dataDir });
      expect(failing(report)).toEqual([]);
      expect(report.ok).toBe(true);
      // None of them because it found nothing to look at.
      const idle = CHECK_NAMES.filter((name) => checkOf(report, name).count === 0);
      expect(idle).toEqual([]);
      expect(checkOf(report, 'signatures').count).toBe(20 * 96);
    } finally {
      remove();
    }
  });
});
