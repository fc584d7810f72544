export { type CertifierOptions, type OpenedCertifier, certifierViews, openCertifier } from './open';
export type { CertifierPolicy } from './policy';
export type { Certifier, CertifierChain } from './sealing/sealing';
export {
  type ContractsChanged,
  type ContractsOfLog,
  ContractsNotChanged,
  changeContracts,
} from './sealing/change-contracts';
export type { Anchors } from './anchoring/anchors';
export { type AccessLedger, accessLedger } from './data-access/access-ledger';
export { chainAnchors } from './anchoring/chain-anchors';
export { type Leaf, type LeafStore, openLeafStore } from './leaves/leaf-store';
export type { CertifiedPacket } from './proofs/make-packet';
export { type LogSigner, signedNote } from './keys/log-signer';
export { openPkcs11Account } from './keys/pkcs11-account';
export { openPkcs11Signer } from './keys/pkcs11-signer';
export { type Pkcs11Key, TokenUnusable } from './keys/pkcs11-tool';
export { askCompromise, endKey } from './keys/end-key';
export { seedSigner } from './keys/seed-signer';
export {
  StatementRefused,
  makeRecoveryKey,
  recoveryVerifierKey,
  requestText,
  signCompromiseRequest,
} from './keys/recovery-key';
