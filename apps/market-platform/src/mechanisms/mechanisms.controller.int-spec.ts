/** Settlement mechanisms by REST: offered, chosen for PoDs of a kind, certified, and what customers are given by them. */
import { MTU_MS, podStream } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { publishSold, sold } from '../settlement/testing/sold-day';
import { adoptRules, append } from '../testing/append';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';
import { SESSIONS } from '../testing/trading-day';

const { rulePack } = loadRulePack('platone');
const window = SESSIONS[1]!;
const HOUSE = 'IT002E60000001';
const SHOP = 'IT002E60000002';
const FOREIGN = 'IT002E60000003';
const mechanisms = '/api/v1/settlement-mechanisms';
const WALLET = `0x${'A1'.repeat(20)}`;

const forHouseholds = {
  name: 'Households, seven tenths',
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 500,
  aggregatorWallet: WALLET,
  cluster: { customerKind: 'household' },
};
const forOneShop = {
  ...forHouseholds,
  name: 'The shop',
  customerSharePerMille: 400,
  customerPenaltySharePerMille: 0,
  cluster: { podIds: [SHOP] },
};

let served: ServedMarket;
beforeAll(async () => {
  served = await serveMarket(window.period.startMs - 60_000, {});
  const { log, clock } = served;
  await adoptRules(log, clock, { digest: 'the pack of the test', rulePack });
  const pods = [
    [HOUSE, 'AGG1', 'household'],
    [SHOP, 'AGG1', 'commercial'],
    [FOREIGN, 'AGG2', 'household'],
  ] as const;
  for (const [index, [podId, aggregatorId, customerKind]] of pods.entries()) {
    const size = { contractedPowerW: 3_000, annualEnergyKwh: 2_000, pvPeakW: 0 };
    const wallet = `0x${`c${index}`.repeat(20)}`;
    const data = { podId, aggregatorId, customerKind, ...size, wallet };
    await append(log, clock, podStream(podId), [{ type: 'PodRegistered', data }]);
  }
});
afterAll(() => served.close());

const offer = async (body: object): Promise<string> =>
  (await served.send('aggregator:AGG1', 'POST', mechanisms, body)).body[
    'smartContractId'
  ] as string;
const listed = async (actor: string, query = '') =>
  (
    (await served.send(actor, 'GET', `${mechanisms}${query}`)).body['items'] as {
      smartContractId: string;
      name: string;
      status: string;
    }[]
  ).map(({ name, status }) => [name, status]);

let households: string;
let shop: string;

it('has as many as the aggregator offers, each under the id that its terms make', async () => {
  households = await offer(forHouseholds);
  shop = await offer(forOneShop);
  expect([households, shop]).toEqual([
    expect.stringMatching(/^0x[0-9a-f]{40}$/),
    expect.stringMatching(/^0x[0-9a-f]{40}$/),
  ]);
  expect(households).not.toBe(shop);
  const renamed = { ...forHouseholds, aggregatorWallet: WALLET.toLowerCase() };
  expect(await offer(renamed)).toBe(households);
  await served.settle();
  const both = [
    [forHouseholds.name, 'offered'],
    [forOneShop.name, 'offered'],
  ];
  expect((await listed('aggregator:AGG1')).sort()).toEqual(both);
  expect((await listed('auditor')).sort()).toEqual(both);
  expect(await listed('aggregator:AGG2')).toEqual([]);
});

it('lists those to choose from for a PoD, and shows a customer its own', async () => {
  expect(await listed('aggregator:AGG1', `?podId=${HOUSE}`)).toEqual([
    [forHouseholds.name, 'offered'],
  ]);
  expect(await listed(`customer:${SHOP}`)).toEqual([[forOneShop.name, 'offered']]);
  expect(await listed('aggregator:AGG1', `?podId=${FOREIGN}`)).toEqual([]);
});

it('tells a customer of no other PoD that it is for, and a competitor of none of its terms', async () => {
  const forBoth = { ...forOneShop, cluster: { podIds: [HOUSE, SHOP] } };
  expect(await offer(forBoth)).toBe(shop);
  await served.settle();
  const { body } = await served.send(`customer:${SHOP}`, 'GET', mechanisms);
  expect(body['items']).toMatchObject([{ name: forOneShop.name, cluster: { podIds: [SHOP] } }]);
  expect(JSON.stringify(body)).not.toContain(HOUSE);
  const refused = await served.send('aggregator:AGG2', 'DELETE', `${mechanisms}/${shop}`);
  expect(refused.body['detail']).toBe('aggregator:AGG2 has no right to agreements:write of AGG1.');
  await offer(forOneShop);
  await served.settle();
});

