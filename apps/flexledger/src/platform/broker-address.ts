/** Where Light Nodes reach the broker: what their enrolment answers. */
import { hostname } from 'node:os';
import type { Config } from '../config/config';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Addresses that listen everywhere and lead nowhere. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::', '[::]'];

/**
 * The configured public address; what it leaves open is the address that the broker listens at, and for
 * one that listens everywhere the host of `identity.publicUrl`, else this machine's name.
 *
 * @param boundPort the port that the broker has
 */
export function publicBroker(
  { mqtt, identity }: Pick<Config, 'mqtt' | 'identity'>,
  boundPort: number,
): BrokerAddress {
  const { publicUrl } = identity;
  const everywhere = publicUrl === undefined ? hostname() : new URL(publicUrl).hostname;
  const bound = WILDCARDS.includes(mqtt.host) ? everywhere : mqtt.host;
  return {
    host: mqtt.publicHost ?? bound,
    port: mqtt.publicPort ?? boundPort,
    // One of its own says it by its certificate, another one by whose it is trusted.
    tls: (mqtt.adminTokenFile === undefined ? mqtt.tls : mqtt.caFile) !== undefined,
  };
}
