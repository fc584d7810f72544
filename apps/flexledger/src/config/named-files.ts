/** Whether what a configuration names by a file is there and of its kind. */
import { UsageError } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';
import { gridFile, loadRulePack, readCertificate } from '@flexledger/service-kit';
import type { Config } from './config';

/** @throws RulePackError, CertificateUnusable, UsageError for a grid that there is not */
export function requireNamedFiles({ market, dso, http, mqtt, platforms }: Config): void {
  loadRulePack(market.rules);
  if (platforms.includes('dso-technical-platform')) requireGrid(dso.grid);
  if (http.tls) readCertificate(http.tls);
  if (mqtt.tls && platforms.includes('blockchain-access-layer')) readCertificate(mqtt.tls);
}

function requireGrid(name: string): void {
  try {
    gridFile(name);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
