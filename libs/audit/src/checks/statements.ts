/**
 * What nodes have signed beside measurements is their own word: each receipt of a setpoint and each activation
 * is signed with the key that was enrolled for its PoD at that point of the log.
 */
import { canonicalJson, fromHex } from '@flexledger/domain';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import type { MirroredRows } from '../mirrored-rows';
import type { Findings } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';
import type { AuditTools } from '../tools';

const SIGNATURE = /^[0-9a-f]{128}$/;
const POINT = /^04[0-9a-f]{128}$/;
const utf8 = new TextEncoder();

/** What was on its way when its node was revoked is still recorded. */
const UNDER_WAY_MS = 60_000;

type Statement = LoggedOf<'SetpointReceiptSigned'> | LoggedOf<'ActivationSigned'>;

/** Verifies every statement, in an audit of the whole log; no session rests on one. */
export function createStatementCheck(
  scope: Scope,
  { verifyP256 }: Pick<AuditTools, 'verifyP256'>,
  findings: Findings,
  mirrored: MirroredRows = new Map(),
): EventCheck {
  const keys = new Map<string, string>();
  const revokedMs = new Map<string, number>();

  const cameMs = ({ id, occurredAt, recordedAt }: LoggedEvent): number =>
    Date.parse(mirrored.has(id) ? occurredAt : recordedAt);

  async function stated(event: Statement): Promise<void> {
    if (scope !== WHOLE_LOG) return;
    findings.checked();
    const { podId, content, signature, publicKey } = event.data;
    if (content.podId !== podId) {
      return findings.fail(event, `it was signed for PoD ${content.podId}`);
    }
    const lateMs = cameMs(event) - (revokedMs.get(podId) ?? Infinity);
    const isEnrolled = keys.get(podId) === publicKey && lateMs <= UNDER_WAY_MS;
    const isSigned =
      isEnrolled &&
      POINT.test(publicKey) &&
      SIGNATURE.test(signature) &&
      (await verifyP256(
        fromHex(publicKey),
        utf8.encode(canonicalJson(content)),
        fromHex(signature),
      ));
    if (!isSigned) findings.fail(event, 'it is not signed with the key enrolled for its PoD');
  }

  return {
    findings,
    types: [
      'NodeEnrolled',
      'KeyRotated',
      'NodeRevoked',
      'SetpointReceiptSigned',
      'ActivationSigned',
    ],
    see(event) {
      switch (event.type) {
        case 'SetpointReceiptSigned':
        case 'ActivationSigned':
          return stated(event);
        case 'NodeRevoked':
          return void revokedMs.set(event.data.podId, cameMs(event));
        default: {
          const { podId, publicKey } = (event as LoggedOf<'NodeEnrolled'>).data;
          keys.set(podId, publicKey);
          revokedMs.delete(podId);
        }
      }
    },
  };
}
