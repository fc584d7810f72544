/**
 * What each operation answers at the gate of a market of which nothing was sealed yet, written by hand:
 * bodies that are right, and who is answered otherwise than the rule of all operations says.
 */

/** An answer, by its status and the code of a refusal. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
}

interface Exception extends Expected {
  /** `GET /api/v1/pods` */
  readonly operation: string;
  /** All that have the scope, where absent. */
  readonly actors?: readonly string[];
}

const FORBIDDEN = { status: 403, code: 'forbidden' } as const;
const UNSEALED = { status: 404, code: 'checkpoint-unknown' } as const;
const CUSTOMER = 'customer:IT002E60000000';
const PLATFORM = 'platform:market-platform';
const NO_AGGREGATOR = ['dso', 'tso', 'operator', 'auditor'];

const NO_JOB = { status: 400, code: 'balancing-job-refused' } as const;

/** Rights by owner, which scopes do not tell, and what is answered without the thing being there. */
const EXCEPTIONS: readonly Exception[] = [
  { operation: 'GET /balancing/results', ...NO_JOB },
  { operation: 'GET /balancing/{jobId}', ...NO_JOB },
  { operation: 'DELETE /balancing/{jobId}', ...NO_JOB },
  // Offers are of aggregators, requests of system operators.
  {
    operation: 'GET /api/v1/sessions/{sessionId}/requests',
    actors: ['aggregator:AGG1'],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/sessions/{sessionId}/requests/platone',
    actors: ['aggregator:AGG1'],
    ...FORBIDDEN,
  },
  { operation: 'GET /api/v1/sessions/{sessionId}/offers', actors: ['dso', 'tso'], ...FORBIDDEN },
  {
    operation: 'GET /api/v1/sessions/{sessionId}/offers/platone',
    actors: ['dso', 'tso'],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/sessions/{sessionId}/offers/{offerId}/why',
    actors: ['dso', 'tso'],
    ...FORBIDDEN,
  },
  // The body asks as the DSO; an operator may, for either.
  { operation: 'POST /api/v1/sessions/{sessionId}/requests', actors: ['tso'], ...FORBIDDEN },
  { operation: 'POST /api/v1/pods/{podId}/agreement/acceptance', ...FORBIDDEN },
  {
    operation: 'POST /api/v1/nodes/{podId}/enrolment',
    status: 400,
    code: 'enrolment-proof-refused',
  },
  { operation: 'POST /api/v1/nodes/{podId}/key', status: 400, code: 'key-rotation-refused' },
  {
    operation: 'POST /api/v1/sessions/{sessionId}/validation/rows',
    status: 415,
    code: 'unsupported-media-type',
  },
  // Only the two parties of an agreement answer for it: the id is of another customer.
  { operation: 'POST /api/v1/pods/{podId}/agreement/refusal', ...FORBIDDEN },
  {
    operation: 'POST /api/v1/grids/{gridId}/forecasts/{sessionId}/requests/{requestId}/hold',
    actors: ['tso'],
    ...FORBIDDEN,
  },
  {
    operation: 'POST /api/v1/grids/{gridId}/forecasts/{sessionId}/requests/{requestId}/release',
    actors: ['tso'],
    ...FORBIDDEN,
  },
  { operation: 'GET /api/v1/persons/{personId}', actors: ['aggregator:AGG1'], ...FORBIDDEN },
  // Whose data they are says the source itself, also of a PoD that nobody has.
  {
    operation: 'GET /api/v1/data-access/{source}',
    actors: ['dso', 'tso', 'aggregator:AGG1', CUSTOMER],
    ...FORBIDDEN,
  },
  { operation: 'PUT /api/v1/data-access/{source}/readers/{reader}', ...FORBIDDEN },
  { operation: 'POST /api/v1/data-access/{source}/readers/{reader}/revocation', ...FORBIDDEN },
  { operation: 'POST /api/v1/data-access/{source}/readers/{reader}/refusal', ...FORBIDDEN },
  // Of who computes sessions again; a party computes its own with a bundle.
  {
    operation: 'GET /api/v1/sessions/{sessionId}/front',
    actors: ['dso', 'tso', 'aggregator:AGG1'],
    ...FORBIDDEN,
  },
  // Own rows: who is no party of a settlement has none.
  {
    operation: 'GET /api/v1/sessions/{sessionId}/settlement/certified',
    actors: ['operator', 'auditor'],
    ...FORBIDDEN,
  },
  // A portfolio is an aggregator's own.
  {
    operation: 'POST /api/v1/portfolio/sessions/{sessionId}/preview',
    actors: NO_AGGREGATOR,
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio/sessions/{sessionId}/report',
    actors: [...NO_AGGREGATOR, CUSTOMER],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio/sessions/{sessionId}/settlement-check',
    actors: [...NO_AGGREGATOR, CUSTOMER],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio',
    actors: [...NO_AGGREGATOR, CUSTOMER, PLATFORM],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio/measurements',
    actors: [...NO_AGGREGATOR, CUSTOMER, PLATFORM],
    ...FORBIDDEN,
  },
  { operation: 'GET /api/v1/portfolio/price-curve', actors: NO_AGGREGATOR, ...FORBIDDEN },
  {
    operation: 'GET /api/v1/portfolio/dispatches',
    actors: ['dso', 'operator', 'auditor', CUSTOMER, PLATFORM],
    ...FORBIDDEN,
  },
  { operation: 'GET /api/v1/portfolio/alarms', actors: NO_AGGREGATOR, ...FORBIDDEN },
  { operation: 'GET /api/v1/portfolio/costs', actors: NO_AGGREGATOR, ...FORBIDDEN },
  {
    operation: 'GET /api/v1/portfolio/assets',
    actors: [...NO_AGGREGATOR, CUSTOMER, PLATFORM],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio/dashboards',
    actors: [...NO_AGGREGATOR, CUSTOMER],
    ...FORBIDDEN,
  },
  {
    operation: 'GET /api/v1/portfolio/dashboards/{dashboardId}/widgets/{widgetId}/report',
    actors: [...NO_AGGREGATOR, CUSTOMER],
    ...FORBIDDEN,
  },
  // Under a name of one's own anything may be saved; the PoD is of another, and no program has a dashboard alone.
  {
    operation: 'PUT /api/v1/portfolio/assets/{assetId}',
    status: 400,
    code: 'pod-foreign',
  },
  {
    operation: 'PUT /api/v1/portfolio/dashboards/{dashboardId}',
    ...FORBIDDEN,
  },
  // Lists of everybody's things.
  { operation: 'GET /api/v1/kpis/pods', actors: ['dso', 'tso', CUSTOMER], ...FORBIDDEN },
  { operation: 'GET /api/v1/pods', actors: [CUSTOMER], ...FORBIDDEN },
  { operation: 'GET /api/v1/nodes', actors: [CUSTOMER], ...FORBIDDEN },
  {
    operation: 'GET /api/v1/measurements/first-day',
    actors: ['aggregator:AGG1', CUSTOMER],
    ...FORBIDDEN,
  },
  { operation: 'GET /api/v1/packets', actors: ['aggregator:AGG1', CUSTOMER], ...FORBIDDEN },
  { operation: 'GET /api/v1/log/checkpoint', ...UNSEALED },
  { operation: 'GET /api/v1/log/inclusion', ...UNSEALED },
  { operation: 'GET /api/v1/log/proof', ...UNSEALED },
  // Who bids nothing itself names whose receipt.
  {
    operation: 'GET /api/v1/sessions/{sessionId}/receipt',
    actors: ['operator', 'auditor'],
    status: 400,
    code: 'query-malformed',
  },
  { operation: 'GET /api/v1/log/consistency', ...UNSEALED },
  { operation: 'GET /api/v1/log/tile/{path}', ...UNSEALED },
  {
    operation: 'GET /api/certification/getByTransaction',
    status: 404,
    code: 'transaction-unknown',
  },
  {
    operation: 'GET /api/certification/getByTransaction/platone',
    status: 404,
    code: 'transaction-unknown',
  },
  {
    operation: 'GET /api/v1/kpis/pods/{podId}',
    actors: ['dso', 'tso', 'aggregator:AGG1', CUSTOMER],
    ...FORBIDDEN,
  },
  // `settled` is null for all that is not the settlement that counts.
  {
    operation: 'GET /api/v1/sessions/{sessionId}/settlement/corrections/{correction}/rows',
    status: 200,
  },
  { operation: 'GET /api/v1/statements', actors: [CUSTOMER], ...FORBIDDEN },
  // Nothing is known of a grid that there is not.
  { operation: 'GET /api/v1/grids/{gridId}/violations', status: 200 },
  { operation: 'GET /api/v1/grids/{gridId}/state-estimates', status: 200 },
  { operation: 'GET /api/v1/grids/{gridId}/weather', status: 200 },
  // A record of a person is made by its first change, and there is nothing to erase before.
  { operation: 'PUT /api/v1/persons/{personId}', status: 200 },
  { operation: 'DELETE /api/v1/persons/{personId}', status: 204 },
];

