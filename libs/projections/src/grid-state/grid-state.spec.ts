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
  },
});
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
          detectedAt: timeAt(1),
          resolvedAt: null,
        },
      ],
    },
  ]);
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

it('begins anew with each forecast; what concerns an earlier one says nothing', () => {
  const [state] = after(
    computed('f1', 1),
    detected('f1', 'line-17'),
    computed('f2', 0),
    detected('f1', 'line-18'),
    resolved('f1', 'line-17'),
  );
  expect(state).toMatchObject({ forecastId: 'f2', openViolations: 0, violations: [] });
});

it('a violation without its forecast leaves no document', () => {
  expect(after(detected('f1', 'line-17'))).toEqual([]);
});
