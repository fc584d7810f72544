import { type MeasurementInput, type MeasurementPacket, canonicalJson } from '@flexledger/domain';
import { sha256Hex } from './hash';
import { type NodeKey, signMessage } from './signatures';

/** The packet of a measurement, signed with a key that is at hand (DESIGN 10). */
export function signedPacketOf(
  inputData: MeasurementInput,
  { privateKey, publicKey }: NodeKey,
): MeasurementPacket {
  const { podId, sequence } = inputData;
  const text = canonicalJson(inputData);
  const signedHash = signMessage(privateKey, text);
  return { podId, sequence, inputData, hash: sha256Hex(text), signedHash, publicKey };
}
