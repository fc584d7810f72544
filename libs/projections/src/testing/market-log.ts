/**
 * Events of every type over a few PoDs, sessions and aggregators, for laws that hold for any log:
 * what the deciders would never let happen (an answer before its setpoint) is in it too.
 */
import { type CertificationEvent, POD_SERVICES } from '@flexledger/domain';
import fc, { type Arbitrary } from 'fast-check';
import type { LoggedEvent } from './recorded-log';

const podId = fc.constantFrom('IT002E00000001', 'IT002E00000002', 'IT002E00000003');
const sessionId = fc.constantFrom('dayAhead-2026-03-16T23:00Z', 'realTime-2026-03-17T03:00Z');
const aggregatorId = fc.constantFrom('AGG1', 'AGG2');
const offerId = fc.constantFrom('o1', 'o2', 'o/3');
const requestId = fc.constantFrom('r1', 'r2');
const day = fc.constantFrom('2026-03-17', '2026-03-18');
const count = fc.integer({ min: 0, max: 9_999 });
const text = fc.constantFrom('because', 'so');
const product = fc.constantFrom('P', 'Q');
const direction = fc.constantFrom('up', 'down');
const requester = fc.constantFrom('DSO', 'TSO');
const counts = fc.array(count, { minLength: 2, maxLength: 2 });
const part = fc.constantFrom({ index: 0, of: 1 }, { index: 0, of: 2 }, { index: 1, of: 2 });
const hex = fc.constantFrom('aa', 'bb');

const row = { offerId, requestId, podId, aggregatorId, requester, product, direction };
const outcomeRow = fc.record({
  ...row,
  firstMtu: count,
  acceptedW: counts,
  priceMicroEurPerKwh: counts,
});
const settlementRow = fc.record({
  ...row,
  firstMtu: count,
  acceptedW: counts,
  priceMicroEurPerKwh: counts,
  baselineW: counts,
  measuredW: fc.array(fc.option(count), { minLength: 2, maxLength: 2 }),
  deliveredW: counts,
  paidMicroEur: counts,
  penaltyMicroEur: counts,
  salt: fc.constant('ab'.repeat(16)),
});
const offer = fc.record({
  kind: fc.constant('single'),
  offerId,
  podId,
  product,
  direction,
  quantityW: counts,
  priceMicroEurPerKwh: counts,
  divisible: fc.boolean(),
  minQuantityW: count,
  pom: text,
  podLimitW: fc.oneof(count, counts),
});

type Fields = Readonly<Record<string, Arbitrary<unknown>>>;

/** One event of the stream that `streamOf` names. */
export function events(
  streamOf: (data: Readonly<Record<string, unknown>>) => string,
  types: Readonly<Record<string, Fields>>,
): Arbitrary<LoggedEvent>[] {
  return Object.entries(types).map(([type, fields]) =>
    fc.record(fields).map((data) => ({ streamId: streamOf(data), type, data })),
  );
}

