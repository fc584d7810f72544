/** Agreements by REST: proposed by the PoD's aggregator, accepted by its customer, ended by either. */
import { podStream } from '@flexledger/domain';
import { append } from '../testing/append';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';

const POD = 'IT002E60000001';
const CUSTOMER = `customer:${POD}`;
const agreement = `/api/v1/pods/${POD}/agreement`;
const terms = {
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 500,
  aggregatorWallet: `0x${'a1'.repeat(20)}`,
};

let served: ServedMarket;
beforeAll(async () => {
  served = await serveMarket(Date.parse('2026-03-16T08:00:00Z'), {});
  const details = {
    aggregatorId: 'AGG1',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_000,
    pvPeakW: 0,
    wallet: `0x${'c1'.repeat(20)}`,
  };
  const registered = { type: 'PodRegistered', data: { podId: POD, ...details } };
  await append(served.log, served.clock, podStream(POD), [registered]);
});
afterAll(() => served.close());

it('answers each with what it may, from the proposal to the end', () =>
  expectAnswers(served, [
    ['aggregator:AGG1', `GET ${agreement}`, undefined, 404, 'agreement-unknown'],
    [undefined, `PUT ${agreement}`, terms, 401, 'invalid-token'],
    ['dso', `PUT ${agreement}`, terms, 403, 'forbidden'],
    ['aggregator:AGG2', `PUT ${agreement}`, terms, 403, 'forbidden'],
    ['aggregator:AGG2', `PUT ${agreement}`, { ...terms, aggregatorId: 'AGG2' }, 403, 'forbidden'],
    [
      'aggregator:AGG1',
      `PUT ${agreement}`,
      { ...terms, aggregatorWallet: '1' },
      400,
      'input-malformed',
    ],
    ['aggregator:AGG1', 'PUT /api/v1/pods/never/agreement', terms, 404, 'pod-unknown'],
    ['aggregator:AGG1', `PUT ${agreement}`, terms, 200],
    ['aggregator:AGG1', `POST ${agreement}/acceptance`, terms, 403, 'forbidden'],
    [
      CUSTOMER,
      `POST ${agreement}/acceptance`,
      { ...terms, customerSharePerMille: 900 },
      409,
      'agreement-terms-changed',
    ],
    [CUSTOMER, `POST ${agreement}/acceptance`, terms, 200],
    [CUSTOMER, `POST ${agreement}/refusal`, { reason: '' }, 400, 'input-malformed'],
    ['aggregator:AGG2', `GET ${agreement}`, undefined, 403, 'forbidden'],
    [CUSTOMER, `GET ${agreement}`, undefined, 200],
    ['aggregator:AGG2', `POST ${agreement}/end`, { reason: 'a test' }, 403, 'forbidden'],
    ['aggregator:AGG1', `POST ${agreement}/end`, { reason: 'a test' }, 200],
  ]));

it('lists an aggregator’s own', async () => {
  const seenBy = async (actor: string, query = ''): Promise<unknown[]> => {
    const { body } = await served.send(actor, 'GET', `/api/v1/agreements${query}`);
    return (body['items'] as { podId: string }[]).map(({ podId }) => podId);
  };
  expect(await seenBy('aggregator:AGG1')).toEqual([POD]);
  expect(await seenBy(CUSTOMER)).toEqual([POD]);
  expect(await seenBy('aggregator:AGG2')).toEqual([]);
  expect(await seenBy('auditor', '?status=ended')).toEqual([POD]);
  expect(await seenBy('auditor', '?status=inForce')).toEqual([]);
  await expectAnswers(served, [
    ['dso', 'GET /api/v1/agreements', undefined, 403, 'forbidden'],
    ['auditor', 'GET /api/v1/agreements?status=lost', undefined, 400, 'input-malformed'],
  ]);
});

it('decides a proposal anew each time without a key, and knows it again under one', async () => {
  const call = served.clientOf('aggregator:AGG1');
  const propose = (customerSharePerMille: number, key?: string) => {
    const body = { ...terms, customerSharePerMille };
    const named = key === undefined ? {} : { idempotencyKey: key };
    return call({ method: 'PUT', path: agreement, body, ...named });
  };
  const shares = async () => {
    const proposed = await served.dataOf<typeof terms>('AgreementProposed');
    return proposed.slice(1).map(({ customerSharePerMille }) => customerSharePerMille);
  };
  for (const share of [600, 610, 600, 600]) await propose(share);
  expect(await shares()).toEqual([600, 610, 600]);
  await propose(620, 'k1');
  await propose(630);
  await propose(620, 'k1');
  expect(await shares()).toEqual([600, 610, 600, 620, 630]);
  await expect(propose(640, 'k1')).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  expect(await shares()).toEqual([600, 610, 600, 620, 630]);
});
