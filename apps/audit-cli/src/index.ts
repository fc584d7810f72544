export { type AuditOptions, type OnProgress, auditLog, readContents } from './audit-log';
export { auditBundleFile, readBundleFile } from './bundle-file';
export { makeBundle, makeTlogProof } from './make-bundle';
export { readChain } from './chain-snapshot';
export { createNodeTools, replayTools } from './node-tools';
export { type LogComparison, compareLogs } from './compare-logs/compare-logs';
export { exportTrust } from './export-trust';
export { readTrustFile, withSeen, writeTrustFile } from './trust-file';
export { openStoredLog } from './stored-log';
