/**
 * What a simulated day looks like from outside: results, money, status and the screens. The tests of the
 * field and of the log stand in suites of their own, run here: one simulated day serves them all.
 */
import { CHALLENGE_DELAY_S } from '@flexledger/contracts';
import { wallClock } from '@flexledger/runtime';
import request from 'supertest';
import { fieldOfDayTests } from './field-of-day.spec-suite';
import { logOfDayTests } from './log-of-day.spec-suite';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

let served: ServedDay;
const PODS = 10;

beforeAll(async () => {
  served = await serveSimulatedDay(PODS);
});
afterAll(() => served.close());

const open = () => request(served.url);

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

/** A block of the embedded chain after the time in which the last distribution can be challenged. */
async function passChallengeDelay(): Promise<void> {
  const { anchorContract } = served.platform.chain;
  const { size, rootHex, timestampS } = (await anchorContract.latest())!;
  // The day is simulated; what is served since then runs on the wall clock.
  const lastMs = Math.max(timestampS * 1_000, wallClock.nowMs());
  const blockTimeMs = lastMs + 2 * CHALLENGE_DELAY_S * 1_000;
  await anchorContract.anchor(size, rootHex, { blockTimeMs });
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

  it('are what each operator owes, and stand beside what was measured for each outcome', async () => {
    const owed = async (actor: string) =>
      (await served.as(actor).get(`/api/v1/statements?period=${DATE}`)).body.total.netMicroEur;
    expect((await owed('dso')) + (await owed('tso'))).toBe(served.day.settledMicroEur);
    const path = '/api/v1/outcome-measurements';
    const { body: day } = await served.as('auditor').get(`${path}?deliveryDay=${DATE}`);
    const energies = ['withdrawnWh', 'injectedWh', 'reactiveVarh'];
    for (const { marketOutcomeId, pods, ...sums } of day.items) {
      const { body } = await served.as('auditor').get(`${path}/${marketOutcomeId}`);
      expect(body.items).toHaveLength(pods);
      const { body: rows } = await served
        .as('auditor')
        .get(`/api/v1/sessions/${marketOutcomeId}/settlement/rows?limit=1000`);
      const { body: targets } = await served
        .as(`aggregator:${rows.items[0].aggregatorId}`)
        .get(`${path}/${marketOutcomeId}`);
      expect(targets.items.some((pod: { targetW: unknown[] }) => pod.targetW.some(Number))).toBe(
        true,
      );
      // What settlement measured a row by is what the meters said for its PoD.
      for (const { podId, product, firstMtu, measuredW } of rows.items) {
        const pod = body.items.find((each: { podId: string }) => each.podId === podId);
        const wattsOf = (_: number, at: number): number => {
          const mtu = firstMtu + at;
          return 4 * (pod.withdrawnWh[mtu] - pod.injectedWh[mtu]);
        };
        if (product === 'P') expect(measuredW.map(wattsOf)).toEqual(measuredW);
      }
      for (const energy of energies) {
        const all = body.items.flatMap((pod: Record<string, number[]>) => pod[energy]!);
        expect(all.reduce((sum: number, value: number) => sum + value, 0)).toBe(sums[energy]);
      }
    }
    expect(day.items.length).toBeGreaterThan(0);
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
    await passChallengeDelay();
    for (const { podId } of body.items) {
      for (const holder of ['customer', 'aggregator']) {
        const { body: claim } = await served.as('auditor').get(claimPath(podId, holder));
        expect(claim).toMatchObject({ tokenContract: token.address, carriedMicroEur: 0 });
        expect(claim.earnedMicroEur).toBe(claim.cumulativeMicroEur);
        expect(claim.awardedMicroEur).toBe(claim.cumulativeMicroEur);
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

fieldOfDayTests(() => served);

logOfDayTests(() => served, PODS);

describe('the status and the screens', () => {
  it('show the day to everyone, as the log has it', async () => {
    const { day } = served;
    const { body } = await open().get('/api/v1/status').expect(200);
    expect(body).toMatchObject({
      pods: PODS,
      day: {
        date: DATE,
        requests: day.requests,
        offers: expect.any(Number),
        requestedWh: day.requestedWh,
        acceptedWh: day.acceptedWh,
        deliveredWh: day.deliveredWh,
        settledMicroEur: day.settledMicroEur,
        settledSessions: 7,
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

  it('are a page of HTML that needs nothing but its own files', async () => {
    const { text, headers } = await open().get('/').expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    const files = [...text.matchAll(/(?:src|href)="(\/screens\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files).not.toEqual([]);
    for (const path of files) await open().get(path).expect(200);
    expect(text).not.toMatch(/(?:src|href)="https?:/);
  });

  it('say plainly when a day has no sessions, and what a day is', async () => {
    const { body: none } = await open().get('/api/v1/status?day=1999-01-01').expect(200);
    expect(none.day).toBeNull();
    const { body } = await open().get('/api/v1/status?day=yesterday').expect(400);
    expect(body.errors).toEqual([{ field: 'day', reason: 'must be a date like 2026-03-17' }]);
  });

  it('stand beside health and the API documents', async () => {
    await open().get('/health/ready').expect(200);
    const { body } = await open().get('/api/docs/openapi.json').expect(200);
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
      .filter(({ security }) => security?.length === 0)
      .map(({ path }) => path);
    expect(new Set(open_)).toEqual(
      new Set([
        ...['/health/live', '/health/ready', '/oauth/token', '/.well-known/jwks.json'],
        ...['/api/v1/demonstration-users'],
        ...['/api/v1/status', '/api/v1/log/checkpoint', '/api/v1/log/inclusion'],
        ...['/api/v1/log/proof', '/api/v1/log/key-changes', '/api/v1/log/contracts'],
        ...['/api/v1/log/consistency', '/api/v1/log/tile/{path}', '/api/v1/anchors'],
        ...['/api/certification/getByTransaction', '/.well-known/openid-configuration'],
        '/api/certification/getByTransaction/platone',
        ...['/api/v1/nodes/{podId}/enrolment', '/api/v1/nodes/{podId}/key'],
      ]),
    );
  });
});
