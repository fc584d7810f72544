export { type DsoOptions, type OpenedDso, openDsoTechnicalPlatform } from './open';
export { DSO_POLICY, type DsoPolicy } from './policy';
export { FEEDS, type Feed, type FeedSettings } from './feeds/open-feeds';
export { dsoViews } from './dso-views';
export type { BrokerAccess } from './setpoint-carrying/setpoint-carrying';
export { forecastBasis } from './forecast/forecast-basis';
export { publishedGrid } from './grid-model/published-grids';
export { reportWeather } from './weather/weather-reports';
// The DSO's computations, for a simulated day, an audit, a replay and a bench.
export * from './forecast/customer-forecast';
export * from './forecast/grid-forecast';
export * from './requests/flexibility';
export * from './requests/size-requests';
