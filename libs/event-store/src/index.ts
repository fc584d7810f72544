export * from './port';
export * from './errors';
export {
  openSqliteEventStore,
  SqliteEventStore,
  type SqliteEventStoreOptions,
} from './sqlite/sqlite-event-store';
export { rowChecksum, type StoredRow } from './sqlite/log-format';
export * from './command-context';
export * from './command-handling';
export * from './reactor';
