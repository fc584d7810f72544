/** Forecasts and violations -> the grid's state for each session. */
import type { GridForecastEvent } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { type GridStateDocument, gridStateView } from './grid-state-view';

const of = (forecastId: string) => ({
  forecastId,
  gridId: 'rome',
  sessionId: 'dayAhead-2026-03-16T23:00Z',
});
const computed = (forecastId: string, violations: number): GridForecastEvent => ({
  type: 'ForecastComputed',
  data: {
    ...of(forecastId),
    modelDigest: 'aa',
    mtuCount: 2,
    busW: [[1, 2]],
    busVar: [[0, 0]],
    violations,
  },
});
const detected = (forecastId: string, elementId: string): GridForecastEvent => ({
  type: 'ViolationDetected',
  data: {
    ...of(forecastId),
    elementType: 'line',
    elementId,
    violation: 'overload',
    value: [0, 250_000],
    limit: 200_000,
    podIds: ['IT002E60776854'],
    missingW: [0, 3_000],
  },
});
const planned = (forecastId: string, requestId: string): GridForecastEvent => ({
  type: 'RequestPlanned',
  data: {
    ...of(forecastId),
    elementType: 'line',
    elementId: 'line-17',
    voltageLevel: 'MV',
    request: {
      requestId,
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      scope: { podIds: ['IT002E60776854'] },
      quantityW: [0, 500],
      priceCapMicroEurPerKwh: null,
    },
  },
});
const held = (requestId: string): GridForecastEvent => {
  const { gridId, sessionId } = of('');
  return {
    type: 'RequestHeld',
    data: { gridId, sessionId, requestId, reason: 'the tie switch is closed instead' },
  };
};
const released = (requestId: string): GridForecastEvent => {
  const { gridId, sessionId } = of('');
  return { type: 'RequestReleased', data: { gridId, sessionId, requestId } };
};
const sent = (requestId: string): GridForecastEvent => {
  const { gridId, sessionId } = of('');
  return { type: 'RequestSent', data: { gridId, sessionId, requestId } };
};
const resolved = (forecastId: string, elementId: string): GridForecastEvent => ({
  type: 'ViolationResolved',
  data: { ...of(forecastId), elementId },
});
const after = (...events: readonly GridForecastEvent[]): GridStateDocument[] =>
  documentsAfter(gridStateView, inStream('gridForecast-rome-2026-03-16T23:00Z', events));

it('has the forecast and its violations, without the bus powers', () => {
  expect(after(computed('f1', 1), detected('f1', 'line-17'))).toEqual([
    {
      gridId: 'rome',
      sessionId: 'dayAhead-2026-03-16T23:00Z',
      forecastId: 'f1',
      modelDigest: 'aa',
      mtuCount: 2,
      computedAt: timeAt(0),
      violationCount: 1,
      openViolations: 1,
      violations: [
        {
          elementType: 'line',
          elementId: 'line-17',
          violation: 'overload',
          value: [0, 250_000],
          limit: 200_000,
          podIds: ['IT002E60776854'],
          missingW: [0, 3_000],
          helpW: [],
          helpVar: [],
          detectedAt: timeAt(1),
          resolvedAt: null,
          resolvedFor: null,
        },
      ],
      requests: [],
      reconfiguration: null,
    },
  ]);
});

it('a violation recorded before alarms told what is missing misses nothing', () => {
  const { type, data } = detected('f1', 'line-17') as Extract<
    GridForecastEvent,
    { type: 'ViolationDetected' }
  >;
  const { missingW: _, ...before } = data;
  const [state] = after(computed('f1', 1), { type, data: before });
  expect(state?.violations[0]?.missingW).toEqual([0, 0]);
});

it('has the requests planned, where each stands, who decided on it and when', () => {
  const states = (...events: GridForecastEvent[]): unknown =>
    after(computed('f1', 0), planned('f1', 'r1'), planned('f1', 'r2'), ...events)[0]!.requests.map(
      ({ state, heldFor }) => [state, heldFor],
    );
  const free = ['proposed', null];
  expect(states()).toEqual([free, free]);
  expect(states(held('r2'))).toEqual([free, ['held', 'the tie switch is closed instead']]);
  expect(states(held('r2'), released('r2'))).toEqual([free, ['released', null]]);
  expect(states(sent('r1'), held('r2'), released('r2'), sent('r2'))).toEqual([
    ['sent', null],
    ['sent', null],
  ]);
  const [state] = after(computed('f1', 0), planned('f1', 'r1'), held('r1'));
  expect(state!.requests[0]).toEqual({
    requestId: 'r1',
    elementType: 'line',
    elementId: 'line-17',
    voltageLevel: 'MV',
    product: 'P',
    direction: 'up',
    quantityW: [0, 500],
    podIds: ['IT002E60776854'],
    gridPoint: null,
    state: 'held',
    heldFor: 'the tie switch is closed instead',
    decidedBy: expect.any(String),
    decidedAt: timeAt(2),
    sentAt: null,
  });
});

it('shows when a violation was resolved, and how many are open', () => {
  const [state] = after(
    computed('f1', 2),
    detected('f1', 'line-17'),
    detected('f1', 'line-18'),
    resolved('f1', 'line-17'),
  );
  expect(state?.openViolations).toBe(1);
  expect(state?.violations.map(({ resolvedAt }) => resolvedAt)).toEqual([timeAt(3), null]);
});

it('shows how an operator switched the grid, and of which violations that is the end', () => {
  const positions = [{ elementType: 'switch', elementId: 's1', closed: true }] as const;
  const reason = 'the tie carries it';
  const ended = ['line-17'];
  const switched: GridForecastEvent = {
    type: 'GridReconfigured',
    data: { ...of('f1'), positions, reason, modelDigest: 'bb', ended },
  };
  const [state] = after(
    computed('f1', 2),
    detected('f1', 'line-17'),
    detected('f1', 'line-18'),
    switched,
    resolved('f1', 'line-17'),
    resolved('f1', 'line-18'),
  );
  expect(state).toMatchObject({
    modelDigest: 'bb',
    openViolations: 0,
    reconfiguration: {
      positions,
      reason,
      decidedBy: expect.any(String),
      decidedAt: timeAt(3),
    },
  });
  expect(state?.violations.map(({ resolvedFor }) => resolvedFor)).toEqual([reason, null]);
});

it('begins anew with each forecast; what concerns an earlier one says nothing', () => {
  const [state] = after(
    computed('f1', 1),
    detected('f1', 'line-17'),
    computed('f2', 0),
    detected('f1', 'line-18'),
    resolved('f1', 'line-17'),
    planned('f1', 'r1'),
  );
  expect(state).toMatchObject({ forecastId: 'f2', openViolations: 0, violations: [] });
  expect(state!.requests).toEqual([]);
});

it('a violation without its forecast leaves no document', () => {
  for (const event of [detected('f1', 'line-17'), planned('f1', 'r1'), held('r1')]) {
    expect(after(event)).toEqual([]);
  }
});
