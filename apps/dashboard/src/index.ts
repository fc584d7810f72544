export type { SimulationProgress } from './status-page/progress-page';
export { watchSupply } from './status/chain-supply';
export { ProgressModule } from './status/progress.module';
export { StatusModule } from './status/status.module';
export { createStatusReader } from './status/status-snapshot';
