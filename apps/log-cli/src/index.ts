/** Commands that read a log, or write into one that nobody runs on. Their code is loaded when they run. */
export { clearCommand } from './clear.command';
export { DATASET_NAMES } from './dataset-names';
export { digestCommand } from './digest.command';
export { exportCommand } from './export.command';
export { importCommand } from './import.command';
export { kpisCommand } from './kpis.command';
export { priceCurveCommand } from './price-curve.command';
export { replayCommand } from './replay.command';
/** What `clear`, `kpis` and `replay` compute, without the command line. */
export const computed = {
  clear: () => import('./clear'),
  kpis: () => import('./kpis'),
  replay: () => import('./replay'),
};
