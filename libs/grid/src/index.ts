export { GridModelError } from './model/grid-model-error';
export type {
  Bus,
  ExternalGrid,
  ImportRemarks,
  Line,
  Load,
  Network,
  PodConnection,
  Remark,
  Shunt,
  StaticGenerator,
  Switch,
  Transformer,
} from './model/network';
export { gridFileOf, parseNetwork } from './model/parse-network';
export { joinFeeders, type FeederBelow } from './model/join-feeders';
export { importCgmes } from './imports/cim';
export { cimGraph, type CimDocument, type CimNode, type CimObject } from './imports/cim-graph';
export type { ImportedGrid, ImportOptions } from './imports/imported-grid';
export { importMatpower } from './imports/matpower';
export { importPsse } from './imports/psse';
export { importPandapower } from './imports/pandapower';
export { compileGrid } from './power-flow/compile';
export type { CompiledGrid } from './power-flow/compiled-grid';
export type { GridLoading } from './power-flow/demand';
export type { Algorithm, NotConverged } from './power-flow/solve-step';
export {
  solvePowerFlow,
  type BusResult,
  type LineResult,
  type PowerFlowOptions,
  type PowerFlowResult,
  type PowerFlowSolution,
  type TransformerResult,
} from './results';
export { solveWithFeeders, type Feeder, type FeedersResult } from './feeders';
export { solveSeries, type SeriesResult } from './series';
export { createStepSolver, type StepSolver, type StepState } from './step-solver';
export {
  dayLoading,
  gridSeries,
  parseProfiles,
  type DayResult,
  type GridProfiles,
  type ProfileDay,
} from './grid-series';
export {
  connectivityOf,
  withPositions,
  type Connectivity,
  type SwitchPosition,
  type SwitchedTables,
} from './switching';
export { busesBelow, feederOf, podsBelow, subtreesAbove, type Subtree } from './supply-tree';
export {
  sensitivities,
  type Quantity,
  type Sensitivities,
  type Sensitivity,
} from './sensitivities';
export {
  estimateState,
  type ChiSquareTest,
  type EstimatedBus,
  type EstimatedMeasurement,
  type EstimationOptions,
  type NoEstimate,
  type RemovedMeasurement,
  type StateEstimate,
} from './state-estimation/estimate';
export type {
  BranchMeasurement,
  BusMeasurement,
  Measurement,
} from './state-estimation/measurements';
export {
  parseMeasurements,
  type MeasurementSource,
  type SourcedMeasurement,
} from './state-estimation/measurement-file';
export { shippedGridNames } from './shipped-grids';
export {
  parseStandardProfiles,
  standardLoadW,
  type DayType,
  type ProfileDay as StandardProfileDay,
  type ProfileName,
  type StandardProfiles,
} from './profiles/standard-load';
export { clearSkyPvW, sunPosition, type Place, type PvPlant } from './profiles/solar';
export {
  parseWeatherTable,
  parseWeatherJson,
  weatherPvW,
  windPowerShare,
  type Weather,
  type WeatherHour,
} from './profiles/weather';
export * from './rome-grid';
export * from './phasors/three-phase-power';
