import { type MeasurementPacket } from '@flexledger/domain';
import {
  type SignedMessage,
  type VerifyingPool,
  canonicalJson,
  sha256Hex,
} from '@flexledger/identity';
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

/**
 * Reads packets that came on one topic, and checks hashes and signatures against the key enrolled for its PoD: those of
 * one message together, which costs less than one by one.
 */
export async function examinePackets(
  arrived: readonly ArrivedPacket[],
  enrolledKey: string | undefined,
  signatures: Pick<VerifyingPool, 'areBy'>,
): Promise<ExaminedPacket[]> {
  const signed: SignedMessage[] = [];
  const own: { signatureValid: boolean }[] = [];
  const readingOf = ({ payload }: ArrivedPacket): ExaminedPacket['reading'] => {
    const parsed = parseDeviceMessage('measurement', payload);
    if (!parsed.ok) return { ...parsed, sequence: sequenceIn(evidenceOf({ payload })) };
    const packet = parsed.message;
    const text = canonicalJson(packet.inputData);
    const hashMatches = sha256Hex(text) === packet.hash;
    const reading = { ok: true, packet, hashMatches, signatureValid: false } as const;
    // Nobody else's signature is worth the time.
    if (hashMatches && packet.publicKey === enrolledKey) {
      own.push(reading);
      signed.push([text, packet.signedHash]);
    }
    return reading;
  };
  const examined = arrived.map((packet): ExaminedPacket => ({
    podId: packet.podId,
    payload: packet.payload,
    digest: packet.digest,
    enrolledKey,
    reading: readingOf(packet),
  }));
  if (enrolledKey === undefined || own.length === 0) return examined;
  const answers = await signatures.areBy(enrolledKey, signed);
  own.forEach((reading, index) => (reading.signatureValid = answers[index]!));
  return examined;
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
