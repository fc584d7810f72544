/** Datasets in the names and units of the seeds (D2.4), as the interface gives them with `format=platone`. */
import {
  type SessionDocument,
  baselinesView,
  bidsView,
  certifierView,
  checkpointsView,
  eachOf,
  findCheckpoints,
  findOffers,
  findPods,
  findRequests,
  findSettlementRows,
  getCertifier,
  getSession,
  getSettlement,
  latestBaseline,
  measuredPower,
  offersView,
  platoneCertification,
  platoneOffer,
  platoneOutcomeRows,
  platonePod,
  platoneRequest,
  platoneSmartContract,
  podRegisterView,
  requestsView,
  sessionsView,
  settlementRowsView,
  settlementsView,
} from '@flexledger/projections';
import { clearedRows } from './cleared-rows';
import { type Dataset, ofSessions, sessionLookup } from './dataset';

export const platonePodsDataset: Dataset = {
  name: 'platone-pods',
  about: 'the register in the names and units of D2.4 table 3, one row a PoD',
  columns: {
    podId: 'text',
    aggregatorId: 'text',
    zone: 'text',
    poMId: 'text',
    pnP: 'number',
    inp: 'number',
    inq: 'number',
    cnq: 'number',
    sendTime: 'timestamp',
    validityStart: 'timestamp',
    flexibilityType: 'text',
    actionType: 'text',
    smartContractId: 'text',
    powerCurvesDuration: 'integer',
    powerCurveInterval: 'integer',
    powerBaselineCurves: 'json',
    maxFlexibility: 'json',
    wallet: 'text',
  },
  views: [podRegisterView, baselinesView],
  narrows: false,
  async *rows({ documents }) {
    for await (const pod of eachOf((page) => findPods(documents, {}, page))) {
      yield { ...platonePod(pod, await latestBaseline(documents, pod.podId)) };
    }
  },
};

export const platoneServicesDataset: Dataset = {
  name: 'platone-services',
  about: 'requests and offers in the names and units of D2.4 figure 4, one row a service',
  columns: {
    insertDate: 'timestamp',
    marketOperator: 'text',
    playerServiceId: 'text',
    serviceType: 'text',
    marketType: 'text',
    flexibility: 'json',
  },
  views: [requestsView, offersView, bidsView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const requests = ofSessions(source, (where, page) => findRequests(documents, where, page));
    for await (const request of requests) {
      yield { ...platoneRequest(request, await sessionOf(request.sessionId)) };
    }
    const offers = ofSessions(source, (where, page) => findOffers(documents, where, page));
    for await (const offer of offers) {
      yield { ...platoneOffer(offer, await sessionOf(offer.sessionId)) };
    }
  },
};

export const platoneOutcomesDataset: Dataset = {
  name: 'platone-outcomes',
  about: 'validated outcomes in the names and units of D2.4 figure 6, one row an offer and MTU',
  columns: {
    marketOutcomeId: 'text',
    marketType: 'text',
    startTime: 'timestamp',
    pod: 'text',
    index: 'integer',
    acceptedPValue: 'number',
    acceptedQValue: 'number',
    acceptedPPrice: 'number',
    acceptedQPrice: 'number',
    acceptedPType: 'text',
    rejectionTypeP: 'text',
    rejectionTypeQ: 'text',
    playerServiceId: 'text',
    playerRequestId: 'text',
    playerOfferId: 'text',
  },
  views: [sessionsView],
  narrows: true,
  async *rows(source) {
    const sessionOf = sessionLookup((id) => getSession(source.documents, id));
    for await (const { sessionId, row, answer } of clearedRows(source)) {
      if (!answer) continue;
      const session = await sessionOf(sessionId);
      const { exception } = answer;
      const outcome = { ...outcomeFields(session), pod: row.podId };
      const validated = { row, ...(exception ? { exception } : {}) };
      for (const each of platoneOutcomeRows(validated, session)) yield { ...outcome, ...each };
    }
  },
};

export const platoneSettlementsDataset: Dataset = {
  name: 'platone-settlements',
  about:
    'settlements that count in the names and units of D2.4 tables 5 to 7, one row an offer and MTU',
  columns: {
    marketOutcomeId: 'text',
    marketType: 'text',
    startTime: 'timestamp',
    sent: 'boolean',
    pod: 'text',
    index: 'text',
    requestedP: 'number',
    measuredP: 'number',
    paidP: 'number',
    penaltyP: 'number',
    requestedQ: 'number',
    measuredQ: 'number',
    paidQ: 'number',
    penaltyQ: 'number',
    requestPlayerId: 'text',
    offerPlayerId: 'text',
  },
  views: [settlementRowsView, settlementsView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = ofSessions(source, (where, page) => findSettlementRows(documents, where, page));
    for await (const row of find) {
      const outcome = outcomeFields(await sessionOf(row.sessionId));
      const sent = (await getSettlement(documents, row.sessionId))?.published != null;
      for (const power of measuredPower(row)) {
        yield { ...outcome, sent, pod: row.podId, ...power };
      }
    }
  },
};

export const platoneCertificationsDataset: Dataset = {
  name: 'platone-certifications',
  about: 'what the chain certifies in the names of D2.4 table 1, one row an anchored checkpoint',
  columns: {
    hashedData: 'text',
    owner: 'text',
    createdAt: 'timestamp',
    transactionHash: 'text',
  },
  views: [checkpointsView],
  narrows: false,
  async *rows({ documents }) {
    for await (const checkpoint of eachOf((page) => findCheckpoints(documents, page))) {
      if (checkpoint.anchor) yield { ...platoneCertification(checkpoint) };
    }
  },
};

export const platoneContractsDataset: Dataset = {
  name: 'platone-contracts',
  about: 'agreements certified on the chain in the names of D2.4 table 4, one row a PoD',
  columns: { podId: 'text', address: 'text', owner: 'text' },
  views: [podRegisterView, certifierView],
  narrows: false,
  async *rows({ documents }) {
    const address = (await getCertifier(documents))?.agreementContract ?? null;
    for await (const { podId, agreement } of eachOf((page) => findPods(documents, {}, page))) {
      if (!agreement?.termsDigest) continue;
      yield { podId, ...platoneSmartContract(agreement.terms, address) };
    }
  },
};

function outcomeFields({ sessionId, kind, deliveryStart }: SessionDocument) {
  return { marketOutcomeId: sessionId, marketType: kind, startTime: deliveryStart };
}
