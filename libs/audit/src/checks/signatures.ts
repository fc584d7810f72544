/**
 * Every measurement is its node's own word: signed with the key that was enrolled for the PoD at
 * that point of the log, one a quarter-hour, and a higher sequence means a later quarter-hour.
 * Signatures are verified in batches: side by side where the caller can, and in bounded memory.
 */
import { canonicalJson, fromHex, meterStream, toHex } from '@flexledger/domain';
import type { EventCheck, LoggedOf } from '../logged-event';
import { createQuarterHourTable } from '../quarter-hours';
import type { Findings } from '../report';
import type { Scope } from '../scope';
import type { AuditTools } from '../tools';

const BATCH = 1_024;

/** An uncompressed point on P-256; r and s of a signature; both hex. */
const POINT = /^04[0-9a-f]{128}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

const utf8 = new TextEncoder();

type Measurement = LoggedOf<'MeasurementRecorded'>;

interface Waiting {
  readonly event: Measurement;
  readonly key: Uint8Array;
  readonly signed: Uint8Array;
}

/** Verifies every measurement in scope. */
export function createSignatureCheck(
  scope: Scope,
  { sha256, verifyP256 }: Pick<AuditTools, 'sha256' | 'verifyP256'>,
  findings: Findings,
): EventCheck {
  const keys = new Map<string, Uint8Array>();
  const sequences = createQuarterHourTable();
  let batch: Waiting[] = [];

  async function verifyBatch(): Promise<void> {
    const waiting = batch;
    batch = [];
    const isOwn = await Promise.all(waiting.map(isSigned));
    waiting.forEach(({ event }, index) => {
      if (!isOwn[index]) findings.fail(event, 'it is not signed with the key enrolled for its PoD');
    });
  }

  function measured(event: Measurement): Promise<void> | void {
    if (!scope.measurement(event)) return;
    findings.checked();
    const { podId, sequence, inputData } = event.data;
    const signed = utf8.encode(canonicalJson(inputData));
    const fault = contentFault(event, signed) ?? placeFault(event);
    sequences.set(podId, Date.parse(inputData.mtuStart), sequence);
    const key = keys.get(podId);
    if (fault) return findings.fail(event, fault);
    if (!key) return findings.fail(event, `no node was enrolled for PoD ${podId} before it`);
    batch.push({ event, key, signed });
    if (batch.length >= BATCH) return verifyBatch();
  }

  function contentFault({ streamId, data }: Measurement, signed: Uint8Array): string | undefined {
    const { podId, sequence, inputData, hash } = data;
    if (inputData.podId !== podId || inputData.sequence !== sequence) {
      return `it was signed for PoD ${inputData.podId}, sequence ${inputData.sequence}`;
    }
    if (streamId !== meterStream(podId, inputData.mtuStart)) {
      return `its stream is not that of PoD ${podId} at ${inputData.mtuStart}`;
    }
    return toHex(sha256(signed)) === hash ? undefined : 'its hash is not that of its input data';
  }

  function isSigned({ event, key, signed }: Waiting): boolean | Promise<boolean> {
    const { signedHash } = event.data;
    return SIGNATURE.test(signedHash) && verifyP256(key, signed, fromHex(signedHash));
  }

  function placeFault({ data }: Measurement): string | undefined {
    const { podId, sequence, inputData } = data;
    const startMs = Date.parse(inputData.mtuStart);
    if (sequences.at(podId, startMs) !== undefined) {
      return `quarter-hour ${inputData.mtuStart} of PoD ${podId} is recorded a second time`;
    }
    const lower = sequences.before(podId, startMs) ?? -1;
    const upper = sequences.after(podId, startMs) ?? Infinity;
    if (lower < sequence && sequence < upper) return undefined;
    return `sequence ${sequence} is not between ${lower} and ${upper}, its neighbours in time`;
  }

  return {
    findings,
    types: ['NodeEnrolled', 'KeyRotated', 'MeasurementRecorded'],
    see(event) {
      if (event.type === 'MeasurementRecorded') return measured(event);
      const { podId, publicKey } = (event as LoggedOf<'NodeEnrolled' | 'KeyRotated'>).data;
      keys.set(podId, publicKeyFrom(publicKey));
    },
    end: verifyBatch,
    stop: verifyBatch,
  };
}

/** @throws RangeError when it is no uncompressed point of SEC 1, hex */
function publicKeyFrom(publicKey: string): Uint8Array {
  if (!POINT.test(publicKey)) throw new RangeError(`"${publicKey}" is no uncompressed point`);
  return fromHex(publicKey);
}
