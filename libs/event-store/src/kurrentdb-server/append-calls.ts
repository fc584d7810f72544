/** `Streams/Append` and `Streams/BatchAppend`: what is proposed from outside, checked and appended. */
import * as shared from '@eventstore/db-client/generated/shared_pb';
import * as rpcStatus from '@eventstore/db-client/generated/status_pb';
import * as streams from '@eventstore/db-client/generated/streams_pb';
import type { ProposedEvent } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import {
  type ServerDuplexStream,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { AppendTooLarge, EventIdTaken, InvalidAppend, RevisionConflict } from '../errors';
import {
  APPEND_LIMIT_BYTES,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
} from '../port';
import { lastRevision } from './log-reads';
import { accessDenied, type LogRights } from './log-rights';
import { type ProposedMessage, proposalOf, streamIdOf, streamMessage } from './messages';
import { ServiceRefusal } from './service-refusal';

export type AppendCall = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
export type BatchCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/** What appends from outside go through. */
export interface Appending {
  readonly log: EventStore;
  /** Told the clock of who appends, before the append. */
  readonly onRecordedAt?: ((recordedAtMs: number) => void) | undefined;
}

/** KurrentDB knows one expectation that the port has not. */
type WireExpectation = ExpectedRevision | 'streamExists';

/** Appends of one call under way at most, and what they may hold together before they are complete. */
const OPEN_BATCHES = 1_000;
const OPEN_BYTES = 64 * 1024 * 1024;

interface OpenAppend {
  readonly streamId: string;
  readonly expected: WireExpectation;
  readonly messages: ProposedMessage[];
  bytes: number;
}

/** Takes one append: its options, then its events. */
export function answerAppend(
  call: AppendCall,
  answer: sendUnaryData<streams.AppendResp>,
  appending: Appending,
  rightsOf: () => LogRights,
): void {
  let open: OpenAppend | undefined;
  let refused: unknown;
  const take = (request: streams.AppendReq): void => {
    const options = request.getOptions();
    if (options) {
      requireAppend(rightsOf());
      const streamId = streamIdOf(options.getStreamIdentifier());
      open = {
        streamId,
        expected: expectationOf(options, options.getRevision()),
        messages: [],
        bytes: 0,
      };
      return;
    }
    const message = request.getProposedMessage();
    if (!open || !message) throw malformed('the options of an append come first, its events after');
    add(open, message);
    requireRoom(open.bytes);
  };
  call.on('data', (request: streams.AppendReq) => {
    try {
      if (refused === undefined) take(request);
    } catch (error) {
      refused = error;
    }
  });
  call.on('error', () => undefined);
  call.on('end', () => {
    const done =
      refused !== undefined
        ? Promise.reject(refused as Error)
        : open
          ? append(open, appending)
          : Promise.reject(malformed('it has no options'));
    done.then(
      (result) => answer(null, new streams.AppendResp().setSuccess(appendSuccess(result))),
      (error: unknown) => {
        if (error instanceof RevisionConflict) {
          answer(null, new streams.AppendResp().setWrongExpectedVersion(appendConflict(error)));
        } else {
          answer(refusalOf(error));
        }
      },
    );
  });
}

/** Takes appends in parts under their correlation ids, each answered when it is complete. */
export function answerBatches(call: BatchCall, appending: Appending, rights: LogRights): void {
  const open = new Map<string, OpenAppend>();
  let openBytes = 0;
  let underWay = 0;
  let isEnded = false;
  const finish = (): void => {
    if (isEnded && underWay === 0) call.end();
  };
  const take = (request: streams.BatchAppendReq): void => {
    const key = correlationKey(request.getCorrelationId());
    const options = request.getOptions();
    if (options) {
      const streamId = streamIdOf(options.getStreamIdentifier());
      const expected = expectationOf(options, options.getStreamPosition());
      open.set(key, { streamId, expected, messages: [], bytes: 0 });
      if (open.size > OPEN_BATCHES) throw malformed(`more than ${OPEN_BATCHES} appends are open`);
    }
    const batch = open.get(key);
    if (!batch) throw malformed('the first part of an append has its options');
    const before = batch.bytes;
    for (const message of request.getProposedMessagesList()) add(batch, message);
    openBytes += batch.bytes - before;
    requireRoom(openBytes);
    if (!request.getIsFinal()) return;
    open.delete(key);
    openBytes -= batch.bytes;
    underWay += 1;
    const response = new streams.BatchAppendResp()
      .setCorrelationId(request.getCorrelationId())
      .setStreamIdentifier(streamMessage(batch.streamId));
    const appended = rights.mayAppend
      ? append(batch, appending)
      : Promise.reject(accessDenied('this user may only read'));
    appended
      .then(
        (result) => response.setSuccess(batchSuccess(result)),
        (error: unknown) => response.setError(statusOf(batch, error)),
      )
      .then((answer) => {
        underWay -= 1;
        if (call.writable) call.write(answer);
        finish();
      });
  };
  call.on('data', (request: streams.BatchAppendReq) => {
    try {
      take(request);
    } catch (error) {
      call.emit('error', refusalOf(error));
    }
  });
  call.on('error', () => open.clear());
  call.on('end', () => {
    isEnded = true;
    finish();
  });
}

/** Starts the append at once: calls keep their order. */
function append(given: OpenAppend, { log, onRecordedAt }: Appending): Promise<AppendResult> {
  const events: ProposedEvent[] = [];
  let recordedAt: string | undefined;
  for (const message of given.messages) {
    const proposal = proposalOf(message);
    if ('fault' in proposal) {
      return Promise.reject(new InvalidAppend(given.streamId, proposal.fault));
    }
    events.push(proposal.event);
    ({ recordedAt } = proposal);
  }
  const recordedAtMs = Date.parse(recordedAt ?? '');
  if (!Number.isNaN(recordedAtMs)) onRecordedAt?.(recordedAtMs);
  const { streamId, expected } = given;
  if (expected !== 'streamExists') return log.append(streamId, expected, events);
  return lastRevision(log, streamId).then((last) => {
    if (last < 0) throw new RevisionConflict(streamId, 'any', -1);
    return log.append(streamId, 'any', events);
  });
}

function add(open: OpenAppend, message: ProposedMessage): void {
  open.messages.push(message);
  open.bytes += message.getData_asU8().length + message.getCustomMetadata_asU8().length;
}

function requireRoom(bytes: number): void {
  if (bytes <= OPEN_BYTES) return;
  throw malformed(`more than ${OPEN_BYTES} bytes are sent before an append is complete`);
}

function requireAppend({ mayAppend }: LogRights): void {
  if (!mayAppend) throw accessDenied('this user may only read');
}

function expectationOf(
  options: { hasNoStream(): boolean; hasAny(): boolean; hasStreamExists(): boolean },
  revision: string,
): WireExpectation {
  if (options.hasNoStream()) return 'noStream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'streamExists' : Number(revision);
}

function correlationKey(id: shared.UUID | undefined): string {
  return Buffer.from(id?.serializeBinary() ?? []).toString('hex');
}

function batchSuccess({ revision, position }: AppendResult): streams.BatchAppendResp.Success {
  const at = String(position);
  return new streams.BatchAppendResp.Success()
    .setCurrentRevision(String(revision))
    .setPosition(new shared.AllStreamPosition().setCommitPosition(at).setPreparePosition(at));
}

function appendSuccess({ revision, position }: AppendResult): streams.AppendResp.Success {
  const at = String(position);
  return new streams.AppendResp.Success()
    .setCurrentRevision(String(revision))
    .setPosition(new streams.AppendResp.Position().setCommitPosition(at).setPreparePosition(at));
}

function appendConflict({ expected, actual }: RevisionConflict) {
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (actual < 0) conflict.setCurrentNoStream(new shared.Empty());
  else conflict.setCurrentRevision(String(actual));
  if (typeof expected === 'number') return conflict.setExpectedRevision(String(expected));
  if (expected === 'noStream') return conflict.setExpectedNoStream(new shared.Empty());
  return conflict.setExpectedStreamExists(new shared.Empty());
}

function conflictDetails({ expected, actual }: RevisionConflict): shared.WrongExpectedVersion {
  const conflict = new shared.WrongExpectedVersion();
  if (actual < 0) conflict.setCurrentNoStream(new Empty());
  else conflict.setCurrentStreamRevision(String(actual));
  if (typeof expected === 'number') return conflict.setExpectedStreamPosition(String(expected));
  if (expected === 'noStream') return conflict.setExpectedNoStream(new Empty());
  return conflict.setExpectedStreamExists(new Empty());
}

/** The status of one refused append of a batch stream: clients tell errors apart by the type of its details. */
function statusOf({ streamId }: OpenAppend, error: unknown): rpcStatus.Status {
  const refusal = refusalOf(error);
  const [details, name] = detailsOf(error, refusal);
  const packed = new Any();
  packed.pack(details.serializeBinary(), name);
  const code = refusal.code as unknown as ReturnType<rpcStatus.Status['getCode']>;
  const message = `${refusal.details} (stream ${streamId})`;
  return new rpcStatus.Status().setCode(code).setMessage(message).setDetails(packed);
}

function detailsOf(
  error: unknown,
  refusal: ServiceRefusal,
): [details: { serializeBinary(): Uint8Array }, name: string] {
  if (error instanceof RevisionConflict) {
    return [conflictDetails(error), 'event_store.client.WrongExpectedVersion'];
  }
  if (error instanceof AppendTooLarge) {
    const limit = new shared.MaximumAppendSizeExceeded().setMaxappendsize(APPEND_LIMIT_BYTES);
    return [limit, 'event_store.client.MaximumAppendSizeExceeded'];
  }
  switch (refusal.code) {
    case status.PERMISSION_DENIED:
      return [new shared.AccessDenied(), 'event_store.client.AccessDenied'];
    case status.UNAVAILABLE:
      return [new shared.Timeout(), 'event_store.client.Timeout'];
    default:
      // A type that clients do not know, since of those they know but one keeps the words.
      return [new Empty(), 'google.protobuf.Empty'];
  }
}

/** A call's end for an error, in the words and trailers that KurrentDB's clients know. */
export function refusalOf(error: unknown): ServiceRefusal {
  if (error instanceof ServiceRefusal) return error;
  if (error instanceof RevisionConflict) {
    const { streamId, expected, actual, message } = error;
    const trailers = {
      exception: 'wrong-expected-version',
      'stream-name': encodeURIComponent(streamId),
      'expected-version': String(expected),
      ...(actual < 0 ? {} : { 'actual-version': String(actual) }),
    };
    return new ServiceRefusal(status.FAILED_PRECONDITION, message, trailers);
  }
  if (error instanceof AppendTooLarge) {
    return new ServiceRefusal(status.INVALID_ARGUMENT, error.message, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(APPEND_LIMIT_BYTES),
    });
  }
  if (error instanceof InvalidAppend)
    return new ServiceRefusal(status.INVALID_ARGUMENT, error.message);
  if (error instanceof EventIdTaken)
    return new ServiceRefusal(status.ALREADY_EXISTS, error.message);
  const code = UNAVAILABLE.includes((error as Error).name) ? status.UNAVAILABLE : status.INTERNAL;
  return new ServiceRefusal(code, messageOf(error));
}

/** Errors of the log after which the same may be sent again. */
const UNAVAILABLE = ['LogBusy', 'LogClosed', 'LogUnavailable', 'AppendFailed'];

function malformed(reason: string): ServiceRefusal {
  return new ServiceRefusal(status.INVALID_ARGUMENT, `The append cannot be taken: ${reason}.`);
}
