/** What a simulated day looks like from outside: results, money, measurements, proofs and events. */
import type { CheckpointDocument } from '@flexledger/projections';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  decodeEntryBundle,
  leafHash,
  merkleRoot,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@flexledger/merkle-log';
import request from 'supertest';
import { LOG_ORIGIN } from '../platform/open-platform';
import type { CloudEvent } from './events/cloud-event';
import { readFrames, tokenOf } from './testing/http-client';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

let served: ServedDay;
const PODS = 10;

beforeAll(async () => {
  served = await serveSimulatedDay(PODS);
}, 120_000);
afterAll(() => served.close());

const open = () => request(served.url);
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

interface Session {
  readonly sessionId: string;
  readonly result: { readonly acceptedWMtu: number; readonly rows: number };
}

interface WalletClaim {
  readonly wallet: string;
  readonly cumulativeMicroEur: number;
  readonly proof: readonly string[];
}

const claimPath = (podId: string, holder: string): string =>
  `/api/v1/pods/${podId}/claims/${holder}`;

async function sessionsOfDay(): Promise<Session[]> {
  const { body } = await served.as('operator').get(`/api/v1/sessions?date=${DATE}`);
  return body.items as Session[];
}

describe('results and settlements', () => {
  it('are complete for the auditor and apart for the aggregators', async () => {
    const all = await served.as('auditor');
    let acceptedWMtu = 0;
    let netMicroEur = 0;
    for (const { sessionId, result } of await sessionsOfDay()) {
      const path = `/api/v1/sessions/${sessionId}`;
      const { body } = await all.get(`${path}/outcomes?limit=1000`);
      expect(body.items).toHaveLength(result.rows);
      const parts = await Promise.all(
        ['AGG1', 'AGG2', 'AGG3'].map(async (id) => {
          const response = await served.as(`aggregator:${id}`).get(`${path}/outcomes?limit=1000`);
          return (response.body.items as { aggregatorId: string }[]).map((row) => {
            expect(row.aggregatorId).toBe(id);
            return row;
          });
        }),
      );
      expect(parts.flat()).toHaveLength(result.rows);
      const settlement = (await all.get(`${path}/settlement`)).body;
      const rows = (await all.get(`${path}/settlement/rows?limit=1000`)).body.items;
      expect(rows).toHaveLength(settlement.published.rows);
      acceptedWMtu += result.acceptedWMtu;
      netMicroEur += settlement.published.netMicroEur;
    }
    expect(acceptedWMtu / 4).toBe(served.day.acceptedWh);
    expect(netMicroEur).toBe(served.day.settledMicroEur);
  });

  it('say of every losing offer why it lost, as the recorded clearing has it', async () => {
    const [session] = (await sessionsOfDay()).filter(({ result }) => result.rows > 0);
    const path = `/api/v1/sessions/${session!.sessionId}`;
    const { body: offers } = await served.as('operator').get(`${path}/offers?limit=1000`);
    const { body: outcomes } = await served.as('operator').get(`${path}/outcomes?limit=1000`);
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    for (const { offerId, aggregatorId } of offers.items) {
      const { body } = await served
        .as(`aggregator:${aggregatorId}`)
        .get(`${path}/offers/${offerId}/why`);
      const mtus = body.rounds.flatMap((round: { mtus: object[] }) => round.mtus);
      const permitted = sum(mtus.map((mtu: { permittedW: number }) => mtu.permittedW));
      const published = outcomes.items
        .filter((row: { offerId: string }) => row.offerId === offerId)
        .map((row: { acceptedW: number[] }) => sum(row.acceptedW));
      expect(permitted).toBe(sum(published));
      for (const { offeredW, acceptedW, reason, because } of mtus) {
        expect(reason === null).toBe(offeredW === acceptedW);
        expect(because).not.toBe('');
      }
    }
  });

  it("add up: the customers' awards and the aggregators' rest are all that was minted", async () => {
    const { body } = await served.as('operator').get('/api/v1/pods?limit=1000');
    let customersMicroEur = 0;
    for (const { podId, details } of body.items) {
      const path = `/contracts/transactions/balanceOf/${podId}`;
      const award = (await served.as('auditor').get(path)).body;
      expect(award).toMatchObject({ podId, wallet: details.wallet, walletClaimedMicroEur: 0 });
      customersMicroEur += award.awardedMicroEur;
    }
    // The agreement's 70 % of the pay, less half of the penalties.
    expect(customersMicroEur).toBeGreaterThan(0.5 * served.day.tokensMinted);
    expect(customersMicroEur).toBeLessThanOrEqual(0.7 * served.day.tokensMinted + PODS * 1_000);
    const foreign = body.items.find((pod: { aggregatorId: string }) => pod.aggregatorId === 'AGG2');
    const path = `/contracts/transactions/balanceOf/${foreign.podId}`;
    expect((await served.as('aggregator:AGG1').get(path)).status).toBe(403);
  });

  it('can be claimed by every wallet with its proof, until the reserve is empty', async () => {
    const token = served.platform.chain.tokenContract;
    const { body } = await served.as('operator').get('/api/v1/pods?limit=1000');
    const claims = new Map<string, WalletClaim>();
    for (const { podId } of body.items) {
      for (const holder of ['customer', 'aggregator']) {
        const { body: claim } = await served.as('auditor').get(claimPath(podId, holder));
        expect(claim).toMatchObject({ tokenContract: token.address, carriedMicroEur: 0 });
        expect(claim.earnedMicroEur).toBe(claim.cumulativeMicroEur);
        expect(claim.distributionRoot).toBe(await token.distributionRoot());
        if (claim.cumulativeMicroEur > 0) claims.set(claim.wallet, claim);
      }
    }
    for (const { wallet: account, cumulativeMicroEur, proof } of claims.values()) {
      const claim = { account, cumulativeMicroEur: BigInt(cumulativeMicroEur), proof };
      await token.claim(claim);
      expect(await token.balanceOfMicroEur(account)).toBe(claim.cumulativeMicroEur);
      await expect(token.claim(claim)).rejects.toMatchObject({ errorName: 'NothingToClaim' });
    }
    expect(await token.balanceOfMicroEur(token.address)).toBe(0n);
    const { podId } = body.items.find(({ details }: { details: { wallet: string } }) =>
      claims.has(details.wallet),
    );
    const path = `/contracts/transactions/balanceOf/${podId}`;
    const award = (await served.as('auditor').get(path)).body;
    expect(award.walletClaimedMicroEur).toBe(claims.get(award.wallet)!.cumulativeMicroEur);
    expect(award.walletBalanceMicroEur).toBe(award.walletClaimedMicroEur);
  });

  it('are shown to those whose they are', async () => {
    const { body } = await served.as('aggregator:AGG2').get('/api/v1/pods?limit=1');
    const [{ podId }] = body.items as [{ podId: string }];
    const statusFor = async (actor: string, holder: string): Promise<number> =>
      (await served.as(actor).get(claimPath(podId, holder))).status;
    expect(await statusFor('aggregator:AGG2', 'aggregator')).toBe(200);
    expect(await statusFor('aggregator:AGG2', 'customer')).toBe(200);
    expect(await statusFor('aggregator:AGG1', 'customer')).toBe(403);
    expect(await statusFor('auditor', 'landlord')).toBe(400);
    const unknown = await served.as('auditor').get(claimPath('IT002E99999999', 'customer'));
    expect(unknown.body.code).toBe('pod-unknown');
  });
});

