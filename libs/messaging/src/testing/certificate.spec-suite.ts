/** Certificates for tests of TLS, made by openssl where it is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Its tests are skipped where there is no openssl. */
export const describeWithOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? describe : describe.skip;

/** A self-signed certificate of 127.0.0.1 and localhost, of two days, with its key; PEM. */
export function selfSigned(name: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'messaging-tls-'));
  const [key, cert] = [path.join(folder, 'key'), path.join(folder, 'cert')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const made = ['-keyout', key, '-out', cert, '-subj', `/CN=${name}`];
  try {
    execFileSync('openssl', ['req', '-x509', ...kind, ...made, ...names], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
