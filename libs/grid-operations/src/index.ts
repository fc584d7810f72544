export * from './asset-flows';
export * from './operated-grid';
export * from './grid-forecast';
export * from './grid-point';
export * from './operating-limits';
export * from './power-change';
export { validateOutcome } from './validation/validate-outcome';
export * from './testing/lv-feeder';
export * from './testing/tightened';