describe('the field', () => {
  it('is measured, day by day', async () => {
    const path = '/api/v1/pods/IT002E60000000/measurements';
    const day = '?from=2026-03-16T23:00:00Z&to=2026-03-17T23:00:00Z';
    const { body } = await served.as('dso').get(path + day);
    expect(body.items).toHaveLength(96);
    expect(body.items[0]).toEqual({
      mtuStart: '2026-03-16T23:00:00.000Z',
      withdrawnWh: expect.any(Number),
      injectedWh: expect.any(Number),
      reactiveVarh: expect.any(Number),
    });
    const backwards = '?from=2026-03-17T23:00:00Z&to=2026-03-16T23:00:00Z';
    const refused = await served.as('dso').get(path + backwards);
    expect(refused.body.errors).toEqual([{ field: 'to', reason: expect.any(String) }]);
    expect((await served.as('dso').get(`${path}?from=yesterday&to=now`)).status).toBe(400);
  });

  it('has a grid with a model, forecasts and violations, for the DSO', async () => {
    const { body: grid } = await served.as('dso').get('/api/v1/grids/ieee33');
    expect(grid.model.buses).toHaveLength(33);
    expect(Object.keys(grid.limits.lineLimitA).length).toBeGreaterThan(0);
    const { body } = await served.as('dso').get('/api/v1/grids/ieee33/violations');
    const found = body.items.flatMap((item: { violations: object[] }) => item.violations);
    expect(found).toHaveLength(served.day.violations);
    const { sessionId } = body.items[0];
    const forecast = (await served.as('dso').get(`/api/v1/grids/ieee33/forecasts/${sessionId}`))
      .body;
    expect(forecast.busW).toHaveLength(33);
    expect((await served.as('dso').get('/api/v1/grids/atlantis')).body.code).toBe('grid-unknown');
    expect((await served.as('aggregator:AGG1').get('/api/v1/grids/ieee33')).status).toBe(403);
  });
});

