/** `Streams/Read`: reads and subscriptions, of a stream or of the whole log. */
import * as streams from '@eventstore/db-client/generated/streams_pb';
import type { RecordedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { BEFORE_FIRST, type EventStore } from '../port';
import { lastRevision, readAllBackwards, readStreamBackwards } from './log-reads';
import { type LogRights, isReadable, requireReadable } from './log-rights';
import { type IdForm, eventMessage, streamIdOf, streamMessage } from './messages';
import { FilterRefused, prefixFilter, regexFilter } from './name-filter';
import { ServiceRefusal } from './service-refusal';

type Options = streams.ReadReq.Options;
export type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

const BACKWARDS = 1;
/** Events looked through between two checkpoints, times what the client asks; KurrentDB's default. */
const CHECKPOINT_EVERY = 32;

/** Answers a call until all is sent or it is cancelled. @throws ServiceRefusal */
export async function answerRead(
  call: ReadCall,
  log: EventStore,
  rights: LogRights,
): Promise<void> {
  const options = call.request.getOptions();
  if (!options) throw malformed('it has no options');
  const cancelled = new AbortController();
  call.on('cancelled', () => cancelled.abort());
  const answering = { call, log, rights, options, cancelled: cancelled.signal };
  const isOfStream = options.hasStream();
  if (options.hasSubscription()) {
    await send(answering, confirmation());
    await (isOfStream ? followStream(answering) : followAll(answering));
  } else {
    await (isOfStream ? readStream(answering) : readAll(answering));
  }
}

interface Answering {
  readonly call: ReadCall;
  readonly log: EventStore;
  readonly rights: LogRights;
  readonly options: Options;
  readonly cancelled: AbortSignal;
}

async function readStream(answering: Answering): Promise<void> {
  const { log, options } = answering;
  const given = options.getStream()!;
  const streamId = streamOf(answering);
  const from = given.hasRevision() ? wholeNumber(given.getRevision()) : undefined;
  const events = isBackwards(options)
    ? readStreamBackwards(log, streamId, given.hasStart() ? 0 : from)
    : log.readStream(streamId, given.hasEnd() ? (await lastRevision(log, streamId)) + 1 : from);
  const sent = await sendEvents(answering, events);
  if (sent > 0 || (await lastRevision(log, streamId)) >= 0) return;
  const absent = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamMessage(streamId));
  await send(answering, new streams.ReadResp().setStreamNotFound(absent));
}

async function readAll(answering: Answering): Promise<void> {
  const { log, options } = answering;
  const all = allOptions(options);
  const at = all.hasPosition() ? wholeNumber(all.getPosition()!.getCommitPosition()) : undefined;
  if (isBackwards(options)) {
    const events = all.hasStart() ? [] : readAllBackwards(log, at);
    await sendEvents(answering, matching(answering, events));
    return;
  }
  if (all.hasEnd()) return;
  const after = at === undefined ? BEFORE_FIRST : at - 1;
  await sendEvents(answering, matching(answering, log.readAll({ after })));
}

async function* matching(
  { rights, options }: Answering,
  events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>,
): AsyncGenerator<RecordedEvent> {
  const passes = filterOf(options, rights);
  for await (const event of events) if (passes(event)) yield event;
}

async function followStream(answering: Answering): Promise<void> {
  const { log, options, cancelled } = answering;
  const given = options.getStream()!;
  const streamId = streamOf(answering);
  const head = await log.head();
  let reached = given.hasRevision() ? wholeNumber(given.getRevision()) : -1;
  if (given.hasEnd()) reached = await lastRevision(log, streamId);
  for await (const event of log.readStream(streamId, reached + 1)) {
    if (cancelled.aborted) return;
    await sendEvent(answering, event);
    reached = event.revision;
  }
  await send(answering, caughtUp());
  const filter = { streamPrefixes: [streamId] };
  for await (const event of log.subscribe({ after: head, filter, signal: cancelled })) {
    if (event.streamId !== streamId || event.revision <= reached) continue;
    await sendEvent(answering, event);
  }
}

async function followAll(answering: Answering): Promise<void> {
  const { log, options, rights, cancelled } = answering;
  const all = allOptions(options);
  const passes = filterOf(options, rights);
  const head = await log.head();
  let reached = BEFORE_FIRST;
  if (all.hasPosition()) reached = wholeNumber(all.getPosition()!.getCommitPosition());
  if (all.hasEnd()) reached = head;
  const checkpoints = checkpointsOf(answering);
  const consider = async (event: RecordedEvent): Promise<void> => {
    reached = event.position;
    if (passes(event)) await sendEvent(answering, event);
    await checkpoints.considered(reached);
  };
  for await (const event of log.readAll({ after: reached })) {
    if (cancelled.aborted) return;
    await consider(event);
  }
  if (reached !== BEFORE_FIRST) await checkpoints.goingLive(reached);
  await send(answering, caughtUp());
  for await (const event of log.subscribe({ after: reached, signal: cancelled })) {
    await consider(event);
  }
}

