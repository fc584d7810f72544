import type { GridForecastEvent } from './events';

type Computed = Extract<GridForecastEvent, { type: 'ForecastComputed' }>['data'];
type Continued = Extract<GridForecastEvent, { type: 'ForecastContinued' }>['data'];
type Reconfigured = Extract<GridForecastEvent, { type: 'GridReconfigured' }>['data'];

/** A forecast as far as its events have come: one for a small grid, several for a large one. */
export interface RecordedForecast extends Computed {
  /** `ForecastContinued` that have not come yet; a forecast counts once there are none. */
  readonly missing: number;
}

/** The forecast that `ForecastComputed` begins. */
export function forecastBegun(data: Computed): RecordedForecast {
  return { ...data, missing: data.continued ?? 0 };
}

/** The same with the buses of a further part; parts of another forecast change nothing. */
export function forecastContinued(
  forecast: RecordedForecast,
  { forecastId, busW, busVar }: Continued,
): RecordedForecast {
  if (forecastId !== forecast.forecastId || forecast.missing === 0) return forecast;
  return {
    ...forecast,
    busW: [...forecast.busW, ...busW],
    busVar: [...forecast.busVar, ...busVar],
    missing: forecast.missing - 1,
  };
}

/** The same on the model that an operator switched the grid to: its buses are those of before. */
export function forecastReconfigured(
  forecast: RecordedForecast,
  { forecastId, modelDigest }: Reconfigured,
): RecordedForecast {
  return forecastId === forecast.forecastId ? { ...forecast, modelDigest } : forecast;
}
