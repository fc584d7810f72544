export type { SimulationProgress } from './progress-page/progress-page';
export { ProgressModule } from './progress-page/progress.module';
export { ScreensModule } from './screens/screens.controller';
export { watchSupply } from './status/chain-supply';
export { StatusModule } from './status/status.module';
export { createStatusReader } from './status/status-snapshot';
