/**
 * An aggregator's day by REST: its portfolio and flags, baselines three ways, offers built, sent,
 * replaced and taken back by hand beside the automatic bid; afterwards what became of them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BaselineDocument } from '@flexledger/projections';
import { repositoryRoot } from '@flexledger/service-kit';
import { Ajv2020 } from 'ajv/dist/2020';
import { connectAsync } from 'mqtt';
import request from 'supertest';
import { DAY, type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

const AGG1 = 'aggregator:AGG1';
const PORTFOLIO = '/api/v1/portfolio';

describe('before and in a session', () => {
  const [MINE, ALSO_MINE, FOREIGN] = ['IT002E60000000', 'IT002E60000003', 'IT002E60000001'];
  let market: MarketAtGate;
  let session: string;
  beforeAll(async () => {
    market = await openMarketAtGate([], 'byThemselves');
    session = `${PORTFOLIO}/sessions/${market.dayAhead}`;
  });
  afterAll(() => market.close());

  const baselineOf = async (podId: string): Promise<BaselineDocument> => {
    const { body } = await market.as(AGG1).get(`${PORTFOLIO}?day=${DAY}`);
    return body.items.find((pod: { podId: string }) => pod.podId === podId).baseline;
  };
  const flag = (podIds: readonly string[], automaticOffers: boolean) =>
    market.as(AGG1).put(`${PORTFOLIO}/automatic-offers`, { podIds, automaticOffers });
  const preview = async (wishes: object = {}) =>
    (await market.as(AGG1).post(`${session}/preview`, wishes)).body;
  const standing = async (): Promise<{ podId: string; bidId: string }[]> =>
    (await market.as(AGG1).get(`/api/v1/sessions/${market.dayAhead}/offers`)).body.items;

  it('shows an aggregator its own PoDs, with what it alone knows of them', async () => {
    const { body } = await market.as(AGG1).get(`${PORTFOLIO}?day=${DAY}`);
    expect(body.items.map(({ podId }: { podId: string }) => podId)).toEqual([MINE, ALSO_MINE]);
    const { costMicroEurPerKwh } = market.scenario.pods[0]!;
    expect(body.items[0]).toMatchObject({
      automaticOffers: true,
      isAvailable: true,
      knowledge: { costMicroEurPerKwh },
      flexibility: market.scenario.pods[0]!.flexibility,
      baseline: { deliveryDay: DAY },
    });
  });

  it.each([
    ['dso', '', 403],
    ['auditor', '/price-curve?day=2026-03-17', 403],
    ['operator', '/dispatches', 403],
  ])('has nothing for %s at %s', async (actor, path, status) => {
    expect((await market.as(actor).get(PORTFOLIO + path)).status).toBe(status);
  });

  it('is in the OpenAPI document, and asks for a token', async () => {
    const { body } = await request(market.url).get('/api/docs/openapi.json');
    const paths = Object.keys(body.paths).filter((path) => path.startsWith(PORTFOLIO));
    expect(paths).toContain(PORTFOLIO);
    expect((await request(market.url).get(PORTFOLIO)).status).toBe(401);
  });

  it('takes baselines by hand, each by itself', async () => {
    const baselineW = new Array<number>(96).fill(1_500);
    const { body } = await market.as(AGG1).put(`${PORTFOLIO}/baselines`, {
      baselines: [
        { podId: MINE, deliveryDay: DAY, baselineW },
        { podId: FOREIGN, deliveryDay: DAY, baselineW },
        { podId: ALSO_MINE, deliveryDay: DAY, baselineW: [1, 2] },
      ],
    });
    expect(body.items).toMatchObject([
      { podId: MINE, accepted: true },
      { podId: FOREIGN, accepted: false, reason: expect.stringContaining('AGG1 has no right') },
      { podId: ALSO_MINE, accepted: false, reason: expect.stringContaining('96 MTUs') },
    ]);
    expect(await baselineOf(MINE!)).toMatchObject({ origin: 'byHand', baselineW });
  });

  it('names the baseline whose day does not exist', async () => {
    const baselines = ['2026-03-17', '2026-02-30'].map((deliveryDay) => {
      return { podId: MINE, deliveryDay, baselineW: [] };
    });
    const { status, body } = await market.as(AGG1).put(`${PORTFOLIO}/baselines`, { baselines });
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field: 'baselines[1].deliveryDay' }]);
  });

  it('imports a file whole or not at all', async () => {
    const lines = Array.from({ length: 96 }, (_, mtu) => `${MINE};${DAY};${mtu};2000`);
    const importFile = (rows: readonly string[]) =>
      market.as(AGG1).post(`${PORTFOLIO}/baselines/import`, {
        csv: ['podId;deliveryDay;mtu;baselineW', ...rows].join('\n'),
      });
    const bad = await importFile(lines.with(1, `${MINE};${DAY};1;much`));
    expect(bad.status).toBe(400);
    expect(bad.body).toMatchObject({
      code: 'baseline-file-malformed',
      errors: [{ field: 'line 3', reason: 'has no whole watts: "much"' }, {}],
    });
    expect(await baselineOf(MINE!)).toMatchObject({ origin: 'byHand' });
    const good = await importFile(lines);
    expect(good.body.items).toEqual([{ podId: MINE, deliveryDay: DAY, accepted: true }]);
    expect(await baselineOf(MINE!)).toMatchObject({ origin: 'imported' });
  });

  it('takes the same file from its systems over the broker, and answers them as published', async () => {
    const secrets = JSON.parse(
      readFileSync(path.join(market.dataDir, 'aggregator-secrets.json'), 'utf8'),
    );
    const { aggregatorId } = market.scenario.aggregators[0]!;
    const [username, topic] = [`aggregator:${aggregatorId}`, `aggregator/${aggregatorId}/series`];
    const { host, port } = market.platform.broker;
    const url = `mqtt://${host}:${port}`;
    const system = await connectAsync(url, { username, password: secrets[username] });
    await system.subscribeAsync(`${topic}/answer`, { qos: 1 });
    const { channels, components } = JSON.parse(
      readFileSync(path.join(repositoryRoot(), 'infra/asyncapi.json'), 'utf8'),
    );
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const isPublished = ajv.compile(components.messages.seriesAnswer.payload);
    expect(channels.seriesAnswer.address).toBe('aggregator/{aggregatorId}/series/answer');
    const say = async (file: object) => {
      const said = new Promise<Buffer>((resolve) =>
        system.once('message', (_, payload) => resolve(payload)),
      );
      await system.publishAsync(topic, gzipSync(JSON.stringify(file)), { qos: 1 });
      const answer = JSON.parse((await said).toString());
      expect([isPublished(answer), isPublished.errors]).toEqual([true, null]);
      return answer;
    };
    const baselineW = new Array<number>(96).fill(1_750);
    const series = [MINE, FOREIGN].map((podId) => ({ podId, deliveryDay: DAY, baselineW }));
    expect(await say({ series })).toMatchObject({
      accepted: true,
      items: [
        { podId: MINE, accepted: true },
        { podId: FOREIGN, accepted: false },
      ],
    });
    expect(await baselineOf(MINE!)).toMatchObject({ origin: 'imported', baselineW });
    expect(await say({ series: [] })).toMatchObject({ code: 'baseline-file-malformed' });
    await system.endAsync(true);
  });

  it('forecasts nothing where nothing was measured, and says so', async () => {
    const asked = { deliveryDay: DAY, podIds: [MINE, FOREIGN] };
    const { body } = await market.as(AGG1).post(`${PORTFOLIO}/baselines/forecast`, asked);
    expect(body.items).toMatchObject([
      { podId: MINE, accepted: false, reason: 'no like day was measured in full' },
      { podId: FOREIGN, accepted: false, reason: 'it is not one of your registered PoDs' },
    ]);
    expect(await baselineOf(MINE!)).toMatchObject({ origin: 'imported' });
  });

  it('flags PoDs out of the automatic offers, its own only', async () => {
    const { body } = await flag([MINE!, FOREIGN!], false);
    expect(body.items).toMatchObject([{ accepted: true }, { accepted: false }]);
    const { offers, leftOut } = await preview();
    expect(offers.map(({ podId }: { podId: string }) => podId)).toEqual([ALSO_MINE]);
    expect(leftOut).toEqual([{ podId: MINE, reason: expect.stringContaining('flagged it out') }]);
  });

  it('says what its flexibility costs, MTU by MTU', async () => {
    const { body } = await market.as(AGG1).get(`${PORTFOLIO}/price-curve?day=${DAY}`);
    expect(new Set(body.items.map(({ mtu }: { mtu: number }) => mtu)).size).toBe(96);
    expect(body.items[0].steps.at(-1).cumulativeW).toBeGreaterThan(0);
    const wrong = await market.as(AGG1).get(`${PORTFOLIO}/price-curve?day=2026-02-30`);
    expect(wrong.body).toMatchObject({ status: 400, errors: [{ field: 'day' }] });
  });

  it('is refused before the gate opens, and sends nothing of which nothing can be built', async () => {
    const early = await market.as(AGG1).post(`${session}/offers`, { bidId: 'early' });
    expect(early.body).toMatchObject({ status: 409, code: 'gate-closed' });
    const foreign = { bidId: 'x', podIds: [FOREIGN] };
    const nothing = await market.as(AGG1).post(`${session}/offers`, foreign);
    expect(nothing.body).toMatchObject({ status: 409, code: 'nothing-to-offer' });
    expect(nothing.body.detail).toContain('not one of your registered PoDs');
  });

  it('sends by hand what is flagged out, as previewed; the automatic bid leaves that alone', async () => {
    await market.until('11:05');
    const wishes = { podIds: [MINE], marginPerMille: 0 };
    const { offers } = await preview(wishes);
    const sent = await market.as(AGG1).post(`${session}/offers`, { bidId: 'hand-1', ...wishes });
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ offers, replaced: [], refused: [], leftOut: [] });
    await market.until('11:35');
    expect(await standing()).toMatchObject([
      { podId: MINE, bidId: 'hand-1' },
      { podId: ALSO_MINE, bidId: `AGG1/${market.dayAhead}` },
    ]);
  });

  it('replaces an offer under new terms, and takes one back', async () => {
    const dearer = { bidId: 'hand-2', podIds: [ALSO_MINE], marginPerMille: 900 };
    const { body } = await market.as(AGG1).post(`${session}/offers`, dearer);
    expect(body.replaced).toEqual(body.offers.map(({ offerId }: { offerId: string }) => offerId));
    expect(body.replaced).toHaveLength(1);
    const gone = await market.as(AGG1).post(`${session}/withdrawals`, { podIds: [MINE] });
    expect(gone.body.withdrawn).toHaveLength(1);
    expect(await standing()).toMatchObject([{ podId: ALSO_MINE, bidId: 'hand-2' }]);
    const again = await market.as(AGG1).post(`${session}/withdrawals`, { podIds: [MINE] });
    expect(again.body.withdrawn).toEqual([]);
  });

  it('reports on a session only once its result is there', async () => {
    const report = await market.as(AGG1).get(`${session}/report`);
    expect(report.body).toMatchObject({ status: 409, code: 'result-pending' });
    const check = await market.as(AGG1).get(`${session}/settlement-check`);
    expect(check.body).toMatchObject({ status: 404, code: 'settlement-unknown' });
    const unknown = await market.as(AGG1).get(`${PORTFOLIO}/sessions/none/report`);
    expect(unknown.body).toMatchObject({ status: 404, code: 'session-unknown' });
  });
});

describe('after the day', () => {
  const PODS = 12;
  const AGGREGATORS = ['AGG1', 'AGG2', 'AGG3'];
  const DAY_START_MS = Date.parse('2026-03-16T23:00:00Z');
  const MTU_MS = 900_000;
  let served: ServedDay;
  let sessionIds: string[];
  beforeAll(async () => {
    served = await serveSimulatedDay(PODS);
    const { body } = await served.as('operator').get(`/api/v1/sessions?date=${DATE}`);
    sessionIds = body.items.map(({ sessionId }: { sessionId: string }) => sessionId);
  });
  afterAll(() => served.close());

  it('reports offered and accepted of every session; together it is what the market sold', async () => {
    let acceptedWMtu = 0;
    for (const sessionId of sessionIds) {
      for (const aggregator of AGGREGATORS) {
        const path = `${PORTFOLIO}/sessions/${sessionId}/report`;
        const { body } = await served.as(`aggregator:${aggregator}`).get(path);
        for (const offer of body.offers) {
          expect(offer.acceptedWMtu).toBeLessThanOrEqual(offer.offeredWMtu);
          if (offer.kind === 'block' && offer.acceptedWMtu > 0) {
            expect(offer.acceptedWMtu).toBe(offer.offeredWMtu);
          }
        }
        for (const service of body.services) acceptedWMtu += service.acceptedWMtu;
      }
    }
    expect(acceptedWMtu / 4).toBe(served.day.acceptedWh);
  });

  it('dispatches exactly what was sold, blocks of batteries among it', async () => {
    const soldW = new Map<string, number[]>();
    const blocks: string[] = [];
    for (const sessionId of sessionIds) {
      const { body: session } = await served.as(AGG1).get(`/api/v1/sessions/${sessionId}`);
      const first = (Date.parse(session.deliveryStart) - DAY_START_MS) / MTU_MS;
      for (const aggregator of AGGREGATORS) {
        const path = `${PORTFOLIO}/sessions/${sessionId}/report`;
        const { body } = await served.as(`aggregator:${aggregator}`).get(path);
        for (const { podId, kind, direction, acceptedW, acceptedWMtu } of body.offers) {
          if (kind === 'block' && acceptedWMtu > 0) blocks.push(podId);
          const sum = soldW.get(podId) ?? new Array<number>(96).fill(0);
          soldW.set(podId, sum);
          acceptedW.forEach((watts: number, mtu: number) => {
            sum[first + mtu]! += direction === 'up' ? -watts : watts;
          });
        }
      }
    }
    expect(blocks.length).toBeGreaterThan(0);
    for (const aggregator of AGGREGATORS) {
      const as = served.as(`aggregator:${aggregator}`);
      const { body: portfolio } = await as.get(`${PORTFOLIO}?day=${DATE}`);
      const { body: setpoints } = await as.get('/api/v1/setpoints?limit=1000');
      for (const { podId, baseline } of portfolio.items) {
        const askedW = new Array<number>(96).fill(0);
        for (const { podId: of, windowStart, targetW } of setpoints.items) {
          const first = (Date.parse(windowStart) - DAY_START_MS) / MTU_MS;
          targetW.forEach((watts: number | null, mtu: number) => {
            if (of !== podId || watts === null) return;
            askedW[first + mtu] = watts - baseline.baselineW[first + mtu];
          });
        }
        expect(askedW).toEqual(soldW.get(podId) ?? askedW.map(() => 0));
      }
    }
  });

  it('checks each settlement by its own computation, and agrees', async () => {
    let settledMicroEur = 0;
    for (const sessionId of sessionIds) {
      for (const aggregator of AGGREGATORS) {
        const path = `${PORTFOLIO}/sessions/${sessionId}/settlement-check`;
        const { body } = await served.as(`aggregator:${aggregator}`).get(path);
        expect(body).toMatchObject({ agrees: true, disputed: [], recordedDisputes: [] });
        expect(body.expectedMicroEur).toBe(body.settledMicroEur);
        settledMicroEur += body.settledMicroEur;
      }
    }
    expect(settledMicroEur).toBe(served.day.settledMicroEur);
  });

  it('shows what was dispatched, window by window', async () => {
    let setpoints = 0;
    for (const aggregator of AGGREGATORS) {
      const { body } = await served.as(`aggregator:${aggregator}`).get(`${PORTFOLIO}/dispatches`);
      expect(body.items).toHaveLength(6);
      for (const dispatch of body.items) {
        expect(dispatch).toMatchObject({ aggregatorId: aggregator, infeasible: [] });
        setpoints += dispatch.setpoints;
      }
    }
    expect(setpoints).toBe(served.day.setpoints);
  });

  it('shows the measurement history of its units, page by page', async () => {
    const days = 'from=2026-03-16T23:00:00Z&to=2026-03-17T23:00:00Z';
    const path = `${PORTFOLIO}/measurements?${days}&limit=3`;
    const first = await served.as(AGG1).get(path);
    const second = await served
      .as(AGG1)
      .get(`${path}&cursor=${encodeURIComponent(first.body.next)}`);
    const units = [...first.body.items, ...second.body.items];
    expect(units.map(({ podId }) => podId)).toEqual(
      ['0', '3', '6', '9'].map((end) => `IT002E6000000${end}`),
    );
    for (const { quarterHours } of units) expect(quarterHours).toHaveLength(96);
    const wrong = await served
      .as(AGG1)
      .get(`${PORTFOLIO}/measurements?from=2026-03-17T00:00Z&to=x`);
    expect(wrong.body.errors).toContainEqual({ field: 'to', reason: expect.any(String) });
  });

  it('forecasts the baselines of a like day to come from what was measured', async () => {
    const asked = { deliveryDay: '2026-03-25' };
    const { body } = await served.as(AGG1).post(`${PORTFOLIO}/baselines/forecast`, asked);
    expect(body.items).toHaveLength(4);
    for (const answer of body.items) expect(answer).toMatchObject({ accepted: true });
    const { body: portfolio } = await served.as(AGG1).get(`${PORTFOLIO}?day=2026-03-25`);
    for (const { baseline } of portfolio.items) {
      expect(baseline).toMatchObject({ ...asked, origin: 'forecast' });
      expect(baseline.baselineW).toHaveLength(96);
    }
    const again = await served.as(AGG1).post(`${PORTFOLIO}/baselines/forecast`, asked);
    expect(again.body.items).toEqual([]);
  });

  it('declares nothing for a day that is over', async () => {
    const asked = { deliveryDay: '2026-03-18' };
    const { body } = await served.as(AGG1).post(`${PORTFOLIO}/baselines/forecast`, asked);
    expect(body.items).toHaveLength(4);
    for (const answer of body.items) {
      expect(answer).toMatchObject({ accepted: false, reason: expect.stringContaining('is over') });
    }
  });
});
