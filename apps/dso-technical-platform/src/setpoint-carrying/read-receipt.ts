import { canonicalJson, verifyMessage } from '@flexledger/identity';
import {
  parseDeviceMessage,
  type ReceivedMessage,
  type SetpointReceipt,
} from '@flexledger/messaging';

/** A node's own word on a setpoint, or why the message is none. */
export type ReadReceipt =
  | { readonly ok: true; readonly receipt: SetpointReceipt }
  | { readonly ok: false; readonly reason: string };

/** Reads a message of the topic `setpoint/ack` and checks that the enrolled node has signed it. */
export function readReceipt(
  { podId, payload }: ReceivedMessage,
  enrolledKey: string | undefined,
): ReadReceipt {
  const parsed = parseDeviceMessage('setpointAck', payload);
  if (!parsed.ok) return parsed;
  const { content, signature, publicKey } = parsed.message;
  if (content.podId !== podId) return refuse(`it is for PoD ${content.podId}`);
  if (publicKey !== enrolledKey) return refuse('its key is not the enrolled one');
  if (!verifyMessage(publicKey, canonicalJson(content), signature)) {
    return refuse('its signature is not by the enrolled key');
  }
  return { ok: true, receipt: content };
}

function refuse(reason: string): ReadReceipt {
  return { ok: false, reason };
}
