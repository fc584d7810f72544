/** KPI_IT_03 by measured power flows: means over assets, then over MTUs, by category and horizon. */
import { type ComparedFlow, assetForecastErrors } from './asset-kpis';
import { tallyRows } from './kpi';
import { EMPTY_TALLY } from './session-kpis';

const flow = (
  category: ComparedFlow['category'],
  measuredW: number,
  forecastW: number | null,
): ComparedFlow => ({ category, measuredW, forecastW });

it('is the mean over the assets of a category in an MTU, then over the MTUs that have one', () => {
  const errors = assetForecastErrors('dayAhead', [
    // 10 % and 30 %; what flows the other way than forecast counts whole.
    [flow('line', 1_000, 900), flow('line', -1_000, -1_300), flow('primarySubstation', -500, 500)],
    // 0 %.
    [flow('line', 2_000, 2_000)],
  ]);
  expect(errors['line/dayAhead']).toEqual({ sumBasisPoints: 2_000, periods: 2 });
  expect(errors['primarySubstation/dayAhead']).toEqual({ sumBasisPoints: 20_000, periods: 1 });
  expect(errors['line/realTime']).toEqual({ sumBasisPoints: 0, periods: 0 });
});

it('leaves out what has no forecast, and where nothing flows', () => {
  const errors = assetForecastErrors('realTime', [
    [flow('line', 1_000, null), flow('line', 0, 100)],
    [],
  ]);
  expect(errors).toEqual(EMPTY_TALLY.assetForecast);
});

it('has a row for each category that was measured, beside that of the meters at each node', () => {
  const assetForecast = assetForecastErrors('dayAhead', [[flow('secondarySubstation', 100, 80)]]);
  const rows = tallyRows({ scope: 'day', id: '2026-03-17' }, { ...EMPTY_TALLY, assetForecast });
  const ofNodes = rows.filter(({ kpi }) => kpi === 'KPI_IT_03');
  expect(
    ofNodes.map(({ category, horizon, valueBasisPoints, meetsTarget }) => ({
      ...{ category, horizon, valueBasisPoints, meetsTarget },
    })),
  ).toEqual([
    { category: null, horizon: 'dayAhead', valueBasisPoints: null, meetsTarget: null },
    { category: null, horizon: 'realTime', valueBasisPoints: null, meetsTarget: null },
    {
      ...{ category: 'secondarySubstation', horizon: 'dayAhead' },
      ...{ valueBasisPoints: 2_000, meetsTarget: true },
    },
  ]);
});
