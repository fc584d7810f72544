export { type Anvil, AnvilError, type AnvilOptions, startAnvil } from './anvil';
export { type Chain, type ChainOptions, type ChainSigner, connectChain, type Fees } from './chain';
export { chainFile } from './chain-file';
export { CHAIN_USER, type ChainGate, type ChainGateOptions, openChainGate } from './chain-gate';
export { ChainRefused, ChainUnavailable } from './chain-errors';
export {
  codeHashAt,
  type DutyHolders,
  type TransactionOptions,
  type TransactionReceipt,
} from './contract';
export * from './data-access';
export {
  assignDuties,
  dismissWorkers,
  type Duties,
  readDuties,
  readRoleChanges,
  readScheduledGuardians,
  type RoleChange,
  type ScheduledGuardian,
} from './duties';
export * from './event-log-anchor';
export * from './flex-token';
export * from './flexibility-agreement';
export * from './guardian';
export * from './several-nodes';
export { type SupervisedAnvil, superviseAnvil } from './supervised-anvil';
