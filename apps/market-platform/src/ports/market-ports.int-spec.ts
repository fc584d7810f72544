/** The market's ports, within its process and over HTTP: the same promises, tried on the same market. */
import {
  type CalendarEntry,
  type MarketSessionEvent,
  type OutcomeRow,
  finalRows,
  marketSessionDecider,
  podStream,
  sessionStream,
  MTU_MS,
} from '@flexledger/domain';
import {
  type OrdersPort,
  type OutcomesPort,
  type ResultsPort,
  type SettlementDispute,
  httpOrders,
  httpOutcomes,
  httpResults,
} from '@flexledger/ports';
import { contextOf } from '@flexledger/event-store';
import { loadRulePack } from '@flexledger/service-kit';
import {
  type OrdersUnderTest,
  ordersPromises,
} from '../../../../libs/ports/src/testing/orders.spec-suite';
import {
  type OutcomesUnderTest,
  outcomesPromises,
} from '../../../../libs/ports/src/testing/outcomes.spec-suite';
import {
  type ResultsUnderTest,
  resultsPromises,
} from '../../../../libs/ports/src/testing/results.spec-suite';
import { unavailablePromises } from '../../../../libs/ports/src/testing/unavailable.spec-suite';
import { append } from '../testing/append';
import { type ServedMarket, serveMarket } from '../testing/served-market';
import { DAY, PODS, SESSIONS, offerOf, openTradingDay, podOf, trade } from '../testing/trading-day';
import { publishSold, signContracts, sold } from '../settlement/testing/sold-day';

const { rulePack: rules } = loadRulePack('platone');
const [dayAhead, firstWindow, window] = SESSIONS as [CalendarEntry, CalendarEntry, CalendarEntry];

/** The two forms of a port: whose it is says an argument within the process, a token over HTTP. */
type Form = 'within its process' | 'over HTTP';
const FORMS: readonly Form[] = ['within its process', 'over HTTP'];

async function sessionIn({ log }: ServedMarket, sessionId: string) {
  let state = marketSessionDecider.initialState;
  for await (const event of log.readStream(sessionStream(sessionId))) {
    state = marketSessionDecider.evolve(state, event as unknown as MarketSessionEvent);
  }
  if (state.status === 'unknown') throw new Error(`${sessionId} is not in the log`);
  return state;
}

async function countEvents({ log }: ServedMarket): Promise<number> {
  let count = 0;
  for await (const _ of log.readAll()) count += 1;
  return count;
}

function ordersOf(form: Form, served: ServedMarket, actor: string): OrdersPort {
  return form === 'over HTTP' ? httpOrders(served.clientOf(actor)) : served.market.ports.orders;
}

async function openOrders(form: Form): Promise<OrdersUnderTest> {
  const ownPods = Array.from({ length: 1_300 }, (_, index) => `IT002E6${1_000_000 + index}`);
  const foreignPod = 'IT002E69999999';
  const register = Object.fromEntries(ownPods.map((podId) => [podId, podOf('AGG1')]));
  const served = await serveMarket(dayAhead.gateOpensMs - 60_000, {
    ...register,
    [foreignPod]: podOf('AGG2'),
  });
  await served.market.calendar.scheduleDay(DAY);
  await served.until(dayAhead.gateOpensMs);
  return {
    as: (actor) => ordersOf(form, served, actor),
    open: { sessionId: dayAhead.sessionId, mtuCount: dayAhead.period.mtuCount },
    scheduled: { sessionId: window.sessionId },
    ownPods,
    foreignPod,
    requestIds: async (sessionId) =>
      (await sessionIn(served, sessionId)).requests.map(({ requestId }) => requestId),
    events: () => countEvents(served),
    close: () => served.close(),
  };
}

async function openOutcomes(form: Form): Promise<OutcomesUnderTest> {
  const served = await openTradingDay();
  const { market } = served;
  await trade(served, dayAhead, 600, [PODS[2]]);
  await served.until(dayAhead.gateClosesMs);
  const { sessionId } = window;
  const consent = { outcomeId: `${dayAhead.sessionId}/0`, exceptions: [] };
  await market.ports.outcomes.answer(dayAhead.sessionId, consent, contextOf('ok', 'ok', 'dso'));
  await served.settle();
  await served.until(window.gateOpensMs);
  await trade(served, window, 1_500, PODS.slice(0, 3));
  await served.until(window.gateClosesMs);
  const before = await sessionIn(served, dayAhead.sessionId);
  const { rows } = (await sessionIn(served, sessionId)).rounds[0]!;
  const firstMtu = (window.period.startMs - dayAhead.period.startMs) / MTU_MS;
  const { mtuCount } = window.period;
  const outcomes: OutcomesPort =
    form === 'over HTTP' ? httpOutcomes(served.clientOf('dso')) : market.ports.outcomes;
  return {
    outcomes,
    sessionId,
    dayAheadId: dayAhead.sessionId,
    rows,
    soldDayAhead: finalRows(before).map((row) => {
      expect(row).toMatchObject({ firstMtu: 0 });
      const during = <Value>(series: readonly Value[]): Value[] =>
        series.slice(firstMtu, firstMtu + mtuCount);
      return {
        ...row,
        firstMtu: 0,
        acceptedW: during(row.acceptedW),
        priceMicroEurPerKwh: during(row.priceMicroEurPerKwh),
      };
    }),
    isAnswered: async (round) =>
      (await sessionIn(served, sessionId)).rounds[round]?.validated === true,
    goOn: () => served.settle(),
    events: () => countEvents(served),
    close: () => served.close(),
  };
}

