export * from './sealing/certifier';
export type { ProofServices } from './proofs/proof-services';
export { CertifierModule } from './certifier.module';
