export { canonicalJson, type HashedFields } from '@flexledger/domain';
export * from './hash';
export * from './domain-digests';
export * from './access/access-rules';
export * from './access/client-secret';
export {
  AccessError,
  type IssuedToken,
  TOKEN_LIFE_S,
  type TokenIssuer,
  type TokenKey,
  type TokenRealm,
  type TokenVerifier,
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
} from './access/tokens';
export * from './access/federated-tokens';
export * from './access/link-tokens';
export * from './access/slowdown';
export * from './key-rotation';
export * from './measurement-packet';
export * from './signatures';
export { signMessageDeterministic } from './deterministic-signature';
export * from './signing-pool';
export * from './verifying-pool';
