/** The market in the names and units of D2.4, field by field. */
import type { OutcomeRow, SettlementRow } from '@flexledger/domain';
import { platoneCertification, platoneSmartContract, platoneWallet } from './platone-chain';
import { platoneOutcomeRows } from './platone-outcome';
import { platoneOffer, platoneRequest } from './platone-service';
import { platoneSettlement } from './platone-settlement';

const session = {
  sessionId: 'realTime-2022-09-22T20:00Z',
  kind: 'realTime',
  deliveryStart: '2022-09-22T20:00:00Z',
} as const;
const podId = 'IT002E60776854';
const offered = { offerId: 'o', podId, aggregatorId: 'ACEAE', direction: 'up' } as const;
const serviceId = 'ACEAE/IT002E60776854/realTime/2022-09-22T20:00:00.000Z';

it('names a request by operator, session and id, with its quantities in kW', () => {
  const request = {
    sessionId: session.sessionId,
    requestId: 'bt',
    requester: 'DSO',
    product: 'P',
    direction: 'down',
    scope: { podIds: [podId] },
    quantityW: [0, 1_234],
    priceCapMicroEurPerKwh: 350_000,
    requestedAt: '2022-09-22T17:01:00.000Z',
    revision: 3,
    results: [],
  } as const;
  expect(platoneRequest(request, session)).toEqual({
    insertDate: '2022-09-22T17:01:00.000Z',
    marketOperator: 'DSO',
    playerServiceId: 'DSO::realtime-bt::2022-09-22T20:00:00.000Z',
    serviceType: 'DSO_request',
    marketType: 'realTime',
    flexibility: {
      pods: [podId],
      poMId: null,
      power: [{ index: 1, pValue: -1.234, qValue: null, pPrice: 0.35, qPrice: null }],
    },
  });
  const ofTso = { ...request, requester: 'TSO', scope: { pom: 'PS-1' } } as const;
  const service = platoneRequest({ ...ofTso, priceCapMicroEurPerKwh: null }, session);
  expect(service.serviceType).toBe('TSO_request');
  expect(service.flexibility).toMatchObject({ pods: [], poMId: 'PS-1', power: [{ pPrice: null }] });
});

it('names an offer by aggregator, PoD and session; reactive power has fields of its own', () => {
  const offer = {
    ...offered,
    sessionId: session.sessionId,
    bidId: 'b',
    offeredAt: '2022-09-22T17:02:00.000Z',
    product: 'Q',
    pom: 'PS-1',
    podLimitW: 900,
  } as const;
  const single = {
    ...offer,
    kind: 'single',
    quantityW: [500, 0],
    priceMicroEurPerKwh: [50_000, 0],
    divisible: true,
    minQuantityW: 0,
  } as const;
  expect(platoneOffer(single, session)).toEqual({
    insertDate: '2022-09-22T17:02:00.000Z',
    marketOperator: 'ACEAE',
    playerServiceId: serviceId,
    serviceType: 'offer',
    marketType: 'realTime',
    flexibility: {
      pods: [podId],
      poMId: 'PS-1',
      power: [{ index: 0, pValue: null, qValue: 0.5, pPrice: null, qPrice: 0.05 }],
    },
  });
  const block = {
    ...offer,
    kind: 'block',
    quantityW: 800,
    priceMicroEurPerKwh: 40_000,
    durationMtus: 1,
    window: [2, 4],
  } as const;
  const indexes = platoneOffer(block, session).flexibility.power.map(({ index }) => index);
  expect(indexes).toEqual([2, 3, 4]);
});

const row: OutcomeRow = {
  ...offered,
  requestId: 'bt',
  requester: 'DSO',
  product: 'P',
  firstMtu: 50,
  acceptedW: [292, 0, 303],
  priceMicroEurPerKwh: [50_000, 50_000, 50_000],
};

