export * from './port';
export * from './errors';
export {
  openSqliteEventStore,
  SqliteEventStore,
  type SqliteEventStoreOptions,
} from './sqlite/sqlite-event-store';
export { type MemoryEventStoreOptions, openMemoryEventStore } from './memory/memory-event-store';
export { type MemoryLog, type MemoryLogOptions, createMemoryLog } from './memory/memory-log';
export { logFile, requireLog } from './sqlite/log-file';
export { archiveFilesOf, archiveFolder, type ListedArchive } from './sqlite/archive/archives';
export {
  type ArchiveOptions,
  type EventsArchived,
  NotArchived,
  NotWritten,
  archiveEvents,
} from './sqlite/archive/archive-events';
export { ArchivedByOthers } from './sqlite/archive/archive-lease';
export type { RoomKept } from './sqlite/archive/give-back';
export { type LogPlace, openLog, openLogToRead } from './open-log';
export { LogsDiffer, copyLog } from './copy-log';
export { type PostgresServer, startPostgres, whyNoPostgres } from './postgres/machine-postgres';
export { type PostgresAccess, openPostgresAccess, withoutUser } from './postgres/postgres-access';
export { serveLog } from './kurrentdb-server/serve-log';
export type { LogRights, RightsOf } from './kurrentdb-server/log-rights';
export type { LogServer, LogServerOptions } from './kurrentdb-server/log-server';
export { makeOwnerOnly } from './sqlite/owner-only';
export { isUnwritable } from './sqlite/sqlite-errors';
export { rowChecksum, type StoredRow } from './sqlite/log-format';
export * from './command-context';
export * from './command-handler';
export * from './command-handling';
export type { Processor, ProcessorProblem, ProcessorTurn } from './processor/processor';
export * from './processor/processor-state';
export * from './processor/processor-errors';
export type { ProcessorRunnerOptions } from './processor/runner-options';
export { type ProcessorRunner, createProcessorRunner } from './processor/runner';
export type { ProcessorHealth } from './processor/processor-health';
export { memoryProcessorState } from './processor/memory-processor-state';
export { openSqliteProcessorState } from './processor/sqlite-processor-state';
