/**
 * A listener's certificate from files that somebody else renews (an ACME client, a secret of the
 * orchestrator): looked at regularly, handed on when they have changed and are sound, so that no
 * renewal needs a restart and no half-written file takes a listener down.
 */
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock, Timers } from '@flexledger/runtime';

/** Where key and certificate (with its chain, leaf first) stand, PEM. */
export interface CertificateFiles {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** Key and certificate, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Files that no listener can be opened with; the message names them and the remedy. */
export class CertificateUnusable extends Error {
  override readonly name = 'CertificateUnusable';
}

interface CertificateWatch {
  /** The one that holds now. */
  readonly current: () => Certificate;
  /** Called with every renewal from now on. */
  onRenewed(listener: (renewed: Certificate) => void): void;
  /** Looks no more. */
  close(): void;
}

interface CertificateWatchOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told of files that cannot be used, once as long as they stay so, and of an end that is near. */
  readonly onProblem: (problem: string) => void;
}

const CHECK_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
/** An end nearer than this is told. */
const NEAR_END_DAYS = 7;

/**
 * Opens the files and watches them.
 *
 * @throws CertificateUnusable naming the file and the remedy when they cannot be used now
 */
export function watchCertificate(
  files: CertificateFiles,
  options: CertificateWatchOptions,
): CertificateWatch {
  const { clock, timers, onProblem } = options;
  const listeners: ((renewed: Certificate) => void)[] = [];
  let current = readCertificate(files);
  let seen = digestOf(current);
  let told = '';
  let cancel = (): void => {};
  const tell = (problem: string): void => {
    if (problem !== told) onProblem(problem);
    told = problem;
  };
  const look = (): void => {
    try {
      const now = readCertificate(files);
      if (digestOf(now) !== seen) {
        current = now;
        seen = digestOf(now);
        for (const listener of listeners) listener(now);
      }
      told = nearEnd(files, current, clock.nowMs(), tell) ?? '';
    } catch (error) {
      tell(`${(error as Error).message} The certificate from before stays in use.`);
    }
    arm();
  };
  const arm = (): void => {
    cancel = timers.at(clock.nowMs() + CHECK_EVERY_MS, `tls/${files.certificateFile}`, look);
  };
  arm();
  return {
    current: () => current,
    onRenewed: (listener) => void listeners.push(listener),
    close: () => cancel(),
  };
}

/**
 * Key and certificate as the files have them.
 *
 * @throws CertificateUnusable when one cannot be read, is no PEM of its kind, or they do not belong together
 */
export function readCertificate({ keyFile, certificateFile }: CertificateFiles): Certificate {
  const key = textOf(keyFile);
  const cert = textOf(certificateFile);
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch {
    throw new CertificateUnusable(
      `${certificateFile} holds no certificate in PEM form; name another file.`,
    );
  }
  let belongs: boolean;
  try {
    belongs = leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new CertificateUnusable(
      `${keyFile} holds no private key in PEM form; name another file.`,
    );
  }
  if (!belongs) {
    throw new CertificateUnusable(
      `The key in ${keyFile} is not that of the certificate in ${certificateFile}; ` +
        'name two files that belong together.',
    );
  }
  return { key, cert };
}

function nearEnd(
  { certificateFile }: CertificateFiles,
  { cert }: Certificate,
  nowMs: number,
  tell: (problem: string) => void,
): string | undefined {
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) - nowMs > NEAR_END_DAYS * DAY_MS) return undefined;
  const problem = `The certificate in ${certificateFile} ends on ${validTo}; renew it.`;
  tell(problem);
  return problem;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CertificateUnusable(`${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

function digestOf({ key, cert }: Certificate): string {
  return createHash('sha256').update(key).update('\0').update(cert).digest('hex');
}
