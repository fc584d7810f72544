/**
 * An aggregator with a log of its own bids in a market that is somewhere else: it hears of sessions by its
 * mirror, acts by the http ports, and a market that is away costs a delay and nothing else.
 */
import { type Wire, layWire } from '@flexledger/composer';
import { contextOf } from '@flexledger/event-store';
import { type AggregatorAlone, openAggregatorAlone } from './testing/aggregator-alone';
import { type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';

const MTUS = 96;
let market: MarketAtGate;
let wire: Wire;
let alone: AggregatorAlone;
/** Offered by AGG1, as the market has them. */
const standing = async (): Promise<{ podId: string }[]> => {
  const path = `/api/v1/sessions/${market.dayAhead}/offers`;
  const { body } = await market.as('aggregator:AGG1').get(path);
  return body.items as { podId: string }[];
};

beforeAll(async () => {
  market = await openMarketAtGate();
  wire = await layWire(market.url);
  alone = await openAggregatorAlone(market, wire.url);
});
afterAll(async () => {
  await alone.remove();
  await wire.close();
  await market.close();
});

const pods = () => market.scenario.pods.filter(({ aggregatorId }) => aggregatorId === 'AGG1');

it('hears of the session and of its own customers, and of nobody else’s', async () => {
  await alone.hasHeard('SessionScheduled');
  const registered = (await alone.events()).filter(({ type }) => type === 'PodRegistered');
  expect(registered.map(({ data }) => (data as { podId: string }).podId)).toEqual(
    pods().map(({ podId }) => podId),
  );
  const [scheduled] = (await alone.events()).filter(({ type }) => type === 'SessionScheduled');
  expect(scheduled!.streamId).toBe(`session-${market.dayAhead}`);
  expect(alone.problems).toEqual([]);
});

it('bids by itself once it has declared its costs, though the market is away at that time', async () => {
  const units = pods().map(({ podId, costMicroEurPerKwh }) => ({
    podId,
    marketMicroEurPerKwh: 0,
    weatherMicroEurPerKwh: 0,
    maintenanceMicroEurPerKwh: 0,
    operationMicroEurPerKwh: costMicroEurPerKwh,
    strategyMicroEurPerKwh: 0,
    fixedMicroEurPerMtu: 0,
    feedInW: 0,
    limits: null,
  }));
  const context = contextOf('costs', 'costs', 'aggregator:AGG1');
  await alone.platform.aggregators!.costs.declare('AGG1', units, context);
  await market.until('11:05');
  wire.cut();
  await market.until('11:45');
  expect(await standing()).toEqual([]);
  expect(alone.problems.join('\n')).toMatch(/bid\/\S+ is tried again until .*did not answer/);
  wire.mend();
  await market.until('11:50');
  expect((await standing()).map(({ podId }) => podId).sort()).toEqual(
    pods().map(({ podId }) => podId),
  );
});

it('goes on after it was killed, and does nothing twice', async () => {
  const before = await standing();
  await alone.close();
  await market.until('12:30');
  alone = await openAggregatorAlone(market, wire.url, alone.dataDir);
  await alone.hasHeard('SessionOpened');
  await market.until('12:35');
  expect(await standing()).toEqual(before);
  const ids = (await alone.mirrored()).map(({ eventId }) => eventId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('is shown its own rows of the result, whose hash is that of the whole', async () => {
  const request = {
    requestId: 'evening',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: market.scenario.pods.map(({ podId }) => podId) },
    quantityW: new Array<number>(MTUS).fill(500),
    priceCapMicroEurPerKwh: null,
  };
  const path = `/api/v1/sessions/${market.dayAhead}/requests`;
  expect((await market.as('dso').post(path, request)).status).toBe(201);
  await market.until('17:30');
  await alone.hasHeard('ResultPublished');
  const result = (await alone.events()).filter(({ type }) => type === 'ResultPublished');
  const rows = result.flatMap(({ data }) => (data as { rows: { aggregatorId: string }[] }).rows);
  expect(rows.length).toBeGreaterThan(0);
  expect(new Set(rows.map(({ aggregatorId }) => aggregatorId))).toEqual(new Set(['AGG1']));
  const [record] = (await alone.mirrored()).filter(({ type }) => type === 'ResultPublished');
  for await (const event of market.platform.store.readAll({
    filter: { types: ['ResultPublished'] },
  })) {
    expect(record).toMatchObject({ eventId: event.id, hash: event.hash, position: event.position });
  }
});
