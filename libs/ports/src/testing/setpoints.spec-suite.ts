/**
 * What `SetpointsPort` promises, as tests that every form of it runs through. A spec imports this file
 * by its path; `index.ts` leaves it out, since it needs Jest.
 */
import type { Setpoint } from '@flexledger/domain';
import type { SetpointsPort } from '../setpoints';
import { testContext } from './expectations';

/** A platform on 2026-03-17 at 10:00 UTC with PoDs IT002E00000001 to -3 of AGG1 and -4 of AGG2. */
export interface SetpointsUnderTest {
  /** As AGG1 reaches it. */
  readonly setpoints: SetpointsPort;
  /** What its log holds, in order, without ids. */
  issued(): Promise<readonly (Setpoint & { readonly aggregatorId: string })[]>;
  close(): Promise<void>;
}

const setpoint = (
  pod: number,
  watts = 500,
  windowStart = '2026-03-17T11:00:00.000Z',
): Setpoint => ({
  podId: `IT002E0000000${pod}`,
  windowStart,
  targetW: [watts, null, -watts],
  targetVar: [null, null, null],
});

/** Declares the port's tests for one form of it. */
export function setpointsPromises(name: string, open: () => Promise<SetpointsUnderTest>): void {
  describe(`${name} keeps the promises of setpoints:`, () => {
    let under: SetpointsUnderTest;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const issue = (id: string, ...list: readonly Setpoint[]): Promise<void> =>
      under.setpoints.issue(list, 'AGG1', testContext(id, 'aggregator:AGG1'));

    it('setpoints are recorded in the order given', async () => {
      const list = [setpoint(3), setpoint(1), setpoint(2)];
      await issue('one', ...list);
      expect(await under.issued()).toEqual(
        list.map((given) => ({ ...given, aggregatorId: 'AGG1' })),
      );
    });

    it('the same again changes nothing', async () => {
      await issue('one', setpoint(1), setpoint(2));
      await issue('one', setpoint(1), setpoint(2));
      await issue('two', setpoint(1));
      expect(await under.issued()).toHaveLength(2);
    });

    it('another one for a window takes the place of the one before', async () => {
      await issue('one', setpoint(1));
      await issue('two', setpoint(1, 300));
      expect((await under.issued()).map(({ targetW }) => targetW[0])).toEqual([500, 300]);
    });

    it.each<[string, Setpoint, string]>([
      ['a PoD that nobody knows', setpoint(9), 'pod-unknown'],
      ['a window that is over', setpoint(1, 1, '2026-03-17T09:00:00.000Z'), 'setpoint-malformed'],
      ['a window too far ahead', setpoint(1, 1, '2026-03-20T11:00:00.000Z'), 'setpoint-malformed'],
      ['no quarter-hour', setpoint(1, 1, '2026-03-17T11:01:00.000Z'), 'setpoint-malformed'],
      ['half a watt', setpoint(1, 0.5), 'setpoint-malformed'],
    ])('%s is refused with its code', async (_, refused, code) => {
      await expect(issue('one', refused)).rejects.toMatchObject({ name: 'DomainError', code });
      expect(await under.issued()).toEqual([]);
    });

    it('a PoD of another aggregator is sent nothing', async () => {
      await expect(issue('one', setpoint(1), setpoint(4))).rejects.toThrow();
      expect(await under.issued()).toEqual([]);
    });

    it('those before and after a refused one stand', async () => {
      const list = [setpoint(1), { ...setpoint(2), targetVar: [null] }, setpoint(3)];
      await expect(issue('one', ...list)).rejects.toMatchObject({ code: 'setpoint-malformed' });
      expect((await under.issued()).map(({ podId }) => podId)).toEqual([
        'IT002E00000001',
        'IT002E00000003',
      ]);
    });
  });
}
