/**
 * What earlier releases made holds today, and goes on: nothing in the audit may come to another result
 * than they did, and the platform of today opens their folder, works on and seals what it adds.
 */
import { type CheckName, CHECK_NAMES } from '@flexledger/audit';
import { auditLog } from '@flexledger/audit-cli';
import { checkOf, failing } from './testing/simulated-day';
import { NEW_DAY, NEW_POD, continueDay, digestOf } from './testing/continued-day';
import { releases, unpackReleasedDay } from './testing/released-day';

jest.setTimeout(600_000);

/** What was decided and measured on the day of each release, as that release itself would say it. */
const BUSINESS_DIGESTS: Readonly<Record<string, string>> = {
  '0.1.0': 'a5fa5bce678844a62b179aacca22ca12e6b61fa34d0ea384864c07d2c8ae5eb8',
};

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
      // None of them because it found nothing to look at, but for grants of data, which there were none of then.
      const idle = CHECK_NAMES.filter((name) => checkOf(report, name).count === 0);
      expect(idle).toEqual(['access']);
      expect(checkOf(report, 'signatures').count).toBe(20 * 96);
    } finally {
      remove();
    }
  });

  it('goes on: a PoD registers, another day is sold, and all of it holds', async () => {
    const { dataDir, remove } = unpackReleasedDay(release);
    try {
      const before = await auditLog({ dataDir });
      expect(await digestOf(dataDir)).toBe(BUSINESS_DIGESTS[release]);
      const written = await continueDay(dataDir);
      const of = (type: string): object[] =>
        written.filter((event) => event.type === type).map(({ data }) => data);
      expect(of('PodRegistered')).toMatchObject([{ podId: NEW_POD }]);
      expect(of('SessionScheduled')).toMatchObject(
        new Array(7).fill({ deliveryDay: NEW_DAY }) as object[],
      );
      expect(of('MarketCleared')).toHaveLength(1);
      expect(of('ResultPublished')).toHaveLength(1);
      const report = await auditLog({ dataDir });
      expect(failing(report)).toEqual([]);
      const added = (name: CheckName): number =>
        checkOf(report, name).count - checkOf(before, name).count;
      expect(added('hashes')).toBe(written.length);
      expect(added('checkpoints')).toBe(of('CheckpointSealed').length);
      expect(added('anchors')).toBe(of('CheckpointAnchored').length);
      expect(added('anchors')).toBeGreaterThan(0);
      expect(added('clearing')).toBe(2);
    } finally {
      remove();
    }
  });
});
