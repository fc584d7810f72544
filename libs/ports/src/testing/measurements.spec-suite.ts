/**
 * What `MeasurementsPort` promises, as tests that every form of it runs through. A spec imports this
 * file by its path; `index.ts` leaves it out, since it needs Jest.
 */
import { MTU_MS } from '@flexledger/domain';
import type { MeasuredQuarterHour, MeasurementsPort } from '../measurements';

/** A new platform without measurements, for one test. */
export interface MeasurementsUnderTest {
  /** As a platform that may read all reaches them. */
  readonly measurements: MeasurementsPort;
  /** Puts certified packets into its log; resolves when they are durable. */
  record(podId: string, measured: readonly MeasuredQuarterHour[]): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const MIDNIGHT_MS = Date.parse('2026-03-17T00:00:00Z');
const at = (mtu: number, withdrawnWh = mtu): MeasuredQuarterHour => ({
  mtuStartMs: MIDNIGHT_MS + mtu * MTU_MS,
  withdrawnWh,
  injectedWh: 0,
  reactiveVarh: -withdrawnWh,
});

/** Declares the port's tests for one form of it. */
export function measurementsPromises(
  name: string,
  open: () => Promise<MeasurementsUnderTest>,
): void {
  describe(`${name} keeps the promises of measurements:`, () => {
    let under: MeasurementsUnderTest;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    it('quarter-hours rise, for each PoD in the order asked, with what was recorded just now', async () => {
      await under.record('IT002E00000001', [at(2), at(1)]);
      await under.record('IT002E00000002', [at(1, 7)]);
      const ask = (...podIds: string[]) =>
        under.measurements.quarterHours(podIds, MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS);
      expect(await ask('IT002E00000002', 'IT002E00000009', 'IT002E00000001')).toEqual([
        [at(1, 7)],
        [],
        [at(1), at(2)],
      ]);
      await under.record('IT002E00000002', [at(3, 8)]);
      expect(await ask('IT002E00000002')).toEqual([[at(1, 7), at(3, 8)]]);
      expect(await ask()).toEqual([]);
    });

    it('the beginning is included, the end is not', async () => {
      await under.record('IT002E00000001', [at(0), at(1), at(2), at(3)]);
      const [rows] = await under.measurements.quarterHours(
        ['IT002E00000001'],
        MIDNIGHT_MS + MTU_MS,
        MIDNIGHT_MS + 3 * MTU_MS,
      );
      expect(rows).toEqual([at(1), at(2)]);
    });

    it('many PoDs are told over many days', async () => {
      const podIds = Array.from({ length: 45 }, (_, pod) => `IT002E000001${10 + pod}`);
      const days = [0, 57, 119];
      for (const podId of podIds) {
        await under.record(
          podId,
          days.map((day) => at(day * 96, 1)),
        );
      }
      const untilMs = MIDNIGHT_MS + 120 * DAY_MS;
      const rows = await under.measurements.quarterHours(podIds, MIDNIGHT_MS, untilMs);
      expect(rows).toEqual(podIds.map(() => days.map((day) => at(day * 96, 1))));
    });

    it.each([
      ['an empty stretch', 0],
      ['one that ends before it begins', -1],
      ['more than 366 days', 366 * DAY_MS + 1],
    ])('%s is refused', async (_, lengthMs) => {
      const asked = under.measurements.quarterHours(
        ['IT002E00000001'],
        MIDNIGHT_MS,
        MIDNIGHT_MS + lengthMs,
      );
      await expect(asked).rejects.toMatchObject({ name: 'DomainError', code: 'query-malformed' });
    });

    it('the first day is known once something was measured', async () => {
      expect(await under.measurements.firstDay()).toBeUndefined();
      await under.record('IT002E00000002', [at(96)]);
      expect(await under.measurements.firstDay()).toBe('2026-03-18');
      await under.record('IT002E00000001', [at(1)]);
      expect(await under.measurements.firstDay()).toBe('2026-03-17');
    });
  });
}