describe("the grid's state", () => {
  const path = '/api/v1/grids/ieee33/state-estimates';
  const body = {
    at: '2026-03-17T10:00:00Z',
    measurements: [
      { id: 'busbar', kind: 'vmPu', bus: 'bus0', value: 1, sigma: 0.002 },
      {
        id: 'phasor',
        source: 'pmu',
        kind: 'iKa',
        element: 'line1',
        side: 'from',
        value: 0.1,
        sigma: 9,
      },
    ],
  };

  it('is estimated from SCADA, PMU and meters together, and read again', async () => {
    const dso = served.as('dso');
    expect((await dso.get(`${path}/latest`)).body.code).toBe('state-unknown');
    const { body: estimate, status } = await dso.post(path, body);
    expect(status).toBe(201);
    expect(estimate.sources).toMatchObject({ scada: 1, pmu: 1 });
    expect(estimate.buses).toHaveLength(33);
    expect((await dso.get(`${path}/latest`)).body).toMatchObject(estimate);
    const { body: page } = await dso.get(`${path}?from=2026-03-17T10:00:00Z`);
    expect(page.items).toHaveLength(1);
    expect((await dso.get(`${path}?from=2026-03-17T10:15:00Z`)).body.items).toEqual([]);
  });

  it('is refused by name, and to others', async () => {
    const dso = served.as('dso');
    const wrong = { ...body, measurements: [{ ...body.measurements[0], bus: 'nowhere' }] };
    const { body: problem, status } = await dso.post(path, wrong);
    expect(status).toBe(400);
    expect(problem.errors[0].field).toBe('measurement "busbar"');
    expect((await dso.post(path, { ...body, at: '2026-03-17T10:07:00Z' })).status).toBe(400);
    expect((await served.as('aggregator:AGG1').post(path, body)).status).toBe(403);
    expect((await served.as('auditor').post(path, body)).status).toBe(403);
  });
});

describe("the grid's model", () => {
  const path = '/api/v1/grids/ieee33';

  it('is read with its tag, published again, and not over what another has published', async () => {
    const dso = served.as('dso');
    const { body: standing, headers } = await dso.get(path);
    const tag = headers['etag']!;
    const bearer = await tokenOf(served.url, served.dataDir, 'dso');
    const own = (test: request.Test): request.Test => test.auth(bearer, { type: 'bearer' });
    await own(open().get(path)).set('If-None-Match', tag).expect(304);
    const { model } = standing;
    expect((await dso.put(path, { model })).body).toMatchObject({ changed: false });
    const limits = { ...standing.limits, transformerLimitPerMille: 900 };
    const put = await dso.put(path, { model, limits });
    expect(put.body).toMatchObject({ digest: standing.digest, changed: true });
    expect((await dso.get(path)).headers['etag']).toBe(put.headers['etag']);
    const late = await own(open().put(path)).set('If-Match', tag).send({ model });
    expect([late.status, late.body.code]).toEqual([412, 'precondition-failed']);
    await served.platform.reactors.drain();
    expect(served.platform.grid.limits.transformerPercent).toBe(90);
  });

  it('is refused by the element that does not hold, and from others', async () => {
    const dso = served.as('dso');
    const { model, limits } = (await dso.get(path)).body;
    const [line, ...lines] = model.lines;
    const broken = { ...model, lines: [{ ...line, to: 'nowhere' }, ...lines] };
    const { status, body } = await dso.put(path, { model: broken });
    expect([status, body.code]).toEqual([400, 'grid-malformed']);
    expect(body.detail).toContain('nowhere');
    const lineLimitA = { ...limits.lineLimitA, line999: 100 };
    const answer = await dso.put(path, { model, limits: { ...limits, lineLimitA } });
    expect(answer.body.errors).toEqual([
      { field: 'limits.lineLimitA.line999', reason: 'is of no line of the model' },
    ]);
    expect((await dso.put('/api/v1/grids/atlantis', { model })).body.code).toBe('grid-unknown');
    expect((await served.as('auditor').put(path, { model })).status).toBe(403);
  });
});

