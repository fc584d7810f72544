/** How a Light Node enrols: its one-time token and a proof that it has its key, for credentials of the broker. */
import { canonicalJson } from '@flexledger/domain';
import type { NodeSigner } from '../signing/node-signer';

export interface EnrolmentOptions {
  /** Where the platform's REST interface is: `https://market.example`. */
  readonly url: string;
  readonly podId: string;
  /** The one-time token that the PoD's aggregator was given. */
  readonly token: string;
  readonly signer: NodeSigner;
  /** How the node reads its meter: `modbusTcp`, `simulated`. */
  readonly meterDriver: string;
  readonly meterSerialNumber: string;
}

/** With what an enrolled node signs in to the broker. */
export interface BrokerCredentials {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** The platform refused an enrolment: what it said, in words. */
export class EnrolmentRefused extends Error {
  constructor(podId: string, reason: string) {
    super(`The node of PoD ${podId} is not enrolled: ${reason}`);
    this.name = 'EnrolmentRefused';
  }
}

/**
 * Enrols; after a lost answer the same may be asked again with the same token and key.
 *
 * @throws EnrolmentRefused with the platform's reason; TypeError where it does not answer
 */
export async function enrolNode(options: EnrolmentOptions): Promise<BrokerCredentials> {
  const { url, podId, token, signer, meterDriver, meterSerialNumber } = options;
  const { publicKey } = signer;
  const asked = { token, publicKey, meterDriver, meterSerialNumber };
  const proof = await signer.sign(canonicalJson({ podId, ...asked }));
  const response = await fetch(`${url}/api/v1/nodes/${encodeURIComponent(podId)}/enrolment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, proof }),
  });
  const answer = (await response.json()) as {
    readonly detail?: string;
    readonly broker: { readonly host: string; readonly port: number; readonly password: string };
  };
  if (!response.ok) throw new EnrolmentRefused(podId, answer.detail ?? `${response.status}`);
  const { host, port, password } = answer.broker;
  return { host, port, token: password };
}