it('is proposed to the PoDs that it is for, and to no other', async () => {
  const propose = (id: string, body: object) =>
    served.send('aggregator:AGG1', 'POST', `${mechanisms}/${id}/proposals`, body);
  expect((await propose(households, {})).body).toEqual({
    smartContractId: households,
    proposed: [HOUSE],
    refused: [],
  });
  expect((await propose(shop, { podIds: [SHOP, HOUSE, FOREIGN] })).body).toEqual({
    smartContractId: shop,
    proposed: [SHOP],
    refused: [
      { podId: HOUSE, reason: `${HOUSE} is not in the cluster of The shop.` },
      { podId: FOREIGN, reason: `${FOREIGN} is no PoD of AGG1.` },
    ],
  });
});

it('is accepted, certified, and each customer is given its own part of the same pay', async () => {
  for (const podId of [HOUSE, SHOP]) {
    const agreement = `/api/v1/pods/${podId}/agreement`;
    const { body } = await served.send(`customer:${podId}`, 'GET', agreement);
    const { podId: _, ...terms } = body['terms'] as Record<string, unknown>;
    await served.send(`customer:${podId}`, 'POST', `${agreement}/acceptance`, terms);
  }
  await served.settle();
  const { log, clock } = served;
  await publishSold(log, clock, window, [sold(HOUSE, 0, [1_000]), sold(SHOP, 0, [1_000])]);
  const endMs = window.period.startMs + window.period.mtuCount * MTU_MS;
  await served.until(endMs + rulePack.settlement.afterMinutes * 60_000);

  const stands = async (podId: string) => {
    const { body } = await served.send('auditor', 'GET', `/api/v1/pods/${podId}/agreement`);
    const balance = `/contracts/transactions/balanceOf/${podId}`;
    const { body: wallet } = await served.send('auditor', 'GET', balance);
    const { smartContractId, status, txHash } = body as Record<string, unknown>;
    return [smartContractId, status, typeof txHash, wallet['awardedMicroEur']];
  };
  expect(await stands(HOUSE)).toEqual([households, 'inForce', 'string', 700_000]);
  expect(await stands(SHOP)).toEqual([shop, 'inForce', 'string', 400_000]);
});

it('answers each with what it may, and proposes nothing by what is withdrawn', () =>
  expectAnswers(served, [
    [undefined, `GET ${mechanisms}`, undefined, 401, 'invalid-token'],
    ['dso', `GET ${mechanisms}`, undefined, 403, 'forbidden'],
    ['aggregator:AGG2', `POST ${mechanisms}`, forHouseholds, 403, 'forbidden'],
    [`customer:${HOUSE}`, `POST ${mechanisms}`, forHouseholds, 403, 'forbidden'],
    [
      'aggregator:AGG1',
      `POST ${mechanisms}`,
      { ...forHouseholds, cluster: { customerKind: 'palace' } },
      400,
      'input-malformed',
    ],
    [
      'aggregator:AGG1',
      `POST ${mechanisms}`,
      { ...forHouseholds, cluster: { fromPowerW: 9, belowPowerW: 9 } },
      400,
      'mechanism-malformed',
    ],
    [
      'aggregator:AGG1',
      `POST ${mechanisms}`,
      { ...forHouseholds, aggregatorWallet: `0x${'0'.repeat(40)}` },
      400,
      'agreement-malformed',
    ],
    ['aggregator:AGG1', `POST ${mechanisms}/0x1/proposals`, {}, 404, 'mechanism-unknown'],
    ['aggregator:AGG2', `POST ${mechanisms}/${shop}/proposals`, {}, 403, 'forbidden'],
    ['aggregator:AGG2', `DELETE ${mechanisms}/${shop}`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', `DELETE ${mechanisms}/${shop}`, undefined, 200],
    ['aggregator:AGG1', `POST ${mechanisms}/${shop}/proposals`, {}, 409, 'mechanism-withdrawn'],
  ]));
