/**
 * Every measurement is its node's own word: signed with the key that was enrolled for the PoD at
 * that point of the log, one a quarter-hour, and a higher sequence means a later quarter-hour.
 * Signatures are verified in batches on Node's thread pool: on all cores, and in bounded memory.
 */
import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { meterStream } from '@flexledger/domain';
import { canonicalJson, sha256Hex } from '@flexledger/identity';
import type { EventCheck, LoggedOf } from '../logged-event';
import { createQuarterHourTable } from '../quarter-hours';
import type { Findings } from '../report';
import type { Scope } from '../scope';

const BATCH = 1_024;

type Measurement = LoggedOf<'MeasurementRecorded'>;

/** Verifies every measurement in scope. */
export function createSignatureCheck(scope: Scope, findings: Findings): EventCheck {
  const keys = new Map<string, KeyObject>();
  const sequences = createQuarterHourTable();
  let batch: { readonly event: Measurement; readonly key: KeyObject; readonly signed: string }[] =
    [];

  async function verifyBatch(): Promise<void> {
    const waiting = batch;
    batch = [];
    const isOwn = await Promise.all(
      waiting.map(({ event, key, signed }) => isSignedBy(key, signed, event.data.signedHash)),
    );
    waiting.forEach(({ event }, index) => {
      if (!isOwn[index]) findings.fail(event, 'it is not signed with the key enrolled for its PoD');
    });
  }

  function measured(event: Measurement): Promise<void> | void {
    if (!scope.measurement(event)) return;
    findings.checked();
    const { podId, sequence, inputData } = event.data;
    const signed = canonicalJson(inputData);
    const fault = contentFault(event, signed) ?? placeFault(event);
    sequences.set(podId, Date.parse(inputData.mtuStart), sequence);
    const key = keys.get(podId);
    if (fault) return findings.fail(event, fault);
    if (!key) return findings.fail(event, `no node was enrolled for PoD ${podId} before it`);
    batch.push({ event, key, signed });
    if (batch.length >= BATCH) return verifyBatch();
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
  };
}

function contentFault({ streamId, data }: Measurement, signed: string): string | undefined {
  const { podId, sequence, inputData, hash } = data;
  if (inputData.podId !== podId || inputData.sequence !== sequence) {
    return `it was signed for PoD ${inputData.podId}, sequence ${inputData.sequence}`;
  }
  if (streamId !== meterStream(podId, inputData.mtuStart)) {
    return `its stream is not that of PoD ${podId} at ${inputData.mtuStart}`;
  }
  return sha256Hex(signed) === hash ? undefined : 'its hash is not that of its input data';
}

/** ECDSA P-256 with SHA-256, r and s, 64 bytes hex. */
function isSignedBy(key: KeyObject, message: string, signature: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { key, dsaEncoding: 'ieee-p1363' } as const;
    const bytes = Buffer.from(signature, 'hex');
    verify('sha256', Buffer.from(message), options, bytes, (error, isValid) =>
      resolve(!error && isValid),
    );
  });
}

/** @param publicKey SEC 1 uncompressed point, hex. @throws Error when it is no point of P-256 */
function publicKeyFrom(publicKey: string): KeyObject {
  const point = Buffer.from(publicKey, 'hex');
  const coordinate = (from: number): string => point.toString('base64url', from, from + 32);
  const key = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
  return createPublicKey({ key, format: 'jwk' });
}