/** A customer of another aggregator. */
async function signWithOther({ log, clock, market }: ServedMarket, podId: string): Promise<void> {
  const details = {
    aggregatorId: 'AGG2',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_000,
    pvPeakW: 0,
    wallet: `0x${'c3'.repeat(20)}`,
  };
  const registered = { type: 'PodRegistered', data: { podId, ...details } };
  await append(log, clock, podStream(podId), [registered]);
  const terms = {
    podId,
    aggregatorId: 'AGG2',
    aggregatorWallet: `0x${'a2'.repeat(20)}`,
    customerSharePerMille: 700,
    customerPenaltySharePerMille: 500,
  };
  await market.agreements.propose([terms]);
  await market.agreements.accept([terms]);
}

async function openResults(form: Form): Promise<ResultsUnderTest> {
  const served = await serveMarket(firstWindow.period.startMs - 60_000, {});
  const { log, clock, market } = served;
  const [first, second, third] = PODS;
  await signContracts(log, clock, rules);
  await signWithOther(served, third);
  const many = Array.from({ length: 1_050 }, (_, index): OutcomeRow => ({
    ...sold(first, 0, [1]),
    offerId: `offer-${index}`,
  }));
  const ofOther: OutcomeRow = { ...sold(third, 2, [500]), aggregatorId: 'AGG2' };
  const rowsOf = new Map([
    [firstWindow, [...many.slice(0, 600), ofOther, ...many.slice(600)]],
    [window, [sold(second, 1, [200])]],
  ]);
  for (const [session, rows] of rowsOf) await publishSold(log, clock, session, rows);
  const { startMs, mtuCount } = firstWindow.period;
  const endMs = startMs + mtuCount * MTU_MS;
  await served.until(endMs + rules.settlement.afterMinutes * 60_000);
  return {
    as: (actor): ResultsPort =>
      form === 'over HTTP' ? httpResults(served.clientOf(actor)) : market.ports.results,
    deliveryDay: DAY,
    published: [...rowsOf].map(([{ sessionId }, rows]) => ({ sessionId, rows })),
    settledId: firstWindow.sessionId,
    disputes: () => served.dataOf<SettlementDispute>('SettlementDisputed'),
    close: () => served.close(),
  };
}

for (const form of FORMS) {
  ordersPromises(form, () => openOrders(form));
  outcomesPromises(form, () => openOutcomes(form));
  resultsPromises(form, () => openResults(form));
}

describe.each(FORMS)('why an offer lost, %s', (form) => {
  let served: ServedMarket;
  beforeAll(async () => {
    served = await openTradingDay();
    await trade(served, dayAhead, 600, PODS.slice(0, 3));
  });
  afterAll(() => served.close());

  it('is told in words once its session is cleared, to whose it is', async () => {
    const { sessionId } = dayAhead;
    const orders = ordersOf(form, served, 'aggregator:AGG1');
    const early = orders.whyLost(sessionId, 'AGG1', PODS[2]);
    await expect(early).rejects.toMatchObject({ code: 'not-cleared' });
    await served.until(dayAhead.gateClosesMs);
    expect(await orders.whyLost(sessionId, 'AGG1', PODS[2])).toBe(
      'it is dearer than the last accepted offer',
    );
    const unknown = orders.whyLost(sessionId, 'AGG1', 'never');
    await expect(unknown).rejects.toMatchObject({ code: 'offer-unknown' });
  });
});

const nobody = contextOf('trouble', 'trouble', 'dso');
unavailablePromises('the market’s ports over HTTP', (client) => {
  const orders = httpOrders(client);
  const outcomes = httpOutcomes(client);
  const results = httpResults(client);
  const { sessionId } = dayAhead;
  const offers = [offerOf(PODS[0], dayAhead, 1)];
  return {
    offerFlexibility: () =>
      orders.offerFlexibility(sessionId, { bidId: 'b', aggregatorId: 'AGG1', offers }, nobody),
    requestFlexibility: () =>
      orders.requestFlexibility(
        sessionId,
        {
          requestId: 'R',
          requester: 'DSO',
          product: 'P',
          direction: 'up',
          scope: { podIds: [PODS[0]] },
          quantityW: [1],
          priceCapMicroEurPerKwh: null,
        },
        nobody,
      ),
    withdrawOffers: () => orders.withdrawOffers(sessionId, 'AGG1', ['o'], nobody),
    standingOffers: () => orders.standingOffers(sessionId, 'AGG1'),
    whyLost: () => orders.whyLost(sessionId, 'AGG1', 'o'),
    outcome: () => outcomes.outcome(sessionId, 0),
    soldBefore: () => outcomes.soldBefore(sessionId),
    answer: () => outcomes.answer(sessionId, { outcomeId: 'o', exceptions: [] }, nobody),
    resultsOf: () => results.resultsOf('AGG1', DAY),
    settledRows: () => results.settledRows('AGG1', sessionId, 0),
  };
});