/** Of a filtered subscription: how far it has looked, though nothing of it was sent. */
function checkpointsOf(answering: Answering) {
  const filter = answering.options.getFilter();
  const every =
    filter === undefined
      ? Infinity
      : Math.max(1, filter.getMax() || CHECKPOINT_EVERY) *
        Math.max(1, filter.getCheckpointintervalmultiplier());
  let sinceLast = 0;
  const checkpoint = async (position: number): Promise<void> => {
    sinceLast = 0;
    const at = String(position);
    const reached = new streams.ReadResp.Checkpoint().setCommitPosition(at).setPreparePosition(at);
    await send(answering, new streams.ReadResp().setCheckpoint(reached));
  };
  return {
    async considered(position: number): Promise<void> {
      sinceLast += 1;
      if (sinceLast >= every) await checkpoint(position);
    },
    async goingLive(position: number): Promise<void> {
      if (filter !== undefined) await checkpoint(position);
    },
  };
}

/** Sends as many as the client wants. @returns how many */
async function sendEvents(
  answering: Answering,
  events: AsyncIterable<RecordedEvent>,
): Promise<number> {
  const { options, cancelled } = answering;
  const wanted = Number(options.getCount());
  let sent = 0;
  if (wanted === 0) return sent;
  for await (const event of events) {
    if (cancelled.aborted) break;
    await sendEvent(answering, event);
    sent += 1;
    if (sent >= wanted) break;
  }
  return sent;
}

function sendEvent(answering: Answering, event: RecordedEvent): Promise<void> {
  const idForm: IdForm = answering.options.getUuidOption()?.hasStructured() ? 'halves' : 'text';
  return send(answering, eventMessage(event, idForm));
}

/** Waits for a slow reader. */
async function send({ call, cancelled }: Answering, message: streams.ReadResp): Promise<void> {
  if (cancelled.aborted || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      call.off('drain', go);
      cancelled.removeEventListener('abort', go);
      resolve();
    };
    call.once('drain', go);
    cancelled.addEventListener('abort', go, { once: true });
    if (cancelled.aborted) go();
  });
}

function confirmation(): streams.ReadResp {
  subscriptions += 1;
  const id = uuidFrom(`subscription/${subscriptions}`);
  return new streams.ReadResp().setConfirmation(
    new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id),
  );
}
let subscriptions = 0;

function caughtUp(): streams.ReadResp {
  return new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());
}

function filterOf(options: Options, rights: LogRights): (event: RecordedEvent) => boolean {
  const filter = options.getFilter();
  const shown = ({ streamId }: RecordedEvent): boolean => isReadable(rights, streamId);
  if (!filter) return shown;
  const ofStream = filter.hasStreamIdentifier();
  const expression = ofStream ? filter.getStreamIdentifier()! : filter.getEventType();
  if (!expression) throw malformed('its filter is neither of streams nor of types');
  const regex = expression.getRegex();
  const matches = refusing(() =>
    regex === '' ? prefixFilter(expression.getPrefixList()) : regexFilter(regex),
  );
  return (event) => shown(event) && refusing(() => matches(ofStream ? event.streamId : event.type));
}

function refusing<Result>(filter: () => Result): Result {
  try {
    return filter();
  } catch (error) {
    if (error instanceof FilterRefused) throw malformed(`its filter: ${error.message}`);
    throw error;
  }
}

function streamOf({ options, rights }: Answering): string {
  const streamId = streamIdOf(options.getStream()!.getStreamIdentifier());
  if (streamId === '') throw malformed('it names no stream');
  requireReadable(rights, streamId);
  return streamId;
}

function allOptions(options: Options): streams.ReadReq.Options.AllOptions {
  const all = options.getAll();
  if (!all) throw malformed('it names neither a stream nor all of them');
  return all;
}

function isBackwards(options: Options): boolean {
  return Number(options.getReadDirection()) === BACKWARDS;
}

/** A 64-bit number; what lies beyond the safe integers lies beyond every log too. */
function wholeNumber(text: string): number {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER - 1);
}

function malformed(reason: string): ServiceRefusal {
  return new ServiceRefusal(status.INVALID_ARGUMENT, `The request cannot be answered: ${reason}.`);
}
