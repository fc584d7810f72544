export {
  type AggregatorPlatformOptions,
  openAggregatorPlatform,
  type OpenedAggregatorPlatform,
} from './open';
export { type AggregatorPolicy, AGGREGATOR_POLICY } from './policy';
export type { AggregatorPorts } from './aggregator';
export { aggregatorViews } from './aggregator-views';
export type { PlantCosts } from './costs/plant-costs';
export {
  CostFileError,
  type CostFormat,
  COST_FORMATS,
  costFormatOf,
  parseCosts,
} from './costs/parse-costs';
export { declareCostFile } from './costs/own-costs';
export { createPlantCosts } from './costs/plant-costs';
export { portfolioOf } from './portfolio/portfolio-of-register';
export { type PriceCurve, priceCurves } from './price-curve/price-curve';
export { type BaselineAnswer, createBaselineDeclarations } from './baselines/baseline-declarations';
export { BaselineFileError, parseBaselines } from './baselines/parse-baselines';
export { type SeriesAnswer, SERIES_REFUSALS } from './baselines/series-feed';
