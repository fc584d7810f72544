import { type MeasurementPacket } from '@flexledger/domain';
import { type VerifyingPool, canonicalJson, sha256Hex } from '@flexledger/identity';
import { parseDeviceMessage, sequenceNamedIn } from '@flexledger/messaging';

/** A message on a node's `measurement` topic, as received. */
export interface ArrivedPacket {
  readonly podId: string;
  readonly payload: Buffer;
  /** PoD and SHA-256 of the payload: the same packet sent again has the same. */
  readonly digest: string;
}

/** A packet and what can be known of it without the log. */
export interface ExaminedPacket extends ArrivedPacket {
  readonly enrolledKey: string | undefined;
  readonly reading:
    | {
        readonly ok: true;
        readonly packet: MeasurementPacket;
        readonly hashMatches: boolean;
        readonly signatureValid: boolean;
      }
    | { readonly ok: false; readonly reason: string; readonly sequence: number | undefined };
}

/** Bytes of evidence read as text; the log keeps fewer characters. */
const EVIDENCE_BYTES = 16 * 1024;

/** Reads a packet and checks hash and signature against the key enrolled for the topic's PoD. */
export async function examinePacket(
  arrived: ArrivedPacket,
  enrolledKey: string | undefined,
  signatures: Pick<VerifyingPool, 'isBy'>,
): Promise<ExaminedPacket> {
  const { payload } = arrived;
  const parsed = parseDeviceMessage('measurement', payload);
  if (!parsed.ok) {
    const reading = { ...parsed, sequence: sequenceIn(evidenceOf(arrived)) };
    return { ...arrived, enrolledKey, reading };
  }
  const packet = parsed.message;
  const signed = canonicalJson(packet.inputData);
  const hashMatches = sha256Hex(signed) === packet.hash;
  // Nobody else's signature is worth the time.
  const isOwn = hashMatches && packet.publicKey === enrolledKey;
  const signatureValid = isOwn && (await signatures.isBy(enrolledKey, signed, packet.signedHash));
  const reading = { ok: true, packet, hashMatches, signatureValid } as const;
  return { ...arrived, enrolledKey, reading };
}

/** A packet as the log keeps it where it is refused. */
export function evidenceOf({ payload }: Pick<ArrivedPacket, 'payload'>): string {
  return payload.subarray(0, EVIDENCE_BYTES).toString('utf8');
}

/** The sequence of a packet that is malformed otherwise, so that its sender can be answered. */
function sequenceIn(packetText: string): number | undefined {
  try {
    const { sequence } = JSON.parse(packetText) as { sequence?: unknown };
    return Number.isSafeInteger(sequence) && (sequence as number) >= 0
      ? (sequence as number)
      : undefined;
  } catch {
    return sequenceNamedIn(packetText);
  }
}
