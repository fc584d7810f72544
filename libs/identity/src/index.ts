export { canonicalJson, type HashedFields } from '@flexledger/domain';
export * from './hash';
export * from './domain-digests';
export * from './access/access-rules';
export * from './access/client-secret';
export * from './access/tokens';
export * from './signatures';
export { signMessageDeterministic } from './deterministic-signature';
export * from './signing-pool';
