/**
 * Every measurement is its node's own word: signed with the key that was enrolled for the PoD at
 * that point of the log, one a quarter-hour, and a higher sequence means a later quarter-hour. It can be
 * true: it counts energy, of a quarter-hour that was over when it was recorded. And no packet was refused
 * for a signature that is there. A key is followed by the one that it has named itself, signed by both; who
 * puts another box in the place of one, with `NodeEnrolled`, needs no word of the old one.
 * Signatures are verified while later events are read, side by side where the caller can, and in bounded memory.
 */
import { type SignedKeyRotation, canonicalJson, fromHex, toHex } from '@flexledger/domain';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import { createQuarterHourTable } from '../quarter-hours';
import type { MirroredRows } from '../mirrored-rows';
import type { Findings } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';
import type { SoundRow } from '../stretches/sound-rows';
import type { AuditTools } from '../tools';
import { createWorkUnderWay } from '../work-under-way';
import { readPacket } from './packets';

/** Signatures that are being verified at once, at most. */
const UNDER_WAY_AT_MOST = 1_024;

/** An uncompressed point on P-256; r and s of a signature; both hex. */
const POINT = /^04[0-9a-f]{128}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

const utf8 = new TextEncoder();

/** What was on its way when its node was revoked is still recorded. */
const UNDER_WAY_MS = 60_000;

type Measurement = LoggedOf<'MeasurementRecorded'>;
type Refusal = LoggedOf<'PacketRejected'>;
type Rotation = LoggedOf<'KeyRotated'>;

/** Is shown packets in which nothing was found too, without their events. */
export interface SignatureCheck extends EventCheck {
  /**
   * Takes a packet with its signature for good where it is in its place and signed with the key in force. Otherwise
   * it changes nothing: the event is to be shown, which is told what is wrong with it.
   */
  takes(row: SoundRow): boolean;
}

/** Verifies every measurement in scope. */
export function createSignatureCheck(
  scope: Scope,
  { sha256, verifyP256 }: Pick<AuditTools, 'sha256' | 'verifyP256'>,
  findings: Findings,
  mirrored: MirroredRows = new Map(),
): SignatureCheck {
  const enrolments = createEnrolments();
  const sequences = createQuarterHourTable();
  const underWay = createWorkUnderWay(findings, UNDER_WAY_AT_MOST);

  /** When it came to whoever recorded it: of what a mirror took, the own log's time is that of the mirror. */
  function cameMs({ id, occurredAt, recordedAt }: LoggedEvent): number {
    return Date.parse(mirrored.has(id) ? occurredAt : recordedAt);
  }

  function measured(event: Measurement): Promise<void> | void {
    if (!scope.measurement(event)) return;
    findings.checked();
    const { podId, sequence } = event.data;
    const read = readPacket(sha256, event);
    if (read.startMs === undefined) return findings.fail(event, read.fault);
    const { startMs, signed } = read;
    const fault = read.fault ?? placeFault(event.data, startMs);
    sequences.set(podId, startMs, sequence);
    const key = enrolments.keyOf(podId, cameMs(event));
    if (fault) return findings.fail(event, fault);
    if (key === undefined) return findings.fail(event, enrolments.noKeyOf(podId));
    return underWay.begin(event, async () => {
      const { signedHash } = event.data;
      const isSigned =
        SIGNATURE.test(signedHash) && (await verifyP256(fromHex(key), signed, fromHex(signedHash)));
      if (!isSigned) findings.fail(event, 'it is not signed with the key enrolled for its PoD');
    });
  }

  /** Both reasons are given to packets of the enrolled key only: any other is refused for its key. */
  async function refused(event: Refusal): Promise<void> {
    const { podId, reason, packet } = event.data;
    if (scope !== WHOLE_LOG || (reason !== 'wrong-hash' && reason !== 'wrong-signature')) return;
    findings.checked();
    const read = packetIn(packet);
    if (!read || read.podId !== podId || toHex(sha256(read.signed)) !== read.hash) return;
    if (!(await verifyP256(fromHex(read.publicKey), read.signed, fromHex(read.signedHash)))) return;
    findings.fail(event, `it was refused for "${reason}", and the node's signature is there`);
  }

  /** What a key named as the next: by itself, and with the next one's consent. */
  async function rotated(event: Rotation): Promise<void> {
    const { podId, publicKey, rotation } = event.data;
    const held = enrolments.heldBy(podId);
    const fault = enrolments.enrolled(podId, publicKey);
    findings.checked();
    if (fault) findings.fail(event, fault);
    if (!held) return findings.fail(event, `PoD ${podId} had no node whose key it could replace`);
    const isSigned = rotation !== undefined && (await isHandedOver(rotation, event.data, held));
    if (!isSigned)
      findings.fail(event, 'it is not signed by the key it replaces, and by the new one');
  }

  async function isHandedOver(
    { content, previousProof, proof }: SignedKeyRotation,
    { podId, publicKey }: Rotation['data'],
    held: string,
  ): Promise<boolean> {
    const names = { podId, previousKey: held, publicKey };
    const isItsOwn = Object.entries(names).every(
      ([name, value]) => content[name as keyof typeof names] === value,
    );
    if (!isItsOwn || !SIGNATURE.test(previousProof) || !SIGNATURE.test(proof)) return false;
    const signed = utf8.encode(canonicalJson(content));
    const [byHeld, byNext] = await Promise.all([
      verifyP256(fromHex(held), signed, fromHex(previousProof)),
      verifyP256(fromHex(publicKey), signed, fromHex(proof)),
    ]);
    return byHeld && byNext;
  }

  function placeFault(
    { podId, sequence, inputData }: Measurement['data'],
    startMs: number,
  ): string | undefined {
    if (sequences.at(podId, startMs) !== undefined) {
      return `quarter-hour ${inputData.mtuStart} of PoD ${podId} is recorded a second time`;
    }
    const { lower, upper } = neighboursOf(podId, startMs);
    if (lower < sequence && sequence < upper) return undefined;
    return `sequence ${sequence} is not between ${lower} and ${upper}, its neighbours in time`;
  }

  /** Sequences of the quarter-hours that were recorded next before and after one. */
  const neighboursOf = (podId: string, startMs: number) => ({
    lower: sequences.before(podId, startMs) ?? -1,
    upper: sequences.after(podId, startMs) ?? Infinity,
  });

  function takes({ id, podId, publicKey, packet, ...row }: SoundRow): boolean {
    if (scope !== WHOLE_LOG) return true; // none that a session rests on is taken without its event
    if (!packet || publicKey === undefined) return false;
    const { startMs, sequence } = packet;
    const { lower, upper } = neighboursOf(podId, startMs);
    const isInPlace =
      sequences.at(podId, startMs) === undefined && lower < sequence && sequence < upper;
    const atMs = mirrored.has(id) ? row.occurredMs : row.recordedMs;
    if (!isInPlace || enrolments.keyOf(podId, atMs) !== publicKey) return false;
    sequences.set(podId, startMs, sequence);
    findings.checked();
    return true;
  }

  return {
    findings,
    types: ['NodeEnrolled', 'KeyRotated', 'NodeRevoked', 'MeasurementRecorded', 'PacketRejected'],
    see(event) {
      switch (event.type) {
        case 'MeasurementRecorded':
          return measured(event);
        case 'PacketRejected':
          return refused(event);
        case 'NodeRevoked':
          return enrolments.revoked(event.data.podId, cameMs(event));
        case 'KeyRotated':
          return rotated(event);
        default: {
          const { podId, publicKey } = (event as LoggedOf<'NodeEnrolled'>).data;
          const fault = enrolments.enrolled(podId, publicKey);
          if (fault) findings.fail(event, fault);
        }
      }
    },
    takes,
    end: () => underWay.end(),
    stop: () => underWay.end(),
  };
}

