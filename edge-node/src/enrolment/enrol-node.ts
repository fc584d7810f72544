/** How a Light Node enrols: its one-time token and a proof that it has its key, for credentials of the broker. */
import { canonicalJson } from '@flexledger/domain';
import type { NodeSigner } from '../signing/node-signer';
import { addressOf, ask } from '../uplink/ask';

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
  /** It speaks TLS, with a certificate that the machine has to trust. */
  readonly tls?: Record<string, never>;
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
 * @throws EnrolmentRefused with the platform's reason; NoAnswer where it does not answer
 */
export async function enrolNode(options: EnrolmentOptions): Promise<BrokerCredentials> {
  const { url, podId, token, signer, meterDriver, meterSerialNumber } = options;
  const { publicKey } = signer;
  const asked = { token, publicKey, meterDriver, meterSerialNumber };
  const proof = await signer.sign(canonicalJson({ podId, ...asked }));
  const path = `/api/v1/nodes/${encodeURIComponent(podId)}/enrolment`;
  const { status, text } = await ask(addressOf(url, path), {
    method: 'POST',
    body: { ...asked, proof },
  });
  const answer = answerOf(text);
  if (status < 200 || status > 299 || !answer.broker) {
    const reason = `${url} answered ${status}, which is no platform's answer`;
    throw new EnrolmentRefused(podId, answer.detail ?? reason);
  }
  const { host, port, tls, password } = answer.broker;
  return { host, port, token: password, ...(tls ? { tls: {} } : {}) };
}

interface Answer {
  readonly detail?: string;
  readonly broker?: {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    readonly password: string;
  };
}

/** What was answered; nothing where it is not JSON, as a proxy's page of an error. */
function answerOf(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