const details = {
  podId,
  aggregatorId,
  customerKind: fc.constantFrom('household', 'commercial'),
  contractedPowerW: count,
  annualEnergyKwh: count,
  pvPeakW: count,
  wallet: hex,
};
const curve = fc.oneof(count, counts);
const service = fc.constantFrom(...POD_SERVICES);
const podEvents = events(({ podId: id }) => `pod-${id as string}`, {
  PodRegistered: details,
  PodDetailsChanged: details,
  PodLocated: { podId, gridId: text, busId: text, pom: text, podRecord: fc.record(details) },
  FlexibilityDeclared: { podId, upW: curve, downW: curve, upVar: curve, downVar: curve },
  BaselineDeclared: {
    podId,
    deliveryDay: day,
    baselineW: counts,
    baselineVar: counts,
    origin: fc.constant('forecast'),
  },
  AvailabilityChanged: { podId, deliveryDay: day, available: fc.boolean() },
  AutomaticOffersChanged: { podId, aggregatorId, automaticOffers: fc.boolean() },
  ServicesNamed: { podId, services: fc.subarray([...POD_SERVICES]) },
  ServiceQualified: { podId, service, qualifiedBy: fc.constantFrom('DSO', 'TSO') },
  ServiceRefused: { podId, service, refusedBy: fc.constantFrom('DSO', 'TSO'), reason: text },
  PodUnregistered: { podId, reason: text },
});
const anomaly = fc.constantFrom('meter', 'ems');
const mtuStart = fc.tuple(day, fc.integer({ min: 0, max: 7 })).map(([date, quarter]) => {
  const minutes = String((quarter % 4) * 15).padStart(2, '0');
  return `${date}T0${Math.floor(quarter / 4)}:${minutes}:00.000Z`;
});
const signedAnomaly = fc.record({
  content: fc.record(
    {
      anomalyId: text,
      podId,
      kind: anomaly,
      code: text,
      detail: text,
      startedAt: mtuStart,
      endedAt: mtuStart,
    },
    { requiredKeys: ['anomalyId', 'podId', 'kind', 'code', 'detail', 'startedAt'] },
  ),
  signature: hex,
  publicKey: hex,
});
const nodeEvents = events(({ podId: id }) => `node-${id as string}`, {
  NodeEnrolled: { podId, publicKey: hex, meterDriver: text },
  KeyRotated: {
    podId,
    publicKey: hex,
    rotation: fc.record({
      content: fc.record({ podId, previousKey: hex, publicKey: hex, at: text }),
      previousProof: hex,
      proof: hex,
    }),
  },
  EnrolmentTokenIssued: { podId, tokenHash: hex, expiresAt: text, replaces: fc.boolean() },
  MeterIdentified: { podId, serialNumber: text },
  NodeRevoked: { podId, reason: text },
  NodeConnected: { podId },
  NodeDisconnected: { podId },
  AnomalyRaised: { podId, anomaly, detail: text, statement: signedAnomaly },
  AnomalyCleared: { podId, anomaly, statement: signedAnomaly },
});
const agreementEvents = events(({ podId: id }) => `agreement-${id as string}`, {
  AgreementProposed: {
    podId,
    aggregatorId,
    customerSharePerMille: count,
    customerPenaltySharePerMille: count,
    aggregatorWallet: hex,
  },
  AgreementAccepted: { podId },
  AgreementRefused: { podId, reason: text },
  AgreementEnded: { podId, reason: text },
  AgreementCertified: { podId, acceptance: hex, termsDigest: hex, txHash: hex },
  AgreementEndCertified: { podId, acceptance: hex, termsDigest: hex, txHash: hex },
});
const chain2 = {
  podId,
  sequence: count,
  mtuStart,
  withdrawnWh: count,
  injectedWh: count,
  reactiveVarh: count,
  withdrawnTotalWh: count,
  injectedTotalWh: count,
};
const meterEvents = events(({ podId: id }) => `meter-${id as string}-2026-03`, {
  MeasurementRecorded: {
    podId,
    sequence: count,
    inputData: fc.record(
      {
        ...chain2,
        chain2Full: fc.record({
          meanPowerW: count,
          inductiveWithdrawnVarh: count,
          capacitiveInjectedVarh: count,
          inductiveInjectedVarh: count,
          capacitiveWithdrawnVarh: count,
        }),
      },
      { requiredKeys: Object.keys(chain2) as (keyof typeof chain2)[] },
    ),
    hash: hex,
    signedHash: hex,
  },
  PacketRejected: { podId, reason: fc.constant('wrong-hash'), detail: text, packet: text },
});
const sessionEvents = events(({ sessionId: id }) => `session-${id as string}`, {
  SessionScheduled: {
    sessionId,
    kind: fc.constantFrom('dayAhead', 'realTime'),
    deliveryDay: day,
    deliveryStart: mtuStart,
    mtuCount: count,
    gateOpensAt: mtuStart,
    gateClosesAt: mtuStart,
    resultDueAt: mtuStart,
    rulePackDigest: hex,
    registerPosition: count,
  },
  SessionOpened: { sessionId },
  FlexibilityRequested: {
    sessionId,
    requestId,
    requester,
    product,
    direction,
    scope: fc.oneof(fc.record({ pom: text }), fc.record({ podIds: fc.array(podId) })),
    gridPoint: fc.record({ pom: text, mvFeeder: text }),
    quantityW: counts,
    priceCapMicroEurPerKwh: fc.option(count),
  },
  RequestWithdrawn: { sessionId, requestId },
  FlexibilityOffered: {
    sessionId,
    bidId: fc.constantFrom('b1', 'b2'),
    aggregatorId,
    part,
    offers: fc.array(offer, { maxLength: 4 }),
    refused: fc.array(fc.record({ index: count, offerId, reason: text }), { maxLength: 1 }),
  },
  OfferWithdrawn: { sessionId, aggregatorId, offerIds: fc.array(offerId, { maxLength: 2 }) },
  SessionClosed: { sessionId, requests: count, offers: count },
  MarketCleared: {
    sessionId,
    round: fc.constantFrom(0, 1),
    part,
    algorithm: text,
    version: text,
    parameters: fc.constant({}),
    inputDigest: hex,
    gap: fc.constant(null),
    rows: fc.array(outcomeRow, { maxLength: 2 }),
    requests: fc.array(
      fc.record({
        requestId,
        servedW: counts,
        marginalPriceMicroEurPerKwh: counts,
        binding: fc.array(text),
      }),
      { maxLength: 2 },
    ),
  },
  OutcomeSentForValidation: {
    sessionId,
    outcomeId: text,
    round: count,
    rows: count,
    answerDueAt: mtuStart,
  },
  OutcomeValidated: {
    sessionId,
    outcomeId: text,
    round: count,
    part,
    validatedBy: fc.constantFrom('DSO', 'no-answer'),
    exceptions: fc.array(
      fc.record({
        index: count,
        status: fc.constant('KO'),
        permittedW: counts,
        violatedElement: text,
      }),
      { maxLength: 2 },
    ),
  },
  ResultPublished: { sessionId, part, rows: fc.array(outcomeRow, { maxLength: 3 }) },
  SessionCancelled: { sessionId, reason: text },
});
const settlementEvents = events(({ sessionId: id }) => `settlement-${id as string}`, {
  SettlementComputed: {
    sessionId,
    correction: fc.constantFrom(0, 1),
    part,
    inputDigest: hex,
    rowsRoot: hex,
    rows: fc.array(settlementRow, { maxLength: 3 }),
  },
  TokensAwarded: {
    sessionId,
    correction: fc.constantFrom(0, 1),
    settlementLeaf: hex,
    amountMicroEur: count,
    accounts: count,
    distributionRoot: hex,
    txHash: hex,
    blockNumber: count,
  },
  SettlementPublished: {
    sessionId,
    correction: fc.constantFrom(0, 1),
    rows: count,
    unmeasuredMtus: count,
    acceptedWMtu: count,
    deliveredWMtu: count,
    netMicroEur: count,
    rowsRoot: hex,
  },
  SettlementDisputed: {
    sessionId,
    correction: fc.constantFrom(0, 1),
    aggregatorId,
    settledMicroEur: count,
    expectedMicroEur: count,
    disputedRows: count,
    rows: fc.constant([]),
  },
});
const setpointId = fc.constantFrom('s1', 's2');
const activationEvents = events(({ podId: id }) => `activation-2026-03-17T03:00Z-${id as string}`, {
  SetpointIssued: {
    podId,
    windowStart: fc.constant('2026-03-17T03:00:00.000Z'),
    targetW: fc.array(fc.option(count), { maxLength: 3 }),
    targetVar: fc.array(fc.option(count), { maxLength: 3 }),
    aggregatorId,
    setpointId,
  },
  SetpointCarried: { setpointId, podId, attempt: count },
  SetpointReceived: { setpointId, podId, at: mtuStart },
  SetpointApplied: { setpointId, podId, at: mtuStart },
  SetpointFailed: { setpointId, podId, reason: text },
});
const statementEvents = events(({ podId: id }) => `statements-${id as string}-2026-03`, {
  SetpointReceiptSigned: {
    podId,
    content: fc.record({
      setpointId: text,
      podId,
      receivedAt: mtuStart,
      emsReceivedAt: mtuStart,
    }),
    signature: hex,
    publicKey: hex,
  },
  ActivationSigned: {
    podId,
    content: fc.record({
      setpointId: text,
      podId,
      mtuStart,
      targetW: count,
      targetVar: count,
      appliedAt: mtuStart,
    }),
    signature: hex,
    publicKey: hex,
  },
  StatementRejected: { podId, reason: fc.constant('wrong-signature'), detail: text, message: text },
});
const dispatchEvents = events(() => 'dispatch-2026-03-17T03:00Z-AGG1', {
  DispatchReported: {
    aggregatorId,
    windowStart: fc.constantFrom('2026-03-17T03:00:00.000Z', '2026-03-17T07:00:00.000Z'),
    setpoints: count,
    infeasibleMtus: count,
    infeasible: fc.constant([]),
  },
});
const unit = fc.record({
  podId,
  marketMicroEurPerKwh: count,
  weatherMicroEurPerKwh: count,
  maintenanceMicroEurPerKwh: count,
  operationMicroEurPerKwh: count,
  strategyMicroEurPerKwh: count,
  fixedMicroEurPerMtu: count,
  feedInW: count,
  limits: fc.constant(null),
});
const costsEvents = events(({ aggregatorId: id }) => `costs-${id as string}`, {
  CostsDeclared: {
    aggregatorId,
    units: fc.uniqueArray(unit, { selector: (of) => of.podId, maxLength: 3 }),
  },
  MarginDeclared: { aggregatorId, marginPerMille: count },
});
const assetEvents = events(({ aggregatorId: id }) => `assets-${id as string}`, {
  AssetDefined: {
    aggregatorId,
    assetId: fc.constantFrom('roofs', 'north'),
    name: text,
    podIds: fc.uniqueArray(podId, { maxLength: 3 }),
    assetIds: fc.constant([]),
  },
  AssetRemoved: { aggregatorId, assetId: fc.constantFrom('roofs', 'north') },
});
const dashboardId = fc.constantFrom('d1', 'd2');
const dashboardEvents = events(({ aggregatorId: id }) => `dashboards-${id as string}`, {
  DashboardSaved: {
    aggregatorId,
    dashboardId,
    name: text,
    userId: fc.constantFrom(null, 'u1'),
    widgets: fc.constant([]),
  },
  DashboardRemoved: { aggregatorId, dashboardId },
});
const linkId = fc.constantFrom('l1', 'l2');
const widgetLinkEvents = events(({ aggregatorId: id }) => `widgetLinks-${id as string}`, {
  WidgetPublished: {
    aggregatorId,
    linkId,
    dashboardId,
    widget: fc.record({
      widgetId: text,
      title: text,
      kind: fc.constantFrom('chart', 'figure', 'table'),
      lines: fc.constant([{ label: 'x', formula: '1' }]),
    }),
    days: count,
    expiresAt: fc.constant('2026-04-17T10:00:00.000Z'),
    frameAncestors: fc.constantFrom([], ['https://www.example.org']),
  },
  WidgetWithdrawn: { aggregatorId, linkId },
});
const forecast = {
  forecastId: fc.constantFrom('f1', 'f2'),
  gridId: fc.constant('rome'),
  sessionId,
};
const gridEvents = events(() => 'gridForecast-rome-2026-03-16T23:00Z', {
  ForecastComputed: {
    ...forecast,
    modelDigest: hex,
    mtuCount: count,
    busW: fc.array(counts, { maxLength: 2 }),
    busVar: fc.array(counts, { maxLength: 2 }),
    violations: count,
  },
  ForecastContinued: {
    ...forecast,
    busW: fc.array(counts, { maxLength: 2 }),
    busVar: fc.array(counts, { maxLength: 2 }),
  },
  CustomersForecast: {
    ...forecast,
    podIds: fc.uniqueArray(podId, { minLength: 1 }),
    forecastW: fc.array(counts, { minLength: 3, maxLength: 3 }),
  },
  ViolationDetected: {
    ...forecast,
    elementType: fc.constantFrom('line', 'bus'),
    elementId: text,
    violation: fc.constantFrom('overload', 'underVoltage'),
    value: counts,
    limit: count,
    podIds: fc.array(podId, { maxLength: 2 }),
    helpW: counts,
    helpVar: counts,
  },
  GridReconfigured: {
    ...forecast,
    positions: fc.array(
      fc.record({
        elementType: fc.constantFrom('switch', 'line'),
        elementId: text,
        closed: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    reason: text,
    modelDigest: hex,
    ended: fc.array(text, { maxLength: 2 }),
  },
  ViolationResolved: { ...forecast, elementId: text },
  RequestPlanned: {
    ...forecast,
    elementType: fc.constantFrom('line', 'bus'),
    elementId: text,
    voltageLevel: fc.constantFrom('LV', 'MV'),
    request: fc.record({
      requestId,
      requester,
      product,
      direction,
      scope: fc.record({ podIds: fc.array(podId) }),
      gridPoint: fc.record({ pom: text, secondarySubstation: text }),
      quantityW: counts,
      priceCapMicroEurPerKwh: fc.option(count),
    }),
  },
  RequestHeld: { gridId: fc.constant('rome'), sessionId, requestId, reason: text },
  RequestReleased: { gridId: fc.constant('rome'), sessionId, requestId },
  RequestSent: { gridId: fc.constant('rome'), sessionId, requestId },
});
const stateEvents = events(() => 'gridState-rome-2026-03-17', {
  StateEstimated: {
    estimateId: hex,
    gridId: fc.constant('rome'),
    modelDigest: hex,
    at: mtuStart,
    measurementsDigest: hex,
    sources: fc.record({ scada: count, amr: count, pmu: count, pseudo: count }),
    busIds: fc.constant(['b0', 'b1']),
    vmMicroPu: counts,
    vaMicroDegree: counts,
    vmSigmaMicroPu: counts,
    vaSigmaMicroDegree: counts,
    removed: fc.constant([]),
    critical: fc.array(text, { maxLength: 2 }),
    chiSquare: fc.record({ valueMicro: count, degreesOfFreedom: count, passed: fc.boolean() }),
  },
});
const weatherEvents = events(() => 'weather-rome', {
  WeatherReported: {
    gridId: fc.constant('rome'),
    source: text,
    hours: fc.constantFrom(
      ['2026-03-16T23:00:00.000Z', '2026-03-17T00:00:00.000Z'],
      ['2026-03-17T00:00:00.000Z', '2026-03-17T01:00:00.000Z'],
    ),
    irradianceDeciWPerM2: counts,
    temperatureDeciC: counts,
    windCmPerS: counts,
  },
});
const balancingEvents = events(() => 'balancing-j1', {
  BalancingJobCompleted: {
    jobId: fc.constantFrom('j1', 'j2'),
    name: text,
    application: text,
    control: fc.constantFrom('rule-based', 'optimal'),
    plan: fc.constant(null),
    moment: fc.constant(null),
    schedule: fc.record({
      generationW: counts,
      netW: counts,
      batteries: fc.constant([]),
    }),
    solver: fc.option(text),
  },
  BalancingJobDeleted: { jobId: fc.constantFrom('j1', 'j2') },
});
const derControlEvents = events(({ runId }) => `derControl-${runId as string}`, {
  DerControlStarted: {
    runId: fc.constantFrom('d1', 'd2'),
    gridId: fc.constant('rome'),
    from: fc.constant('2026-03-17T10:00:00.000Z'),
    mtuCount: fc.constant(2),
    estimateId: fc.option(hex),
    tariffsDigest: fc.option(hex),
  },
  DerControlReported: {
    runId: fc.constantFrom('d1', 'd2'),
    gridId: fc.constant('rome'),
    setpoints: fc.array(
      fc.record({ resourceId: text, powerW: counts, powerVar: fc.constant([null, null]) }),
      { maxLength: 2 },
    ),
  },
});
const checkpoint = { size: fc.integer({ min: 1, max: 4 }), root: hex };
const contractDeployed = fc.record({ address: hex, codeHash: hex });
const certificationTypes: Record<CertificationEvent['type'], Fields> = {
  CertifierStarted: {
    origin: text,
    publicKey: hex,
    chainId: count,
    anchorContract: hex,
    tokenContract: hex,
  },
  LogKeyReplaced: { publicKey: hex, statement: text },
  ContractsChanged: {
    chainId: count,
    former: fc.record({ anchorContract: hex, tokenContract: hex, agreementContract: hex }),
    lastAnchor: fc.record({ ...checkpoint, txHash: hex, blockNumber: count }),
    next: fc.record({
      anchorContract: contractDeployed,
      tokenContract: contractDeployed,
      agreementContract: contractDeployed,
      admin: hex,
    }),
    reason: text,
    statement: text,
  },
  CheckpointSealed: { ...checkpoint, note: text },
  CheckpointCosigned: { size: checkpoint.size, witness: text, line: text },
  CheckpointAnchored: { ...checkpoint, txHash: hex, blockNumber: count },
  AnchorFailed: { ...checkpoint, reason: text },
  AnchorLost: { ...checkpoint, standingSize: count },
};
const alarm = { aggregatorId, alarmId: fc.constantFrom('nodeSilent-1', 'nodeSilent-2') };
const kpiEvents = events(({ podId: id }) => `kpiExclusion-${id as string}`, {
  KpiExclusionChanged: { podId, excluded: fc.boolean(), reason: text },
});
const alarmEvents = events(
  ({ aggregatorId: of, alarmId: id }) => `alarm-${of as string}-${id as string}`,
  {
    AlarmRaised: {
      ...alarm,
      facts: fc.record({ kind: fc.constant('nodeSilent'), podId, since: text }),
    },
    AlarmAcknowledged: { ...alarm, action: fc.option(text), reason: fc.option(text) },
    AlarmEnded: alarm,
  },
);
const mechanismEvents = events(({ smartContractId: id }) => `settlementMechanism-${id as string}`, {
  SettlementMechanismOffered: {
    smartContractId: hex,
    name: text,
    aggregatorId: fc.constantFrom('AGG1', 'AGG2'),
    customerSharePerMille: count,
    customerPenaltySharePerMille: count,
    aggregatorWallet: hex,
    cluster: fc.constantFrom({}, { customerKind: 'household' }),
  },
  SettlementMechanismWithdrawn: {
    smartContractId: hex,
    aggregatorId: fc.constantFrom('AGG1', 'AGG2'),
  },
});
const notificationEvents = events(({ podId: id }) => `notifications-${id as string}`, {
  NotificationsRead: { podId, upTo: text },
  NotificationsChosen: { podId, kinds: fc.constantFrom([], ['economicResult']) },
});
const unviewed = [
  ...events(() => 'quarterHour-2026-03-17T10:00Z', {
    QuarterHourReported: {
      quarterHour: fc.constant('2026-03-17T10:00:00.000Z'),
      part,
      rows: fc.array(
        fc.record({
          podId,
          aggregatorId: fc.option(aggregatorId),
          isMeasured: fc.boolean(),
          anomalies: fc.constant([{ code: 'no-data', since: null }]),
        }),
        { maxLength: 2 },
      ),
    },
  }),
  ...events(() => 'data-access-batches', {
    DataAccessContractNamed: { contract: hex, txHash: hex, blockNumber: count },
    DataAccessBatchRecorded: {
      batch: count,
      count,
      root: hex,
      contract: hex,
      txHash: hex,
      blockNumber: count,
    },
  }),
  ...events(() => 'gridModel-rome', { GridModelPublished: { gridId: text } }),
  ...events(() => 'tariffs-rome', {
    TariffsPublished: {
      gridId: fc.constant('rome'),
      source: text,
      digest: hex,
      tariffs: fc.array(
        fc.record({
          tariffId: text,
          zone: fc.option(text),
          from: fc.constant('2026-03-17T00:00:00.000Z'),
          until: fc.constant('2026-03-18T00:00:00.000Z'),
          priceMicroEurPerKwh: count,
        }),
        { maxLength: 2 },
      ),
    },
  }),
  ...events(() => 'gridOperations-rome-2026-03-17', {
    OperationsMeasured: {
      gridId: fc.constant('rome'),
      at: fc.constant('2026-03-17T03:00:00.000Z'),
      ids: fc.constant(['feeder 1']),
      kinds: fc.constant(['pFlowMw']),
      places: fc.constant(['l1']),
      sides: fc.constantFrom(['from'], ['to']),
      sources: fc.constant(['scada']),
      valuesMicro: fc.array(count, { minLength: 1, maxLength: 1 }),
      sigmasMicro: fc.array(count, { minLength: 1, maxLength: 1 }),
      counts: fc.array(count, { minLength: 1, maxLength: 1 }),
    },
  }),
  ...events(() => 'assetFlows-rome-2026-03-17', {
    AssetFlowsCompared: {
      gridId: fc.constant('rome'),
      at: fc.constantFrom('2026-03-17T03:00:00.000Z', '2026-03-17T03:15:00.000Z'),
      assetIds: fc.constant(['l1', 't1']),
      categories: fc.constant(['line', 'primarySubstation']),
      sides: fc.constant(['from', null]),
      measuredW: counts,
      forecasts: fc.array(
        fc.record({
          sessionId,
          horizon: fc.constantFrom('dayAhead', 'realTime'),
          forecastId: hex,
          modelDigest: hex,
          flowW: fc.array(fc.option(count), { minLength: 2, maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
    },
  }),
  ...events(() => 'loadProfiles-rome-2026-03', {
    LoadProfilesReworked: {
      reworkId: hex,
      gridId: fc.constant('rome'),
      trigger: fc.constantFrom('monthBegan', 'operator'),
      reason: fc.option(text),
      madeFrom: fc.constant({
        firstDay: '2026-02-01',
        lastDay: '2026-02-27',
        days: { working: ['2026-02-02'], saturday: [], sunday: ['2026-02-01'] },
        timeZone: 'Europe/Rome',
        holidays: [],
        latitudeMicroDegree: 41_900_000,
        longitudeMicroDegree: 12_500_000,
      }),
      pods: count,
      continued: count,
    },
    LoadProfilesContinued: {
      reworkId: hex,
      gridId: fc.constant('rome'),
      dayKind: fc.constantFrom('working', 'saturday', 'sunday'),
      podIds: fc.uniqueArray(podId, { minLength: 1, maxLength: 1 }),
      sumW: fc.array(counts, { minLength: 1, maxLength: 1 }),
      days: fc.array(counts, { minLength: 1, maxLength: 1 }),
    },
  }),
  ...events(() => 'computationParameters-rome', {
    ComputationParametersSet: {
      gridId: text,
      forecastMinutes: count,
      reviewMinutes: count,
      reason: text,
    },
  }),
];

/** Events of the market and its certification, one arbitrary a type. */
export const marketEvents: readonly Arbitrary<LoggedEvent>[] = [
  ...podEvents,
  ...nodeEvents,
  ...statementEvents,
  ...agreementEvents,
  ...meterEvents,
  ...sessionEvents,
  ...settlementEvents,
  ...activationEvents,
  ...dispatchEvents,
  ...costsEvents,
  ...assetEvents,
  ...dashboardEvents,
  ...widgetLinkEvents,
  ...gridEvents,
  ...stateEvents,
  ...weatherEvents,
  ...balancingEvents,
  ...derControlEvents,
  ...events(() => 'certification', certificationTypes),
  ...kpiEvents,
  ...alarmEvents,
  ...mechanismEvents,
  ...notificationEvents,
  ...unviewed,
];