/** What a refused packet would have to be judged by; undefined when it is not such a packet. */
function packetIn(text: string) {
  try {
    const { podId, inputData, hash, signedHash, publicKey } = JSON.parse(text) as Record<
      string,
      unknown
    >;
    const isWhole =
      typeof inputData === 'object' &&
      typeof signedHash === 'string' &&
      typeof publicKey === 'string' &&
      SIGNATURE.test(signedHash) &&
      POINT.test(publicKey);
    if (!isWhole) return undefined;
    return { podId, hash, signedHash, publicKey, signed: utf8.encode(canonicalJson(inputData)) };
  } catch {
    return undefined;
  }
}

/** Which key each PoD's node signs with, hex. A key that was given up or revoked does not come back. */
function createEnrolments() {
  const keys = new Map<string, string>();
  const revokedMs = new Map<string, number>();
  const givenUp = new Map<string, Set<string>>();
  return {
    keyOf(podId: string, cameMs: number): string | undefined {
      const lateMs = cameMs - (revokedMs.get(podId) ?? Infinity);
      return lateMs > UNDER_WAY_MS ? undefined : keys.get(podId);
    },
    /** The key that the PoD's node signs with now. */
    heldBy: (podId: string): string | undefined =>
      revokedMs.has(podId) ? undefined : keys.get(podId),
    noKeyOf: (podId: string): string =>
      keys.has(podId)
        ? `the node of PoD ${podId} was revoked before it`
        : `no node was enrolled for PoD ${podId} before it`,
    revoked: (podId: string, atMs: number): void => void revokedMs.set(podId, atMs),
    /**
     * @returns why the node may not have the key
     * @throws RangeError when it is no uncompressed point of SEC 1, hex
     */
    enrolled(podId: string, publicKey: string): string | undefined {
      if (!POINT.test(publicKey)) throw new RangeError(`"${publicKey}" is no uncompressed point`);
      const [before, old] = [keys.get(podId), givenUp.get(podId) ?? new Set<string>()];
      if (before !== undefined) givenUp.set(podId, old.add(before));
      keys.set(podId, publicKey);
      revokedMs.delete(podId);
      return old.has(publicKey)
        ? `a node of PoD ${podId} has given up key ${publicKey.slice(0, 16)}… before it`
        : undefined;
    },
  };
}
