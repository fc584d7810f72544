/** The aggregator's own settlement: silent where it agrees, precise where it does not. */
import {
  type MeteringSource,
  type OutcomeRow,
  type RecordedEvent,
  type SessionSales,
  type SettlementRow,
  DomainError,
  deliveryDay,
  gatherMetering,
  settleSession,
} from '@flexledger/domain';
import { PlatformUnavailable, type ResultsPort, type SettlementDispute } from '@flexledger/ports';
import { loadRulePack } from '@flexledger/service-kit';
import { compareSettlement } from './compare-settlement';
import { createSettlementCheck } from './settlement-check';
import { bidding } from '../testing/bidding';

const { rulePack: rules } = loadRulePack('platone');
const DAY = '2026-03-17';
const { startMs } = deliveryDay(DAY, rules.timeZone);
const SESSION = 'realTime-2026-03-16T23:00Z';

const sold = (podId: string, acceptedW: readonly number[]): OutcomeRow => ({
  offerId: `${podId}-up`,
  requestId: 'R1',
  podId,
  aggregatorId: 'AGG1',
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 2,
  acceptedW,
  priceMicroEurPerKwh: acceptedW.map(() => 4_000_000),
});
const sales = (...rows: OutcomeRow[]): SessionSales[] => [
  { sessionId: SESSION, startMs, mtuCount: 16, rows },
];
const meters = (watts: Readonly<Record<string, number | null>>): MeteringSource => ({
  baselinesOf: async (podIds) =>
    new Map(podIds.map((podId) => [podId, new Array<number>(96).fill(3_000)])),
  measuredW: async (podIds, _start, mtuCount) =>
    new Map(podIds.map((podId) => [podId, new Array<number | null>(mtuCount).fill(watts[podId]!)])),
  activatedOn: async () => new Map(),
});

async function settle(
  salesOfDay: SessionSales[],
  metering: MeteringSource,
): Promise<SettlementRow[]> {
  const podIds = salesOfDay[0]!.rows.map(({ podId }) => podId);
  const session = { deliveryDay: DAY, startMs, mtuCount: 16, gateClosesMs: startMs };
  const metered = await gatherMetering(metering, podIds, session, rules);
  return settleSession(SESSION, DAY, salesOfDay, metered, rules).rows;
}

/** What the aggregator disputes when the market has published `market`. */
async function check(
  market: readonly SettlementRow[] | undefined,
  own: { readonly sales: SessionSales[]; readonly metering: MeteringSource },
): Promise<SettlementDispute[]> {
  const disputes: SettlementDispute[] = [];
  const problems: string[] = [];
  const processor = createSettlementCheck({
    bidders: bidding({
      metering: own.metering,
      ports: { results: resultsOf(market, own.sales, async (one) => void disputes.push(one)) },
    }),
    rules,
    onProblem: (_, problem) => problems.push(problem),
  });
  await processor.handle(published);
  expect(problems).toHaveLength(disputes.length);
  return disputes;
}

const published = {
  id: 'event',
  correlationId: 'c',
  data: { sessionId: SESSION, correction: 1 },
} as unknown as RecordedEvent;

const resultsOf = (
  market: readonly SettlementRow[] | undefined,
  own: readonly SessionSales[],
  dispute: ResultsPort['dispute'],
): ResultsPort => ({
  resultsOf: async () => own,
  settledRows: async () => market && { deliveryDay: DAY, rows: market },
  dispute,
});

const twoPods = sales(sold('A', [1_000, 1_000]), sold('B', [500]));
const measured = { A: 2_000, B: 2_500 };

