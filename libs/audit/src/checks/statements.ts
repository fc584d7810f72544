/**
 * What nodes have signed beside measurements is their own word: each receipt of a setpoint, activation and anomaly
 * is signed with the key that was enrolled for its PoD at that point of the log, or shortly before.
 */
import {
  type AnomalyStatement,
  type SignedStatement,
  canonicalJson,
  fromHex,
  shownDetail,
} from '@flexledger/domain';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import type { MirroredRows } from '../mirrored-rows';
import type { Findings } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';
import type { SoundRow } from '../stretches/sound-rows';
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

/** Why a statement is not what its event says; undefined when it is, or when the event holds none. */
export function statementFault(event: Statement): string | undefined {
  const statement = statementIn(event);
  if (!statement) return undefined;
  const { content } = statement;
  const kind = 'anomaly' in event.data ? event.data.anomaly : undefined;
  if ('kind' in content && content.kind !== kind) {
    return `it was signed as an anomaly of ${content.kind}`;
  }
  const otherwise = 'kind' in content ? anomalyFault(event, content) : undefined;
  if (otherwise !== undefined) return otherwise;
  return content.podId === event.data.podId ? undefined : `it was signed for PoD ${content.podId}`;
}

/** Undefined in logs of earlier releases, which keep no signatures of anomalies. */
const statementIn = ({ data }: Statement) => ('anomaly' in data ? data.statement : data);

/**
 * Whether a statement is signed with the key that it names itself.
 *
 * @param pointOf who asks for many has read their keys before
 */
export function isSignedStatement(
  { verifyP256 }: Pick<AuditTools, 'verifyP256'>,
  { content, signature, publicKey }: Omit<SignedStatement<object>, 'podId'>,
  pointOf: (publicKey: string) => Uint8Array = fromHex,
): boolean | Promise<boolean> {
  if (!POINT.test(publicKey) || !SIGNATURE.test(signature)) return false;
  const signed = utf8.encode(canonicalJson(content));
  return verifyP256(pointOf(publicKey), signed, fromHex(signature));
}

/** Is shown statements in which nothing was found too, without their events. */
export interface StatementCheck extends EventCheck {
  /** As `SignatureCheck.takes`, which see. */
  takes(row: SoundRow): boolean;
}

/** Verifies every statement, in an audit of the whole log; no session rests on one. */
export function createStatementCheck(
  scope: Scope,
  tools: Pick<AuditTools, 'verifyP256'>,
  findings: Findings,
  mirrored: MirroredRows = new Map(),
): StatementCheck {
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

  function isInForce(podId: string, publicKey: string, cameMs: number): boolean {
    const keyEndedMs = endedMs.get(nameOf(podId, publicKey));
    return keyEndedMs !== undefined && cameMs - keyEndedMs <= UNDER_WAY_MS;
  }

  function stated(event: Statement): Promise<void> | void {
    if (scope !== WHOLE_LOG) return;
    const statement = statementIn(event);
    if (!statement) return;
    findings.checked();
    const fault = statementFault(event);
    if (fault !== undefined) return findings.fail(event, fault);
    const isEnrolled = isInForce(event.data.podId, statement.publicKey, cameMs(event));
    return underWay.begin(event, async () => {
      const isSigned = isEnrolled && (await isSignedStatement(tools, statement));
      if (!isSigned) findings.fail(event, 'it is not signed with the key enrolled for its PoD');
    });
  }

  function takes({ id, podId, publicKey, occurredMs, recordedMs }: SoundRow): boolean {
    if (scope !== WHOLE_LOG) return true;
    const atMs = mirrored.has(id) ? occurredMs : recordedMs;
    if (publicKey === undefined || !isInForce(podId, publicKey, atMs)) return false;
    findings.checked();
    return true;
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
    takes,
    end: () => underWay.end(),
    stop: () => underWay.end(),
  };
}
