import { TODAY } from './empty-market';

/** A route as the OpenAPI document has it, one to ask for (or its query), and the roles that may. */
export type ReadingRoute = readonly [path: string, asked: string, readers: string];

/** What there is to ask for. */
export interface ReadingPlace {
  readonly sessionId: string;
  /** Of the aggregator and of the customer that ask. */
  readonly podId: string;
  /** Of a setpoint of that PoD. */
  readonly windowStart: string;
  /** Of that aggregator. */
  readonly offerId: string;
}

/** Every route that reads, as the OpenAPI document has it: one to ask for, and who may. */
export function readingRoutes(at: ReadingPlace): ReadingRoute[] {
  const { sessionId, podId, windowStart, offerId } = at;
  const session = `/api/v1/sessions/${sessionId}`;
  const day = `from=${TODAY}&to=${TODAY}`;
  const instants = 'from=2026-03-16T11:00:00Z&to=2026-03-16T15:00:00Z';
  const everyone = 'dso tso aggregator customer operator auditor';
  const overseers = 'operator auditor';
  const parties = `dso tso aggregator customer ${overseers}`;
  const grid = '/api/v1/grids/ieee33';
  const noJob = 'dso:400 operator:400 auditor:400';
  const pod = `/api/v1/pods/${podId}`;
  return [
    ['/health/live', '', everyone],
    ['/health/ready', '', everyone],
    ['/.well-known/jwks.json', '', everyone],
    ['/.well-known/openid-configuration', '', everyone],
    ['/api/v1/status', '', everyone],
    ['/api/v1/log/checkpoint', '', everyone],
    ['/api/v1/log/inclusion', '?position=0', everyone],
    ['/api/v1/log/contracts', '', everyone],
    ['/api/v1/log/key-changes', '', everyone],
    ['/api/v1/log/proof', '?position=0', everyone],
    ['/api/v1/log/consistency', '?from=1&to=2', everyone],
    ['/api/v1/log/tile/{path}', '/api/v1/log/tile/0/000.p/1', everyone],
    ['/api/v1/anchors', '', everyone],
    ['/api/v1/events', '', parties],
    ['/api/v1/data-access', '', parties],
    ['/api/v1/data-access/{source}', `/api/v1/data-access/${podId}`, `customer ${overseers}`],
    ['/api/v1/sessions', '', parties],
    ['/api/v1/sessions/{sessionId}', session, parties],
    ['/api/v1/sessions/{sessionId}/requests', `${session}/requests`, `dso tso ${overseers}`],
    ['/api/v1/sessions/{sessionId}/offers', `${session}/offers`, `aggregator ${overseers}`],
    [
      '/api/v1/sessions/{sessionId}/offers/{offerId}/why',
      `${session}/offers/${offerId}/why`,
      `aggregator ${overseers}`,
    ],
    [
      '/api/v1/sessions/{sessionId}/receipt',
      `${session}/receipt?bidderId=ALFA`,
      `aggregator ${overseers}`,
    ],
    ['/api/v1/sessions/{sessionId}/validation', `${session}/validation`, `dso ${overseers}`],
    [
      '/api/v1/sessions/{sessionId}/outcomes-to-validate/{round}',
      `${session}/outcomes-to-validate/0`,
      `dso ${overseers}`,
    ],
    ['/api/v1/sessions/{sessionId}/sold-before', `${session}/sold-before`, `dso ${overseers}`],
    ['/api/v1/sessions/{sessionId}/outcomes', `${session}/outcomes`, parties],
    ['/api/v1/sessions/{sessionId}/settlement', `${session}/settlement`, parties],
    ['/api/v1/sessions/{sessionId}/settlement/rows', `${session}/settlement/rows`, parties],
    [
      '/api/v1/sessions/{sessionId}/settlement/corrections/{correction}/rows',
      `${session}/settlement/corrections/0/rows`,
      parties,
    ],
    [
      '/api/v1/sessions/{sessionId}/requests/platone',
      `${session}/requests/platone`,
      `dso tso ${overseers}`,
    ],
    [
      '/api/v1/sessions/{sessionId}/offers/platone',
      `${session}/offers/platone`,
      `aggregator ${overseers}`,
    ],
    ['/api/v1/sessions/{sessionId}/outcomes/platone', `${session}/outcomes/platone`, parties],
    [
      '/api/v1/sessions/{sessionId}/settlement/rows/platone',
      `${session}/settlement/rows/platone`,
      parties,
    ],
    ['/api/v1/settlements', `?period=${TODAY}`, parties],
    ['/api/v1/settlements/csv', `?period=${TODAY}`, parties],
    ['/api/v1/statements', `?period=${TODAY}`, `dso tso aggregator ${overseers}`],
    ['/api/v1/outcome-measurements', `?deliveryDay=${TODAY}`, parties],
    [
      '/api/v1/outcome-measurements/{marketOutcomeId}',
      `/api/v1/outcome-measurements/${sessionId}`,
      parties,
    ],
    ['/api/v1/power', '', parties],
    ['/api/v1/grids', '', `dso ${overseers}`],
    ['/balancing', '', `dso ${overseers}`],
    ['/api/v1/grids/{gridId}/operations', `${grid}/operations`, `dso ${overseers}`],
    [
      '/api/v1/grids/{gridId}/forecasts/{sessionId}/groups',
      `${grid}/forecasts/${sessionId}/groups?by=plant`,
      `dso ${overseers}`,
    ],
    [
      '/api/v1/grids/{gridId}/operations/flows/{sessionId}',
      `${grid}/operations/flows/${sessionId}`,
      `dso ${overseers}`,
    ],
    ['/api/v1/grids/{gridId}/der-control', `${grid}/der-control`, `dso ${overseers}`],
    [
      '/api/v1/grids/{gridId}/der-control/{runId}',
      `${grid}/der-control/none`,
      'dso:404 operator:404 auditor:404',
    ],
    ['/api/v1/grids/{gridId}/tariffs', `${grid}/tariffs`, everyone],
    [
      '/api/v1/grids/{gridId}/load-profiles',
      `${grid}/load-profiles`,
      'dso:404 operator:404 auditor:404',
    ],
    [
      '/api/v1/grids/{gridId}/load-profiles/pods/{podId}',
      `${grid}/load-profiles/pods/${podId}`,
      'dso:404 operator:404 auditor:404',
    ],
    ['/api/v1/phasors', '', `dso ${overseers}`],
    ['/api/v1/phasors/{device}', '/api/v1/phasors/none', 'dso:404 operator:404 auditor:404'],
    // As the seeds have it: 400 where there is no job.
    ['/balancing/results', '', noJob],
    ['/balancing/{jobId}', '/balancing/none', noJob],
    ['/api/v1/results', `?deliveryDay=${TODAY}`, parties],
    ['/api/v1/kpis', `?${day}`, parties],
    ['/api/v1/kpis/definitions', '', parties],
    ['/api/v1/kpis/exclusions', '', parties],
    ['/api/v1/kpis/report', `?year=${TODAY.slice(0, 4)}`, parties],
    ['/api/v1/kpis/pods', `?${day}`, `aggregator ${overseers}`],
    [
      '/api/v1/kpis/pods/{podId}',
      `/api/v1/kpis/pods/${podId}?${day}`,
      `aggregator customer ${overseers}`,
    ],
    ['/api/v1/agreements', '', `aggregator customer ${overseers}`],
    ['/api/v1/pods/{podId}/agreement', `${pod}/agreement`, `aggregator customer ${overseers}`],
    [
      '/api/v1/pods/{podId}/agreement/platone',
      `${pod}/agreement/platone`,
      `aggregator customer ${overseers}`,
    ],
    [
      '/contracts/transactions/balanceOf/{pod}/platone',
      `/contracts/transactions/balanceOf/${podId}/platone`,
      `aggregator customer ${overseers}`,
    ],
    [
      '/contracts/transactions/balanceOf/{pod}',
      `/contracts/transactions/balanceOf/${podId}`,
      `aggregator customer ${overseers}`,
    ],
    [
      '/api/v1/pods/{podId}/claims/{holder}',
      `${pod}/claims/customer`,
      `aggregator customer ${overseers}`,
    ],
    [
      '/api/v1/pods/{podId}/notifications',
      `${pod}/notifications`,
      `aggregator customer ${overseers}`,
    ],
    ['/api/v1/sessions/{sessionId}/front', `${session}/front`, overseers],
    ['/api/v1/settlement-mechanisms', '', `aggregator customer ${overseers}`],
    ['/api/v1/reliability', '', parties],
    ['/api/v1/pods/{podId}/reliability', `${pod}/reliability`, `aggregator customer ${overseers}`],
    ['/api/v1/pods', '', `dso tso aggregator ${overseers}`],
    ['/api/v1/pods/{podId}', pod, parties],
    ['/api/v1/pods/{podId}/platone', `${pod}/platone`, parties],
    ['/api/v1/pods/{podId}/baselines/{day}', `${pod}/baselines/${TODAY}`, parties],
    ['/api/v1/pods/{podId}/measurements', `${pod}/measurements?${instants}`, parties],
    ['/api/v1/measurements/package', '', parties],
    ['/api/v1/observability', '', parties],
    ['/api/v1/measurements/first-day', '', `dso tso ${overseers}`],
    ['/api/v1/packets', '', `dso tso ${overseers}`],
    ['/api/v1/nodes', '', `dso tso aggregator ${overseers}`],
    ['/api/v1/nodes/{podId}', `/api/v1/nodes/${podId}`, parties],
    ['/api/v1/nodes/{podId}/anomalies', `/api/v1/nodes/${podId}/anomalies`, parties],
    ['/api/v1/setpoints', '', `dso aggregator customer ${overseers}`],
    [
      '/api/v1/setpoints/{podId}/{windowStart}',
      `/api/v1/setpoints/${podId}/${windowStart}`,
      `dso aggregator customer ${overseers}`,
    ],
    ['/api/v1/grids/{gridId}', grid, `dso ${overseers}`],
    [
      '/api/v1/grids/{gridId}/forecasts/{sessionId}',
      `${grid}/forecasts/${sessionId}`,
      `dso ${overseers}`,
    ],
    [
      '/api/v1/grids/{gridId}/forecasts/{sessionId}/power-flow',
      `${grid}/forecasts/${sessionId}/power-flow?mtu=0`,
      `dso ${overseers}`,
    ],
    ['/api/v1/grids/{gridId}/parameters', `${grid}/parameters`, `dso ${overseers}`],
    ['/api/v1/grids/{gridId}/violations', `${grid}/violations`, `dso ${overseers}`],
    ['/api/v1/grids/{gridId}/state-estimates', `${grid}/state-estimates`, `dso ${overseers}`],
    ['/api/v1/grids/{gridId}/weather', `${grid}/weather?${instants}`, `dso ${overseers}`],
    ['/api/v1/portfolio', '', 'aggregator'],
    ['/api/v1/portfolio/costs', '', 'aggregator'],
    ['/api/v1/portfolio/measurements', `?${instants}`, 'aggregator'],
    ['/api/v1/portfolio/price-curve', `?day=${TODAY}`, 'aggregator'],
    ['/api/v1/portfolio/dispatches', '', 'aggregator'],
    ['/api/v1/portfolio/alarms', '', 'aggregator'],
    ['/api/v1/portfolio/assets', '', 'aggregator'],
    ['/api/v1/portfolio/dashboards', '', 'aggregator'],
    ['/api/v1/portfolio/widget-links', '', 'aggregator'],
    [
      '/api/v1/portfolio/dashboards/{dashboardId}/widgets/{widgetId}/report',
      `/api/v1/portfolio/dashboards/none/widgets/none/report?day=${TODAY}`,
      'aggregator:404',
    ],
    [
      '/api/v1/portfolio/sessions/{sessionId}/report',
      `/api/v1/portfolio/sessions/${sessionId}/report`,
      'aggregator',
    ],
    [
      '/api/v1/portfolio/sessions/{sessionId}/settlement-check',
      `/api/v1/portfolio/sessions/${sessionId}/settlement-check`,
      'aggregator',
    ],
    ['/api/v1/processors', '', overseers],
    ['/metrics', '', overseers],
    ['/api/v1/parties', '', parties],
    ['/api/v1/users', '', 'dso tso aggregator operator'],
    ['/api/v1/clients', '', 'dso tso aggregator operator'],
    ['/api/v1/persons', '', 'aggregator operator'],
  ];
}

/** What no part of this market has: a person, an estimated state, a transaction by its hash, an anchored packet or settlement. */
export const NOT_HERE = [
  '/api/v1/demonstration-users',
  '/api/v1/persons/{personId}',
  '/api/v1/grids/{gridId}/state-estimates/latest',
  '/api/certification/getByTransaction',
  '/api/certification/getByTransaction/platone',
  '/api/v1/pods/{podId}/measurements/{sequence}/certified',
  '/api/v1/sessions/{sessionId}/settlement/certified',
];
