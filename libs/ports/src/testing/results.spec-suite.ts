/**
 * What `ResultsPort` promises, as tests for each of its forms. A spec imports this file by its path;
 * `index.ts` leaves it out, since it needs Jest.
 */
import type { OutcomeRow } from '@flexledger/domain';
import type { ResultsPort, SettlementDispute } from '../results';
import { refusalOf, testContext } from './expectations';

/** A market for all tests, with a delivery day of two published sessions, the first one settled. */
export interface ResultsUnderTest {
  /** The port as a party holds it: `aggregator:AGG1`, `aggregator:AGG2`, `aggregator:AGG3`. */
  as(actor: string): ResultsPort;
  readonly deliveryDay: string;
  /** In the order in which they sell, with all rows of their results. */
  readonly published: readonly {
    readonly sessionId: string;
    readonly rows: readonly OutcomeRow[];
  }[];
  /** Settled, with more than 1,000 rows of AGG1 and some of AGG2; AGG3 sold nothing. */
  readonly settledId: string;
  /** Disputes in the log. */
  disputes(): Promise<readonly SettlementDispute[]>;
  close(): Promise<void>;
}

/** @param openMarket opens the market */
export function resultsPromises(name: string, openMarket: () => Promise<ResultsUnderTest>): void {
  describe(`the results port ${name}`, () => {
    let market: ResultsUnderTest;
    beforeAll(async () => {
      market = await openMarket();
    });
    afterAll(() => market.close());

    const context = (id: string) => testContext(`${name}/${id}`, 'aggregator:AGG1');
    const results = (aggregatorId: string): ResultsPort => market.as(`aggregator:${aggregatorId}`);

    it('gives an aggregator its own rows of every published session, in their order', async () => {
      for (const aggregatorId of ['AGG1', 'AGG2', 'AGG3']) {
        const sales = await results(aggregatorId).resultsOf(aggregatorId, market.deliveryDay);
        const own = market.published.map(({ sessionId, rows }) => ({
          sessionId,
          rows: rows.filter((row) => row.aggregatorId === aggregatorId),
        }));
        expect(sales).toMatchObject(own);
        for (const { startMs, mtuCount } of sales) {
          expect(startMs % 900_000).toBe(0);
          expect(mtuCount).toBeGreaterThan(0);
        }
      }
      expect(await results('AGG1').resultsOf('AGG1', '2020-01-01')).toEqual([]);
    });

    it('gives all its rows of a settlement, and none of others’', async () => {
      const { deliveryDay, settledId } = market;
      const own = await results('AGG1').settledRows('AGG1', settledId, 0);
      expect(own?.deliveryDay).toBe(deliveryDay);
      expect(own!.rows.length).toBeGreaterThan(1_000);
      expect(new Set(own!.rows.map(({ aggregatorId }) => aggregatorId))).toEqual(new Set(['AGG1']));
      expect(new Set(own!.rows.map(({ offerId, podId }) => `${podId} ${offerId}`)).size).toBe(
        own!.rows.length,
      );
      const others = await results('AGG2').settledRows('AGG2', settledId, 0);
      expect(others!.rows.length).toBeGreaterThan(0);
      expect(new Set(others!.rows.map(({ aggregatorId }) => aggregatorId))).toEqual(
        new Set(['AGG2']),
      );
      expect(await results('AGG3').settledRows('AGG3', settledId, 0)).toEqual({
        deliveryDay,
        rows: [],
      });
    });

    it('gives no rows of a settlement that is not the one that counts', async () => {
      const port = results('AGG1');
      expect(await port.settledRows('AGG1', market.settledId, 1)).toBeUndefined();
      expect(await port.settledRows('AGG1', 'never', 0)).toBeUndefined();
    });

    it('records a dispute once a settlement, whatever its command', async () => {
      const { settledId } = market;
      const row = (await results('AGG1').settledRows('AGG1', settledId, 0))!.rows[0]!;
      const dispute: SettlementDispute = {
        sessionId: settledId,
        correction: 0,
        aggregatorId: 'AGG1',
        settledMicroEur: 5,
        expectedMicroEur: 7,
        disputedRows: 1,
        rows: [
          {
            offerId: row.offerId,
            requestId: row.requestId,
            podId: row.podId,
            settledMicroEur: 5,
            expectedMicroEur: null,
            reason: 'the baseline of MTU 3',
          },
        ],
      };
      await results('AGG1').dispute(dispute, context('dispute'));
      expect(await market.disputes()).toEqual([dispute]);
      await results('AGG1').dispute(dispute, context('dispute'));
      await results('AGG1').dispute({ ...dispute, expectedMicroEur: 9 }, context('another'));
      expect(await market.disputes()).toEqual([dispute]);
      const early = results('AGG1').dispute({ ...dispute, correction: 4 }, context('early'));
      expect((await refusalOf(early)).code).toBe('settlement-unknown');
    });
  });
}