describe('the weather', () => {
  const path = '/api/v1/grids/ieee33/weather';
  const hour = (time: string, globalIrradianceWPerM2 = 412.5) => ({
    ...{ time, globalIrradianceWPerM2, temperatureC: -1.5, windSpeedMPerS: 4.2 },
  });

  it('is reported and read again, what came last', async () => {
    const dso = served.as('dso');
    const hours = [hour('2026-03-25T10:00:00Z'), hour('2026-03-25T12:00:00+01:00')];
    expect((await dso.post(path, { hours })).body).toMatchObject({ hours: 2 });
    await dso.post(path, { hours: [hour('2026-03-25T11:00:00Z', 300)] });
    const query = '?from=2026-03-25T00:00:00Z&to=2026-03-26T00:00:00Z';
    expect((await dso.get(path + query)).body.items).toEqual([
      { ...hours[0], time: '2026-03-25T10:00:00.000Z' },
      { ...hour('2026-03-25T11:00:00.000Z', 300) },
    ]);
  });

  it('is refused by name', async () => {
    const dso = served.as('dso');
    const { body, status } = await dso.post(path, { hours: [hour('2026-03-25T10:15:00Z')] });
    expect([status, body.code]).toEqual([400, 'weather-malformed']);
    expect(body.detail).toContain('hours[0]: time is "2026-03-25T10:15:00Z"');
    expect(
      (await dso.get(`${path}?from=2026-03-25T00:00:00Z&to=2026-03-24T00:00:00Z`)).status,
    ).toBe(400);
    expect((await served.as('tso').post(path, { hours: [] })).status).toBe(403);
  });
});

describe('the transparency log', () => {
  it('proves to anyone that each event is under a signed root', async () => {
    const { text: note } = await open().get('/api/v1/log/checkpoint').expect(200);
    const { body: feed } = await served.as('auditor').get('/api/v1/events?types=CertifierStarted');
    const publicKey = bytes((feed.items[0] as { data: { publicKey: string } }).data.publicKey);
    const checkpoint = verifyCheckpoint(
      sha256,
      note,
      { origin: LOG_ORIGIN, key: { name: LOG_ORIGIN, publicKey } },
      (key, message, signature) => verifyEd25519(hex(key), message, hex(signature)),
    );
    const { body } = await served.as('auditor').get('/api/v1/events?limit=1000');
    for (const { position, hash } of (body.items as CloudEvent[]).filter(
      (_, index) => index % 97 === 0,
    )) {
      const { body: claim } = await open().get(`/api/v1/log/inclusion?position=${position}`);
      const leaf = leafHash(sha256, bytes(hash));
      expect(claim).toMatchObject({
        leafHash: hex(leaf),
        size: checkpoint.size,
        root: hex(checkpoint.root),
      });
      const proof = (claim.proof as string[]).map(bytes);
      const { size, root } = checkpoint;
      expect(verifyInclusion(sha256, { leafHash: leaf, index: position, size, root, proof })).toBe(
        true,
      );
    }
  });

  it('proves that it only ever grew', async () => {
    const { body } = await open().get('/api/v1/anchors?limit=2').expect(200);
    const [later, earlier] = body.items as CheckpointDocument[];
    const sizes = `from=${earlier!.size}&to=${later!.size}`;
    const { body: claim } = await open().get(`/api/v1/log/consistency?${sizes}`).expect(200);
    const proved = verifyConsistency(sha256, {
      firstSize: earlier!.size,
      firstRoot: bytes(earlier!.root),
      secondSize: later!.size,
      secondRoot: bytes(later!.root),
      proof: (claim.proof as string[]).map(bytes),
    });
    expect(proved).toBe(true);
    const { txHash } = later!.anchor!;
    const byTransaction = `/api/certification/getByTransaction?transaction=${txHash}`;
    expect((await open().get(byTransaction)).body).toMatchObject({
      ...{ transaction: txHash, firstPosition: earlier!.size, size: later!.size },
    });
  });

  it('is there as tiles that hash to the root', async () => {
    const [latest] = (await open().get('/api/v1/anchors?limit=1')).body
      .items as CheckpointDocument[];
    const entries: Uint8Array[] = [];
    for (let index = 0; index * 256 < latest!.size; index += 1) {
      const width = Math.min(256, latest!.size - index * 256);
      const name = String(index).padStart(3, '0');
      const path = `/api/v1/log/tile/entries/${name}${width === 256 ? '' : `.p/${width}`}`;
      const { body } = await open().get(path).responseType('blob').expect(200);
      entries.push(...decodeEntryBundle(body as Buffer));
    }
    expect(hex(merkleRoot(sha256, entries))).toBe(latest!.root);
    const { body: tile } = await open()
      .get('/api/v1/log/tile/0/000')
      .responseType('blob')
      .expect(200);
    expect(tile).toEqual(
      Buffer.concat(entries.slice(0, 256).map((entry) => leafHash(sha256, entry))),
    );
    await open().get('/api/v1/log/tile/0/999').expect(404);
  });

  it.each([
    ['/api/v1/log/inclusion', 'position'],
    ['/api/v1/log/inclusion?position=99999999', 'position'],
    ['/api/v1/log/inclusion?position=0&size=99999999', 'size'],
    ['/api/v1/log/consistency?from=-1', 'from'],
    ['/api/certification/getByTransaction?transaction=0x1', 'transaction'],
  ])('answers GET %s by the field %s', async (path, field) => {
    const { body } = await open().get(path).expect(400);
    expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
  });

  it('knows no other transactions', async () => {
    const path = `/api/certification/getByTransaction?transaction=0x${'00'.repeat(32)}`;
    expect((await open().get(path).expect(404)).body.code).toBe('transaction-unknown');
  });
});

