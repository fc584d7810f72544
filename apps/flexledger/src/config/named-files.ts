/** Whether what a configuration names by a file is there and of its kind. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UsageError } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';
import { gridFile, loadRulePack, readCertificate } from '@flexledger/service-kit';
import type { Config, MirrorSetting } from './config';

/** @throws RulePackError, CertificateUnusable, UsageError for a grid, a secret or trusted certificates that are not there */
export function requireNamedFiles({
  accessLayer,
  chain,
  market,
  dso,
  http,
  log,
  kafka,
  mqtt,
  mirrors,
  platforms,
  tracing,
}: Config): void {
  loadRulePack(market.rules);
  if (platforms.includes('dso-technical-platform')) requireGrid(dso.grid);
  if (chain.marketKeyFile !== undefined) readChainKey(chain.marketKeyFile);
  if (mqtt.caFile !== undefined) requireTrusted('mqtt.caFile', mqtt.caFile);
  if (mqtt.tokenFile !== undefined) requireSecret('mqtt.tokenFile', mqtt.tokenFile);
  if (mqtt.adminTokenFile !== undefined) requireSecret('mqtt.adminTokenFile', mqtt.adminTokenFile);
  if (kafka.caFile !== undefined) requireTrusted('kafka.caFile', kafka.caFile);
  if (kafka.tls) readCertificate(kafka.tls);
  if (tracing.headersFile !== undefined) readTraceHeaders(tracing.headersFile);
  if (http.tls) readCertificate(http.tls);
  if (log.tls) readCertificate(log.tls);
  if (platforms.includes('blockchain-access-layer')) {
    if (mqtt.tls) readCertificate(mqtt.tls);
    if (accessLayer.tcp?.tls) readCertificate(accessLayer.tcp.tls);
  }
  if (platforms.includes('dso-technical-platform') && dso.tcp?.tls) readCertificate(dso.tcp.tls);
  mirrors.forEach(requireFilesOfMirror);
}

function requireFilesOfMirror({ name, secretFile, kafka }: MirrorSetting): void {
  if (secretFile !== undefined) requireSecret(`secretFile of mirror ${name}`, secretFile);
  if (kafka?.caFile !== undefined) requireTrusted(`kafka.caFile of mirror ${name}`, kafka.caFile);
  if (kafka?.tls) readCertificate(kafka.tls);
}

/** Whoever trusts garbage trusts nobody, and would only say of the broker that it is not trusted. */
function requireTrusted(setting: string, caFile: string): void {
  try {
    new X509Certificate(readFileSync(caFile));
  } catch (error) {
    throw new UsageError(
      `${setting} ${caFile} cannot be used: ${messageOf(error)}; name a file of certificates in PEM form.`,
    );
  }
}

function requireSecret(setting: string, file: string): void {
  try {
    if (readFileSync(file, 'utf8').trim() !== '') return;
  } catch (error) {
    throw new UsageError(
      `${setting}, ${file}, cannot be used: ${messageOf(error)}; write the secret into it that the ` +
        'other organisation gave you.',
    );
  }
  throw new UsageError(`${setting}, ${file}, is empty; write the secret into it.`);
}

function requireGrid(name: string): void {
  try {
    gridFile(name);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/**
 * The private key of an account on the chain, 64 hex digits, as a file has it.
 *
 * @throws UsageError naming the file
 */
export function readChainKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(
      `chain.marketKeyFile, ${file}, cannot be used: ${messageOf(error)}; write the private key into it.`,
    );
  }
  const key = text.replace(/^0x/, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(key) && BigInt(`0x${key}`) > 0n) return key;
  throw new UsageError(
    `chain.marketKeyFile, ${file}, holds no private key; write its 64 hex digits into it.`,
  );
}

/** A header's name by RFC 9110, and a value of one line. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const HEADER_VALUE = /^[\x20-\x7e]{1,8000}$/;

/**
 * Headers that a collector of traces asks for.
 *
 * @throws UsageError naming the file
 */
export function readTraceHeaders(file: string): Readonly<Record<string, string>> {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`tracing.headersFile, ${file}, cannot be used: ${messageOf(error)}.`);
  }
  const isHeaders =
    typeof read === 'object' &&
    read !== null &&
    Object.entries(read).every(
      ([name, value]) =>
        HEADER_NAME.test(name) && typeof value === 'string' && HEADER_VALUE.test(value),
    );
  if (isHeaders) return read as Readonly<Record<string, string>>;
  throw new UsageError(
    `tracing.headersFile, ${file}, holds no headers; write { "authorization": "Bearer ..." } into it.`,
  );
}