describe('an aggregator', () => {
  it('that comes to the same settlement says nothing', async () => {
    const market = await settle(twoPods, meters(measured));
    expect(await check(market, { sales: twoPods, metering: meters(measured) })).toEqual([]);
  });

  it('that measured something else disputes the row, the MTU and the measurement', async () => {
    const market = await settle(twoPods, meters({ ...measured, A: 2_400 }));
    expect(await check(market, { sales: twoPods, metering: meters(measured) })).toEqual([
      {
        sessionId: SESSION,
        correction: 1,
        aggregatorId: 'AGG1',
        disputedRows: 1,
        // 600 W of 1 kW: 0.60 EUR less 20 %, twice, and 0.50 EUR of the other PoD.
        settledMicroEur: 1_460_000,
        expectedMicroEur: 2_500_000,
        rows: [
          {
            offerId: 'A-up',
            requestId: 'R1',
            podId: 'A',
            settledMicroEur: 960_000,
            expectedMicroEur: 2_000_000,
            reason: 'MTU 2: measured 2400, the aggregator has 2000',
          },
        ],
      },
    ]);
  });

  it('that has what the market misses says so', async () => {
    const market = await settle(twoPods, meters({ ...measured, B: null }));
    const [dispute] = await check(market, { sales: twoPods, metering: meters(measured) });
    expect(dispute!.rows.map(({ podId, reason }) => [podId, reason])).toEqual([
      ['B', 'MTU 2: measured nothing, the aggregator has 2500'],
    ]);
  });

  it('that was told of another sale disputes it, whoever knows more', async () => {
    const market = await settle(sales(sold('A', [1_000, 1_000])), meters(measured));
    const more = await check(market, { sales: twoPods, metering: meters(measured) });
    expect(more[0]!.rows).toMatchObject([
      { podId: 'B', settledMicroEur: null, reason: 'the market settles no such row' },
    ]);
    const nothing = await check(market, { sales: [], metering: meters(measured) });
    expect(nothing[0]!.rows).toMatchObject([
      { podId: 'A', expectedMicroEur: null, reason: 'the aggregator was told of no such sale' },
    ]);
  });

  it('passes over a settlement that has been corrected since', async () => {
    expect(await check(undefined, { sales: twoPods, metering: meters(measured) })).toEqual([]);
  });
});

describe('a dispute', () => {
  /** Hands on, so often, a settlement that the aggregator comes to otherwise. */
  async function disputed(dispute: ResultsPort['dispute'], times: number) {
    const market = await settle(twoPods, meters({ ...measured, A: 2_400 }));
    const problems: string[] = [];
    const outcomes: string[] = [];
    const processor = createSettlementCheck({
      bidders: bidding({
        metering: meters(measured),
        ports: { results: resultsOf(market, twoPods, dispute) },
      }),
      rules,
      onProblem: (_, problem) => problems.push(problem),
    });
    for (let time = 0; time < times; time += 1) {
      await processor.handle(published).then(
        () => outcomes.push('done'),
        (error: Error) => outcomes.push(error.name),
      );
    }
    return { outcomes, problems };
  }

  it('that does not reach the market goes again under the same command id', async () => {
    const sent: [string, SettlementDispute][] = [];
    const { outcomes, problems } = await disputed(async (dispute, { commandId }) => {
      sent.push([commandId, dispute]);
      if (sent.length === 1) throw new PlatformUnavailable('http://market', 'it is down');
    }, 2);
    expect(outcomes).toEqual(['PlatformUnavailable', 'done']);
    expect(sent[1]).toEqual(sent[0]);
    expect(problems).toEqual([
      `the settlement of ${SESSION}, correction 1, pays 1460000 micro-euro, own computation ` +
        '2500000; PoD A, MTU 2: measured 2400, the aggregator has 2000',
    ]);
  });

  it('that the market refuses is told, and not sent again', async () => {
    const { outcomes, problems } = await disputed(() => {
      throw new DomainError('settlement-replaced', 'A correction has replaced it.');
    }, 1);
    expect(outcomes).toEqual(['done']);
    expect(problems).toEqual([expect.stringContaining('A correction has replaced it.')]);
  });
});

describe('a comparison', () => {
  it('is of money: rows that differ in nothing paid are no dispute', async () => {
    const market = await settle(twoPods, meters({ ...measured, A: 5_000 }));
    const own = await settle(twoPods, meters({ ...measured, A: 4_000 }));
    expect(compareSettlement(market, own).disputed).toEqual([]);
  });

  it('tells rows of one offer and request apart by their order', async () => {
    const twice = sales(sold('A', [400]), sold('A', [600]));
    const own = await settle(twice, meters(measured));
    const market = [own[0]!, { ...own[1]!, paidMicroEur: [0] }];
    expect(compareSettlement(market, own).disputed).toMatchObject([
      {
        settledMicroEur: 0,
        expectedMicroEur: 600_000,
        reason: 'MTU 2: paid 0, the aggregator has 600000',
      },
    ]);
  });

  it('puts the largest difference first', async () => {
    const own = await settle(twoPods, meters(measured));
    const market = own.map((row) => ({ ...row, paidMicroEur: row.paidMicroEur.map(() => 0) }));
    const { disputed } = compareSettlement(market, [...own].reverse());
    expect(disputed.map(({ podId }) => podId)).toEqual(['A', 'B']);
  });
});