describe('the events', () => {
  it('come page by page until the log ends', async () => {
    const types: string[] = [];
    for (let from: number | null = 0; from !== null;) {
      const { body } = await served.as('auditor').get(`/api/v1/events?limit=1000&from=${from}`);
      types.push(...(body.items as CloudEvent[]).map(({ type }) => type));
      from = body.next as number | null;
    }
    expect(types).toHaveLength((await served.platform.store.head()) + 1);
    expect(types.filter((type) => type === 'flexledger.PodRegistered')).toHaveLength(PODS);
  });

  it('are shown to a party as far as they are its own', async () => {
    const path =
      '/api/v1/events?limit=1000&types=FlexibilityOffered,FlexibilityRequested,ResultPublished';
    const ownersSeenBy = async (actor: string): Promise<string[]> => {
      const { body } = await served.as(actor).get(path);
      const items = body.items as { data: { aggregatorId?: string; requester?: string } }[];
      return [...new Set(items.map(({ data }) => data.aggregatorId ?? data.requester ?? 'all'))];
    };
    expect(await ownersSeenBy('aggregator:AGG2')).toEqual(['AGG2']);
    expect(await ownersSeenBy('dso')).toEqual(['DSO']);
    expect((await ownersSeenBy('auditor')).sort()).toEqual([
      'AGG1',
      'AGG2',
      'AGG3',
      'DSO',
      'TSO',
      'all',
    ]);
  });

  it('follow the log as a stream that resumes after the last one seen', async () => {
    const { store, census } = served.platform;
    const head = await store.head();
    const authorization = `Bearer ${await tokenOf(served.url, served.dataDir, 'auditor')}`;
    const resumed = { authorization, 'last-event-id': String(head - 2) };
    const frames = readFrames(`${served.url}/api/v1/events`, resumed, 3);
    const availability = { podId: 'IT002E60000000', deliveryDay: '2026-04-01', available: false };
    const command = { kind: 'changeAvailability', ...availability } as const;
    await census.submit([command], { requestId: 'stream', actor: 'customer:IT002E60000000' });
    const positions = (await frames).map(({ id }) => id);
    expect(positions).toEqual([head - 1, head, head + 1]);
    expect((await frames)[2]!.data).toMatchObject({
      ...{ specversion: '1.0', type: 'flexledger.AvailabilityChanged', data: availability },
      ...{ subject: 'pod-IT002E60000000', position: head + 1, hash: expect.any(String) },
    });
  });

  it.each([
    ['?types=1', {}, 'types'],
    ['?from=-1', {}, 'from'],
    ['', { accept: 'text/event-stream', 'last-event-id': 'x' }, 'Last-Event-ID'],
  ])('refuse %s %j by its field', async (query, headers, field) => {
    const call = open().get(`/api/v1/events${query}`).set(headers);
    const token = await tokenOf(served.url, served.dataDir, 'auditor');
    const { body } = await call.auth(token, { type: 'bearer' }).expect(400);
    expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
  });
});

