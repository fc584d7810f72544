/**
 * Weather over a grid, hour by hour, as a weather service forecast or measured it; what is reported of an
 * hour later counts. Stream `weather-{gridId}`.
 */
export interface WeatherReported {
  readonly type: 'WeatherReported';
  readonly data: {
    readonly gridId: string;
    /** Who says so. */
    readonly source: string;
    /** Begins of the hours, ISO 8601 UTC, rising; the columns below are in this order. */
    readonly hours: readonly string[];
    /** Mean global irradiance on the horizontal, tenths of W/m2. */
    readonly irradianceDeciWPerM2: readonly number[];
    /** Mean air temperature, tenths of a degree Celsius. */
    readonly temperatureDeciC: readonly number[];
    /** Mean wind at 10 m, cm/s. */
    readonly windCmPerS: readonly number[];
  };
}

export const weatherStream = (gridId: string): string => `weather-${gridId}`;
