/** The certifier with the keys that it signs by, its contracts and its witnesses. */
import {
  type CertifierPolicy,
  type LogSigner,
  type OpenedCertifier,
  accessLedger,
  chainAnchors,
  openCertifier,
  openPkcs11Signer,
  seedSigner,
} from '@flexledger/certifier';
import { sha256 } from '@flexledger/identity';
import { NOTE_KEY_TYPES, parseVerifierKey, verifierKeyText } from '@flexledger/merkle-log';
import type { Config } from '../config/config';
import { certifierFolder } from './data-folder';
import type { PlatformKeys } from './keys';
import type { Base, PlatformOptions } from './open-base';

/** Who cosigns, by the configuration. @throws CheckpointError when a key is none */
export function witnessesOf({ certifier }: Config): CertifierPolicy['witnesses'] {
  return certifier.witnesses.map(({ url, key }) => ({
    url,
    key: parseVerifierKey(sha256, key, NOTE_KEY_TYPES.cosignature),
  }));
}

/**
 * The key that signs the log, then those that it may be signed with until now and that hand it over.
 *
 * @throws TokenUnusable where it is to be in a token
 */
async function logSigners(
  { certifier: { origin, pkcs11 } }: Config,
  { checkpointKey, checkpointKeyBefore }: PlatformKeys,
): Promise<readonly [LogSigner, ...LogSigner[]]> {
  const signers = [checkpointKey, ...(checkpointKeyBefore ? [checkpointKeyBefore] : [])].map(
    (seed) => seedSigner(origin, seed),
  ) as [LogSigner, ...LogSigner[]];
  return pkcs11 ? [await openPkcs11Signer(origin, pkcs11), ...signers] : signers;
}

/** The keys that a certifier signs by, and the one that it names. @throws TokenUnusable */
export async function certifierKeys(config: Config, keys: PlatformKeys) {
  const { recoveryKey } = config.certifier;
  const [signer, ...before] = await logSigners(config, keys);
  return {
    signer,
    before,
    recoveryKey: recoveryKey && verifierKeyText(sha256, parseVerifierKey(sha256, recoveryKey)),
  };
}

/** Grants reach the chain within so many seconds, those of that time together. */
const GRANTS_EVERY_S = 300;

/** Opens it with the keys of its folder, or of its token. @throws TokenUnusable; else as `openCertifier` */
export async function openCertification(
  options: PlatformOptions,
  base: Base,
): Promise<OpenedCertifier> {
  const { config, clock, timers, onProblem } = options;
  const { store: log, shown, views, keys } = base;
  const { origin, sealEverySeconds } = config.certifier;
  const chain = base.chain!;
  return openCertifier({
    log,
    shown,
    views,
    clock,
    timers,
    anchors: chainAnchors({
      contract: chain.anchorContract,
      clock,
      afterTransaction: chain.sending.sent,
    }),
    access: {
      ledger: accessLedger({
        deploy: () => chain.dataAccess.deploy(),
        contractAt: (address) => chain.dataAccess.at(address),
        clock,
        afterTransaction: chain.sending.sent,
      }),
      everySeconds: GRANTS_EVERY_S,
    },
    origin,
    ...(await certifierKeys(config, keys)),
    chain: {
      chainId: chain.chainId,
      anchorContract: chain.anchorContract.address,
      tokenContract: chain.tokenContract.address,
      agreementContract: chain.agreementContract.address,
    },
    folder: certifierFolder(config.dataDir),
    policy: { sealEverySeconds, witnesses: witnessesOf(config) },
    onProblem,
  });
}