it('has an outcome row by quarter-hour, as figure 6 has it', () => {
  const accepted = {
    index: 50,
    acceptedPValue: 0.292,
    acceptedQValue: null,
    acceptedPPrice: 0.05,
    acceptedQPrice: null,
    acceptedPType: 'OK',
    rejectionTypeP: null,
    rejectionTypeQ: null,
    playerServiceId: serviceId,
    playerRequestId: 'DSO',
    playerOfferId: 'ACEAE',
  };
  expect(platoneOutcomeRows({ row }, session)).toEqual([
    accepted,
    { ...accepted, index: 52, acceptedPValue: 0.303 },
  ]);
});

it('says what the DSO did not permit, and why', () => {
  const exception = {
    index: 0,
    status: 'partial',
    permittedW: [200, 0, 0],
    violatedElement: 'line 3',
  } as const;
  const rows = platoneOutcomeRows({ row, exception }, session);
  expect(rows.map(({ acceptedPValue }) => acceptedPValue)).toEqual([0.2, 0]);
  expect(rows[0]).toMatchObject({ acceptedPType: 'partial', rejectionTypeP: 'line 3' });
  const reactive = { row: { ...row, product: 'Q' }, exception } as const;
  expect(platoneOutcomeRows(reactive, session)[0]).toMatchObject({
    acceptedPType: null,
    acceptedQValue: 0.2,
    rejectionTypeP: null,
    rejectionTypeQ: 'line 3',
  });
});

it('has a settlement by PoD and quarter-hour, as tables 5 to 7 have it', () => {
  const settled: SettlementRow = {
    ...row,
    baselineW: [1_000, 1_000, 1_000],
    measuredW: [708, 1_000, null],
    deliveredW: [292, 0, 0],
    paidMicroEur: [3_650, 0, 0],
    penaltyMicroEur: [0, 0, 0],
  };
  const reactive: SettlementRow = { ...settled, product: 'Q', direction: 'down' };
  const ofP = { requestedQ: null, measuredQ: null, paidQ: null, penaltyQ: null };
  const players = { requestPlayerId: 'DSO', offerPlayerId: 'ACEAE' };
  expect(platoneSettlement(session, [settled], true)).toEqual({
    marketOutcomeId: session.sessionId,
    marketType: 'realTime',
    startTime: session.deliveryStart,
    sent: true,
    flexibility: [
      {
        pod: podId,
        power: [
          {
            ...{ index: '50', requestedP: 0.292, measuredP: 0.708, paidP: 0.003_65, penaltyP: 0 },
            ...ofP,
            ...players,
          },
          {
            ...{ index: '52', requestedP: 0.303, measuredP: null, paidP: 0, penaltyP: 0 },
            ...ofP,
            ...players,
          },
        ],
      },
    ],
  });
  const [pod] = platoneSettlement(session, [reactive], false).flexibility;
  expect(pod!.power[0]).toEqual({
    ...{ index: '50', requestedP: null, measuredP: null, paidP: null, penaltyP: null },
    ...{ requestedQ: -0.292, measuredQ: 0.708, paidQ: 0.003_65, penaltyQ: 0 },
    ...players,
  });
});

it('has certificates, wallets and contracts as tables 1, 2 and 4 have them', () => {
  const anchor = { txHash: '0x12', blockNumber: 4, anchoredAt: '2022-09-22T21:00:00.000Z' };
  const checkpoint = {
    size: 8,
    lastPosition: 7,
    root: 'ab',
    note: null,
    sealedAt: null,
    anchoredSize: 8,
    anchor,
    failures: 0,
    lastFailure: null,
  };
  expect(platoneCertification(checkpoint)).toEqual({
    hashedData: 'ab',
    owner: 'Market Operator',
    createdAt: '2022-09-22T21:00:00.000Z',
    transactionHash: '0x12',
  });
  expect(() => platoneCertification({ ...checkpoint, anchor: null })).toThrow('stands on no chain');
  expect(platoneWallet('0xc1', 1_234_500)).toEqual({ id_wallet: '0xc1', balance: '1.234500' });
  const terms = {
    podId,
    aggregatorId: 'ACEAE',
    customerSharePerMille: 700,
    customerPenaltySharePerMille: 500,
    aggregatorWallet: '0xa1',
  };
  expect(platoneSmartContract(terms, '0xc0')).toEqual({ address: '0xc0', owner: '0xa1' });
});
