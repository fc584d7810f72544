export * from './audit';
export { auditBundle } from './bundle/audit-bundle';
export { auditTlogProof } from './bundle/audit-tlog-proof';
export type { BundleBasis, BundleTrust } from './bundle/bundle-findings';
export * from './bundle/bundle';
export { type ReceiptSubject, eventsOfReceipt } from './bundle/receipt';
export { type RowProver, createRowProver } from './bundle/settled-rows';
export { type IsBundled, eventsBundledFor } from './bundle/bundled-events';
export * from './chain-snapshot';
export * from './log-contents';
export * from './log-reader';
export * from './logged-event';
export { recoveryKeyIn } from './log-key';
export * from './report';
export {
  type Examination,
  type ExaminedStretch,
  examineStretch,
} from './stretches/examine-stretch';
export {
  type LogStretch,
  type StretchedLog,
  STRETCH_AT_MOST,
  inStretches,
  stretchesHere,
} from './stretches/log-stretches';
export { type EnrolledKey, type NodeKeys, createNodeKeys } from './stretches/node-keys';
export type { AuditTools, ReplayTools } from './tools';
export * from './replay';
export { type Scope, WHOLE_LOG } from './scope';
export { examineRow, type ExaminedRow } from './checks/hashes';
export { formerContracts } from './checks/contracts-change';
export { createTokenCheck } from './checks/tokens';
export { trustedContractAt } from './checks/trusted-chain';
export * from './trust-policy';
export * from './session-replay/compare-replay';
export * from './session-replay/replay-session';
export * from './session-replay/session-record';
export * from './testing/small-log';
