/**
 * What nodes have signed beside measurements is their own word: each receipt of a setpoint, activation and anomaly
 * is signed with the key that was enrolled for its PoD at that point of the log, or shortly before.
 */
import { type AnomalyStatement, canonicalJson, fromHex, shownDetail } from '@flexledger/domain';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import type { MirroredRows } from '../mirrored-rows';
import type { Findings } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';
import type { AuditTools } from '../tools';
import { createWorkUnderWay } from '../work-under-way';

const SIGNATURE = /^[0-9a-f]{128}$/;
const POINT = /^04[0-9a-f]{128}$/;
const utf8 = new TextEncoder();

/** What was on its way when its node was revoked, or its key changed, is still recorded. */
const UNDER_WAY_MS = 60_000;

/** Signatures that are being verified at once, at most. */
const UNDER_WAY_AT_MOST = 1_024;

type Statement =
  | LoggedOf<'SetpointReceiptSigned'>
  | LoggedOf<'ActivationSigned'>
  | LoggedOf<'AnomalyRaised'>
  | LoggedOf<'AnomalyCleared'>;

/** What an event says of an anomaly otherwise than its node has signed it. */
function anomalyFault(event: Statement, { detail, endedAt }: AnomalyStatement): string | undefined {
  const isEnd = event.type === 'AnomalyCleared';
  if (isEnd !== (endedAt !== undefined)) {
    return `it was signed as the ${isEnd ? 'begin' : 'end'} of an anomaly`;
  }
  const isAsSigned = event.type !== 'AnomalyRaised' || event.data.detail === shownDetail(detail);
  return isAsSigned ? undefined : 'its detail is not the one that was signed';
}

/** Verifies every statement, in an audit of the whole log; no session rests on one. */
export function createStatementCheck(
  scope: Scope,
  { verifyP256 }: Pick<AuditTools, 'verifyP256'>,
  findings: Findings,
  mirrored: MirroredRows = new Map(),
): EventCheck {
  const keys = new Map<string, string>();
  /** By PoD and key: when the key ceased to count, Infinity while it does. */
  const endedMs = new Map<string, number>();
  const underWay = createWorkUnderWay(findings, UNDER_WAY_AT_MOST);

  const cameMs = ({ id, occurredAt, recordedAt }: LoggedEvent): number =>
    Date.parse(mirrored.has(id) ? occurredAt : recordedAt);

  const nameOf = (podId: string, publicKey: string): string => `${podId}/${publicKey}`;

  /** The PoD's key counts no more, for the first reason that ended it. */
  function end(podId: string, ms: number): void {
    const publicKey = keys.get(podId);
    if (publicKey === undefined) return;
    const name = nameOf(podId, publicKey);
    endedMs.set(name, Math.min(endedMs.get(name) ?? Infinity, ms));
  }

  function stated(event: Statement): Promise<void> | void {
    if (scope !== WHOLE_LOG) return;
    const { podId } = event.data;
    const statement = 'anomaly' in event.data ? event.data.statement : event.data;
    // Logs of earlier releases keep no signatures of anomalies.
    if (!statement) return;
    findings.checked();
    const { content, signature, publicKey } = statement;
    const kind = 'anomaly' in event.data ? event.data.anomaly : undefined;
    if ('kind' in content && content.kind !== kind) {
      return findings.fail(event, `it was signed as an anomaly of ${content.kind}`);
    }
    const otherwise = 'kind' in content ? anomalyFault(event, content) : undefined;
    if (otherwise !== undefined) return findings.fail(event, otherwise);
    if (content.podId !== podId) {
      return findings.fail(event, `it was signed for PoD ${content.podId}`);
    }
    const keyEndedMs = endedMs.get(nameOf(podId, publicKey));
    const isEnrolled = keyEndedMs !== undefined && cameMs(event) - keyEndedMs <= UNDER_WAY_MS;
    return underWay.begin(event, async () => {
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
    });
  }

  return {
    findings,
    types: [
      'NodeEnrolled',
      'KeyRotated',
      'NodeRevoked',
      'SetpointReceiptSigned',
      'ActivationSigned',
      'AnomalyRaised',
      'AnomalyCleared',
    ],
    see(event) {
      switch (event.type) {
        case 'SetpointReceiptSigned':
        case 'ActivationSigned':
        case 'AnomalyRaised':
        case 'AnomalyCleared':
          return stated(event);
        case 'NodeRevoked':
          return end(event.data.podId, cameMs(event));
        default: {
          const { podId, publicKey } = (event as LoggedOf<'NodeEnrolled'>).data;
          end(podId, cameMs(event));
          keys.set(podId, publicKey);
          endedMs.set(nameOf(podId, publicKey), Infinity);
        }
      }
    },
    end: () => underWay.end(),
    stop: () => underWay.end(),
  };
}