describe('a caller who knows the log as it is', () => {
  it('is answered 304 until something happens', async () => {
    const token = await tokenOf(served.url, served.dataDir, 'dso');
    const pods = () => open().get('/api/v1/pods').auth(token, { type: 'bearer' });
    const { headers } = await pods().expect(200);
    await pods().set('If-None-Match', headers['etag']!).expect(304);
    const command = {
      kind: 'changeAvailability',
      podId: 'IT002E60000001',
      available: false,
    } as const;
    const availability = { ...command, deliveryDay: '2026-04-01' };
    await served.platform.census.submit([availability], { requestId: 'etag', actor: 'operator' });
    const { body } = await pods().set('If-None-Match', headers['etag']!).expect(200);
    expect(body.items[1].unavailableDays).toEqual(['2026-04-01']);
  });
});

describe('the status page', () => {
  it('shows the day to everyone, as the log has it', async () => {
    const { day } = served;
    const { body } = await open().get('/api/v1/status').expect(200);
    expect(body).toMatchObject({
      pods: PODS,
      day: {
        date: DATE,
        ...{ requests: day.requests, offers: expect.any(Number), requestedWh: day.requestedWh },
        ...{ acceptedWh: day.acceptedWh, deliveredWh: day.deliveredWh },
        ...{ settledMicroEur: day.settledMicroEur, settledSessions: 7 },
      },
      tokens: { awardedMicroEur: day.tokensMinted, onChainMicroEur: day.tokensMinted },
      certification: {
        checkpoints: expect.any(Number),
        lastAnchor: { anchor: expect.any(Object) },
      },
      problems: [],
    });
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    expect(sum(body.day.power.acceptedW) / 4).toBe(day.acceptedWh);
    expect(sum(body.day.power.deliveredW) / 4).toBe(day.deliveredWh);
    expect(body.day.power.acceptedW).toHaveLength(96);
  });

  it('is a page of HTML that needs nothing but its own files', async () => {
    const { text, headers } = await open().get('/').expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(text).toContain('Tuesday 17 March 2026');
    expect(text).toContain(`${(served.day.acceptedWh / 1_000).toFixed(1)} kWh`);
    expect(text).toContain('awarded, the chain agrees');
    expect(text).toContain('audit --all --data data/&lt;demo&gt;');
    const assets = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets).toHaveLength(2);
    for (const path of assets) await open().get(path).expect(200);
    expect(text).not.toMatch(/(?:src|href)="https?:/);
    await open().get('/assets/..%2fpackage.json').expect(404);
  });

  it('says plainly when a day has no sessions, and what a day is', async () => {
    const { text } = await open().get('/?day=1999-01-01').expect(200);
    expect(text).toContain('No market sessions');
    const { body } = await open().get('/?day=yesterday').expect(400);
    expect(body.errors).toEqual([{ field: 'day', reason: 'must be a date like 2026-03-17' }]);
  });

  it('stands beside health and the API documents', async () => {
    await open().get('/health/ready').expect(200);
    const { body } = await open().get('/api/docs-json').expect(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/sessions/{sessionId}/offers',
        '/api/v1/pods/{podId}/baselines/{day}',
        '/api/v1/log/inclusion',
        '/api/v1/events',
        '/contracts/transactions/balanceOf/{pod}',
      ]),
    );
    const open_ = Object.entries(
      body.paths as Record<string, Record<string, { security?: object[] }>>,
    )
      .flatMap(([path, methods]) =>
        Object.values(methods).map(({ security }) => ({ path, security })),
      )
      .filter(({ security }) => security === undefined)
      .map(({ path }) => path);
    expect(new Set(open_)).toEqual(
      new Set([
        ...['/health/live', '/health/ready', '/oauth/token', '/.well-known/jwks.json'],
        ...['/api/v1/status', '/api/v1/log/checkpoint', '/api/v1/log/inclusion'],
        ...['/api/v1/log/consistency', '/api/v1/log/tile/{path}', '/api/v1/anchors'],
        '/api/certification/getByTransaction',
      ]),
    );
  });
});

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}