/** What is missed is not always what the first id of the path names. */
const MISSING: Readonly<Record<string, string>> = {
  'GET /api/v1/sessions/{sessionId}/receipt': 'receipt-unknown',
  'GET /api/v1/pods/{podId}/measurements/{sequence}/certified': 'packet-unknown',
  'GET /api/v1/pods/{podId}/agreement': 'agreement-unknown',
  'GET /api/v1/pods/{podId}/agreement/platone': 'agreement-unknown',
  'POST /api/v1/pods/{podId}/agreement/end': 'agreement-unknown',
  'POST /api/v1/sessions/{sessionId}/settlement/disputes': 'settlement-unknown',
  'GET /api/v1/sessions/{sessionId}/settlement/certified': 'settlement-unknown',
  'GET /api/v1/setpoints/{podId}/{windowStart}': 'setpoint-unknown',
  'GET /api/v1/grids/{gridId}/forecasts/{sessionId}': 'forecast-unknown',
  'POST /api/v1/grids/{gridId}/forecasts/{sessionId}/requests/{requestId}/hold': 'request-unknown',
  'POST /api/v1/grids/{gridId}/forecasts/{sessionId}/requests/{requestId}/release':
    'request-unknown',
  'GET /api/v1/grids/{gridId}/state-estimates/latest': 'state-unknown',
};

