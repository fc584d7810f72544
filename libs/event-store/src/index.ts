export * from './port';
export * from './errors';
export {
  openSqliteEventStore,
  SqliteEventStore,
  type SqliteEventStoreOptions,
} from './sqlite/sqlite-event-store';
export { logFile } from './sqlite/log-file';
export { rowChecksum, type StoredRow } from './sqlite/log-format';
export * from './command-context';
export * from './command-handling';
export {
  type Processor,
  type ProcessorProblem,
  type ProcessorTurn,
  oneAfterAnother,
} from './processor/processor';
export * from './processor/processor-state';
export * from './processor/processor-errors';
export type { ProcessorRunnerOptions } from './processor/runner-options';
export { type ProcessorRunner, createProcessorRunner } from './processor/runner';
export { type ProcessorHealth, LAG_COUNTED } from './processor/processor-health';
export type { WhenProcessedOptions } from './processor/when-processed';
export { memoryProcessorState } from './processor/memory-processor-state';
export {
  type SqliteProcessorStateOptions,
  openSqliteProcessorState,
} from './processor/sqlite-processor-state';
