export { watchSupply } from './status/chain-supply';
export { StatusModule } from './status/status.module';
export { createStatusReader } from './status/status-snapshot';
