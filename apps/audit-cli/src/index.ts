export { type AuditOptions, type OnProgress, auditLog, readContents } from './audit-log';
export { auditBundleFile, readBundleFile } from './bundle-file';
export { makeBundle, makeTlogProof } from './make-bundle';
export { readChain } from './chain-snapshot';
export { createNodeTools, replayTools } from './node-tools';
export { type LogComparison, compareLogs } from './compare-logs/compare-logs';
export { exportTrust } from './export-trust';
export { type MonitorFlags, type Round, monitorOnce, runMonitor } from './monitor/run-monitor';
export { servedTiles } from './monitor/served-tiles';
export {
  type GuardianActFlags,
  type GuardianKeyFlags,
  type GuardianShowFlags,
  pauseGuarded,
  rejectOfLog,
  rejectOfToken,
  showGuarded,
  unpauseGuarded,
  writeGuardianKey,
} from './guardian/run-guardian';
export type { Guarded } from './guardian/guardian';
export { readTrustFile, withSeen, writeTrustFile } from './trust-file';
export { openStoredLog } from './stored-log';
export type { ViewComparison, ViewFinding } from './compare-views/compare-views';
export { compareViews } from './compare-views/load-compare-views';
export { viewFindingText } from './compare-views/finding-text';