const UNKNOWN_BY_ID: Readonly<Record<string, string>> = {
  alarmId: 'alarm-unknown',
  assetId: 'asset-unknown',
  dashboardId: 'dashboard-unknown',
  linkId: 'widget-link-unknown',
  sessionId: 'session-unknown',
  podId: 'pod-unknown',
  pod: 'pod-unknown',
  marketOutcomeId: 'session-unknown',
  gridId: 'grid-unknown',
  party: 'party-unknown',
  userId: 'user-unknown',
  clientId: 'client-unknown',
  personId: 'person-unknown',
  source: 'source-unknown',
  smartContractId: 'mechanism-unknown',
  device: 'device-unknown',
};

/** What an operation answers an actor that has its scopes, under ids that nobody has. */
export function expectedAnswer(operation: string, actor: string): Expected {
  const exception = EXCEPTIONS.find(
    (it) => it.operation === operation && (it.actors?.includes(actor) ?? true),
  );
  if (exception) {
    const { status, code } = exception;
    return { status, ...(code === undefined ? {} : { code }) };
  }
  const first = /\{(\w+)\}/.exec(operation)?.[1];
  if (first === undefined) return { status: 200 };
  return {
    status: 404,
    code: MISSING[operation] ?? UNKNOWN_BY_ID[first] ?? `no rule for ${first}`,
  };
}

const TERMS = {
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 0,
  aggregatorWallet: '0x00000000000000000000000000000000000000a1',
};

const COMMUNITY = {
  id: 'community',
  application: 'A-LFC',
  control_logic: 'rule_based',
  operation_mode: 'near_real_time',
  uc_start: '2026-03-17T10:00:00Z',
  uc_end: '2026-03-17T10:00:00Z',
  measurements_request: {
    timestamp: '2026-03-17T10:00:00Z',
    P_req_kW: 0,
    delta_T_h: 0.25,
    P_net_meas_kW: 2,
  },
  battery_specs: {
    bat_type: 'cbes',
    initial_SoC: 50,
    P_dis_max_kW: 5,
    P_ch_max_kW: 5,
    min_SoC: 10,
    max_SoC: 90,
    bat_capacity_kWh: 10,
  },
};

/** Right bodies, by operation, where the examples of the document's fields make none. */
export const BODIES: Readonly<Record<string, object>> = {
  'POST /api/v1/portfolio/series': {
    day: '2026-03-17',
    lines: [{ label: 'two', formula: '1 + 1' }],
  },
  'POST /balancing': COMMUNITY,
  'POST /balancing/input': COMMUNITY,
  'PUT /api/v1/pods/{podId}/agreement': TERMS,
  'POST /api/v1/pods/{podId}/agreement/acceptance': TERMS,
  'POST /api/v1/settlement-mechanisms': { ...TERMS, name: 'Seven tenths', cluster: {} },
  'POST /api/v1/sessions/{sessionId}/requests': {
    requestId: 'line-4-evening',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: ['IT002E60000000'] },
    quantityW: [2_000, 2_000],
    priceCapMicroEurPerKwh: null,
  },
  'POST /api/v1/nodes/{podId}/enrolment': {
    token: 'never-given',
    publicKey: `04${'ab'.repeat(64)}`,
    meterDriver: 'modbusTcp',
    meterSerialNumber: '20E5N2000123456',
    proof: 'cd'.repeat(64),
  },
  'POST /api/v1/nodes/{podId}/key': {
    previousKey: `04${'ab'.repeat(64)}`,
    publicKey: `04${'cd'.repeat(64)}`,
    at: '2026-03-17T11:00:00.000Z',
    previousProof: 'cd'.repeat(64),
    proof: 'cd'.repeat(64),
  },
  'POST /api/v1/register/changes': {
    commands: [{ kind: 'unregisterPod', podId: 'IT002E69999999', reason: 'moved' }],
  },
};
